"""A release from its document to the visitors, beside the one that serves."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import certificate, images, instance, migrations, secrets, site, slots
from .errors import MachineError
from .machine import Machine
from .release import Release, fetch
from .serving import serving
from .slot_containers import SlotContainers
from .slots import Slot

PREPARE_SECONDS = 300
MIGRATE_SECONDS = 3600
ANSWER_SECONDS = 30


def prepare(session: Any, machine: Machine, key: str) -> str:
    """Get the release ready in the free slot and return what its `prepare` command printed. Raises MachineError."""
    release = fetch(session, machine, key)
    with _no_images_left(machine):
        containers = _ready(session, machine, release, key)
        said = containers.run_once(release.prepare, "the release's preparation", PREPARE_SECONDS)
    migrations.found(machine, key, said)
    return said


def state(session: Any, machine: Machine, key: str) -> str:
    """What this release's image says of the database; changes nothing there. Raises MachineError."""
    release = fetch(session, machine, key)
    with _no_images_left(machine):
        containers = _ready(session, machine, release, key)
        return containers.run_once(release.state, "the question what was migrated", PREPARE_SECONDS)


def deploy(session: Any, machine: Machine, key: str, instead_of: str = "") -> str:
    """Migrate, start the release beside the one that serves, send visitors to it, let the old one end.

    Returns the slot's name. Raises MachineError; whatever served before still does then. With `instead_of` only
    while that release serves. One that serves already stays, and what a deploy that was cut off left is removed.
    """
    before = serving(machine)
    if before and instead_of and before[0] not in (instead_of, key):
        raise MachineError(f"Refused: somebody else has deployed {before[0]} meanwhile, in place of {instead_of}")
    release = fetch(session, machine, key)
    if before and before[0] == key and not site.problem(before[1], release.host):
        slot = before[1]
    else:
        with _no_images_left(machine):
            slot = _roll_out(session, machine, release, key)
    instance.take_address(session, release.address)
    SlotContainers(machine, slots.other(slot)).stop()
    images.remove_unused()
    return slot.name


def retire(session: Any, machine: Machine, key: str) -> str:
    """End what may hold a secret of before, then take the login from the earlier role of the database.

    Raises MachineError, also while another release than this one serves.
    """
    known = serving(machine)
    if known is None or known[0] != key:
        raise MachineError(f"{known[0] if known else 'nothing'} serves, not {key}: no role of the database was retired")
    release = fetch(session, machine, key)
    SlotContainers(machine, slots.other(known[1])).stop()
    containers = SlotContainers(machine, known[1])
    return containers.run_once(release.retire, "the end of the earlier database role", PREPARE_SECONDS)


@contextmanager
def _no_images_left(machine: Machine) -> Iterator[None]:
    """A release that fails leaves no images on the disk beside the ones that serve.

    Where none serves they stay: the next try, of a machine that boots, is seconds away.
    """
    try:
        yield
    except Exception:
        if serving(machine) is not None:
            images.remove_unused()
        raise


def _roll_out(session: Any, machine: Machine, release: Release, key: str) -> Slot:
    containers = _ready(session, machine, release, key)
    containers.run_once(release.migrate, "the migration failed, so the release was not rolled out", MIGRATE_SECONDS)
    migrations.ran(machine, key)
    try:
        containers.start()
        site.wait(containers.slot, release.host, ANSWER_SECONDS)
    except MachineError as error:
        said = containers.failure(str(error))
        containers.stop()
        raise MachineError(said) from error
    slots.send_visitors_to(containers.slot)
    return containers.slot


def _ready(session: Any, machine: Machine, release: Release, key: str) -> SlotContainers:
    """The free slot with the release's images, secrets and document, nothing started."""
    slots.make_network()
    containers = SlotContainers(machine, slots.other(slots.open_door()))
    # Of a deploy that was cut off.
    containers.remove()
    images.pull(session, machine, release)
    certificate.place(session, machine, release)
    containers.write(release, key)
    secrets.write(release, secrets.read(session, release), containers.folder / "secrets")
    return containers
