"""What the machine says of itself when it is asked, beside whatever it is doing."""

import json
from typing import Any

from . import boot_trouble, lock, migrations, shell, site
from .errors import MachineError
from .machine import Machine
from .release import fetch
from .serving import serving
from .slot_containers import SlotContainers
from .slots import SLOTS

_ROW = '{{.Label "com.docker.compose.project"}}\t{{.Label "com.docker.compose.service"}}\t{{.Status}}'


def status(session: Any, machine: Machine) -> str:
    """One line of JSON, which infra/machine/status.py reads. Waits for nothing."""
    known = serving(machine)
    said: dict[str, Any] = {
        "release": None,
        "at_work": lock.at_work(machine),
        "boot": boot_trouble.read(machine),
        "problem": "nothing serves",
    }
    if known is not None:
        key, slot = known
        said |= {"release": key, "slot": slot.name, "migrated": migrations.run_for(machine, key)}
        said["problem"] = _problem(session, machine)
    containers = _containers()
    project = known[1].project if known else ""
    said["containers"] = [" ".join(one) for one in containers]
    said["stale"] = [" ".join(one) for one in containers if one[0] != project]
    return json.dumps(said)


def _problem(session: Any, machine: Machine) -> str:
    known = serving(machine)
    if known is None:
        return "nothing serves"
    key, slot = known
    try:
        problem = site.problem(slot, fetch(session, machine, key).host)
    except MachineError as error:
        return str(error)
    return SlotContainers(machine, slot).failure(problem) if problem else ""


def _containers() -> list[tuple[str, str, str]]:
    """Project, service and state of every container in the slots."""
    done = shell.attempt("docker", "ps", "--all", "--format", _ROW, timeout_seconds=20)
    rows = (line.split("\t") for line in done.stdout.splitlines())
    projects = {slot.project for slot in SLOTS}
    return sorted((row[0], row[1], row[2]) for row in rows if row[0] in projects and row[1] != "network")
