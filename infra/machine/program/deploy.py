"""A release from its document to the visitors, beside the one that serves."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import certificate, images, secrets, site, slots
from .errors import MachineError
from .machine import Machine
from .release import Release, fetch
from .slot_containers import SlotContainers

PREPARE_SECONDS = 300
MIGRATE_SECONDS = 3600
ANSWER_SECONDS = 30


@contextmanager
def alone(machine: Machine) -> Iterator[None]:
    """One at a time: a deploy, a repair, a renewal."""
    machine.memory.mkdir(parents=True, exist_ok=True, mode=0o711)
    with (machine.memory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare(session: Any, machine: Machine, key: str) -> str:
    """Get the release ready in the free slot and return what its `prepare` command printed. Raises MachineError."""
    release = fetch(session, machine, key)
    containers = _ready(session, machine, release)
    return containers.run_once(release.prepare, "the release's preparation", PREPARE_SECONDS)


def deploy(session: Any, machine: Machine, key: str) -> str:
    """Migrate, start the release beside the one that serves, send visitors to it, let the old one end.

    Returns the slot's name. Raises MachineError; whatever served before still does then.
    """
    release = fetch(session, machine, key)
    containers = _ready(session, machine, release)
    containers.run_once(release.migrate, "The migration failed, so the release was not rolled out", MIGRATE_SECONDS)
    before = slots.open_door()
    try:
        containers.start()
        site.wait(containers.slot, release.host, ANSWER_SECONDS)
    except MachineError as error:
        said = containers.failure(str(error))
        containers.stop()
        raise MachineError(said) from error
    slots.send_visitors_to(containers.slot)
    _remember(machine, key, containers.slot)
    if before is not None and before != containers.slot:
        SlotContainers(machine, before).stop()
    images.remove_unused()
    return containers.slot.name


def serving(machine: Machine) -> tuple[str, slots.Slot] | None:
    """Key of the release that this machine serves, and its slot; None before the first one."""
    try:
        known = json.loads((machine.memory / "serving.json").read_text())
    except (OSError, ValueError):
        return None
    return known["release"], next(slot for slot in slots.SLOTS if slot.name == known["slot"])


def _ready(session: Any, machine: Machine, release: Release) -> SlotContainers:
    """The free slot with the release's images, secrets and document, nothing started."""
    slots.make_network()
    containers = SlotContainers(machine, slots.other(slots.open_door()))
    images.pull(session, machine, release)
    certificate.place(session, machine, release)
    containers.write(release)
    secrets.write(release, secrets.read(session, release), containers.folder / "secrets")
    return containers


def _remember(machine: Machine, key: str, slot: slots.Slot) -> None:
    # In memory: after a restart of the machine the parameter says what serves.
    (machine.memory / "serving.json").write_text(json.dumps({"release": key, "slot": slot.name}))
