"""HAProxy's Runtime API: server slots of a back end, and the commands that assign targets to them.

A back end has a fixed number of server slots, so that targets come and go without a reload.
"""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from docker.models.containers import Container

ADMIN_PORT = 9999
"""Port of the Runtime API on the container's own loopback, which other containers cannot reach."""
MASTER_PORT = 9998
"""The same for the master process, which passes commands to any worker, also to former ones after a reload."""

SLOTS = 40
"""Slots of a back end, and the step in which they grow: room for 20 tasks and as many that drain."""
EMPTY_ADDRESS = "192.0.2.1:1"
"""Address of an empty slot, from a range reserved for documentation."""

READY, DRAIN, MAINTENANCE = "ready", "drain", "maint"


@dataclass(frozen=True)
class Slot:
    """One server line of a back end."""

    address: str = EMPTY_ADDRESS
    state: str = MAINTENANCE


Slots = Mapping[int, Slot]
"""By number, from 1."""


def capacity(targets: int) -> int:
    """Return how many slots a back end needs for that many targets."""
    return SLOTS * max(math.ceil(targets / SLOTS), 1)


def assign(present: Slots, wanted: Mapping[str, str], size: int) -> dict[int, Slot]:
    """Assign slots to the wanted targets (address to state). A target keeps its slot; other slots are emptied."""
    slots = {number: Slot() for number in range(1, size + 1)}
    homeless = dict(wanted)
    for number, slot in present.items():
        if number in slots and slot.address in homeless:
            slots[number] = Slot(slot.address, homeless.pop(slot.address))
        elif number in slots:
            # The address stays, because connections to it may still be open.
            slots[number] = Slot(slot.address, MAINTENANCE)
    for address, state in homeless.items():
        slots[_free(slots, present, wanted)] = Slot(address, state)
    return slots


def _free(slots: Slots, present: Slots, wanted: Mapping[str, str]) -> int:
    free = [number for number, slot in slots.items() if slot.state == MAINTENANCE and slot.address not in wanted]
    # Longest unused first, as far as the addresses tell.
    return min(free, key=lambda number: (slots[number].address != EMPTY_ADDRESS, number in present, number))


def commands(backend: str, present: Slots, wanted: Slots) -> Iterator[str]:
    """Yield the commands from one assignment to the other; removals come first."""
    changed = [number for number, slot in wanted.items() if present.get(number) != slot]
    for number in sorted(changed, key=lambda number: wanted[number].state == READY):
        server, slot = f"{backend}/s{number}", wanted[number]
        if present.get(number, Slot()).address != slot.address:
            yield f"set server {server} state maint"
            address, _, port = slot.address.rpartition(":")
            yield f"set server {server} addr {address} port {port}"
        yield f"set server {server} state {slot.state}"


def parse_servers_state(text: str) -> dict[str, dict[int, Slot]]:
    """Parse the answer to `show servers state`, by back end.

    Fields: docs.haproxy.org/3.0/management.html, section 9.3.
    """
    backends: dict[str, dict[int, Slot]] = {}
    for line in text.splitlines():
        fields = line.split(" ")
        if line.startswith("#") or len(fields) < 20:
            continue
        backend, name, address, admin, port = fields[1], fields[3], fields[4], int(fields[6]), fields[18]
        if name.startswith("s") and name[1:].isdigit():
            slot = Slot(f"{address}:{port}", _admin_state(admin))
            backends.setdefault(backend, {})[int(name[1:])] = slot
    return backends


def parse_requests(text: str) -> set[str]:
    """Parse answers to `show stat`: addresses of the servers with a request in flight.

    `scur` counts no connection that waits for its next request.
    Fields: docs.haproxy.org/3.0/management.html, section 9.1.
    """
    return {server["addr"] for server in _servers(text) if server["scur"] not in ("", "0")}


def parse_workers(text: str) -> list[str]:
    """Parse an answer to `show proc`: process ids of the workers, former ones too."""
    rows = [line.split() for line in text.splitlines()]
    return [row[0] for row in rows if len(row) > 1 and row[1] == "worker"]


def shutdowns(stat: str, sessions: str, targets: Set[tuple[str, str]]) -> list[str]:
    """Return the commands that close the sessions of these targets, out of answers to `show stat` and `show sess`.

    `shutdown sessions server` would be shorter, but a former worker refuses it: "Proxy is disabled".
    docs.haproxy.org/3.0/management.html, section 9.3
    """
    servers = {(one["pxname"], one["svname"]) for one in _servers(stat) if (one["pxname"], one["addr"]) in targets}
    found = []
    for line in sessions.splitlines():
        number, _, rest = line.partition(": ")
        fields = dict(part.split("=", 1) for part in rest.split() if "=" in part)
        if (fields.get("be"), fields.get("srv")) in servers:
            found.append(f"shutdown session {number}")
    return found


def parse_totals(text: str) -> dict[str, int]:
    """Parse an answer to `show stat`: requests that each server has got, by its address."""
    return {server["addr"]: int(server["stot"] or 0) for server in _servers(text) if server["addr"] != EMPTY_ADDRESS}


def _servers(text: str) -> Iterator[dict[str, str]]:
    rows = [row for row in csv.reader(text.splitlines()) if len(row) > 1]
    names = [name.removeprefix("# ") for name in rows[0]] if rows else []
    return (dict(zip(names, row, strict=True)) for row in rows if row != rows[0])


def _admin_state(flags: int) -> str:
    # 0x01 is maintenance, 0x08 is drain. 0x04 says only that the configuration started with maintenance.
    if flags & 0x01:
        return MAINTENANCE
    return DRAIN if flags & 0x08 else READY


def server_lines(slots: Slots, options: Sequence[str]) -> list[str]:
    """Return the server lines of a back end that starts with this assignment."""
    suffix = " ".join(["", *options]).rstrip()
    return [
        f"server s{number} {slot.address}{suffix}{'' if slot.state == READY else ' disabled'}"
        for number, slot in sorted(slots.items())
    ]


# bash opens the TCP connection itself, so the image needs no other program.
_SEND = f'exec 3<>/dev/tcp/127.0.0.1/{ADMIN_PORT} && printf "%s\\n" "$1" >&3 && cat <&3'
# A reload leaves a former worker, which finishes its requests. The master keeps a connection until it reads `quit`.
_ASK_WORKERS = f"""
ask() {{ exec 3<>/dev/tcp/127.0.0.1/{MASTER_PORT} && printf '%s\\nquit\\n' "$1" >&3 && cat <&3; }}
processes=$(ask 'show proc') || exit
while read -r pid type _; do
    if [ "$type" = worker ]; then ask "@!$pid show stat -1 4 -1"; fi
done <<< "$processes"
"""
_ASK_MASTER = f"""
exec 3<>/dev/tcp/127.0.0.1/{MASTER_PORT} && printf '%s\\nquit\\n' "$1" >&3 && cat <&3
"""
_QUIET_ANSWERS = ("no need to change",)


class RuntimeApiError(Exception):
    """HAProxy's Runtime API does not answer, or refuses a command."""


def ask(container: Container, command: str) -> str:
    """Return the answer to one command. Raises RuntimeApiError."""
    code, output = container.exec_run(["bash", "-c", _SEND, "admin", command])
    text = str(output.decode(errors="replace"))
    if code != 0:
        raise RuntimeApiError(f"HAProxy's Runtime API does not answer: {text.strip()}")
    return text


def end_sessions(container: Container, targets: Set[tuple[str, str]]) -> None:
    """Close the connections to these targets (back end and `ip:port`), in any worker. Raises RuntimeApiError."""
    workers = parse_workers(_ask_master(container, ["show proc"]))
    if not workers:
        raise RuntimeApiError("HAProxy has no worker at the moment")
    for worker in workers:
        stat, sessions = (_ask_master(container, [f"@!{worker} {one}"]) for one in ("show stat -1 4 -1", "show sess"))
        _ask_master(container, [f"@!{worker} {line}" for line in shutdowns(stat, sessions, targets)])


def _ask_master(container: Container, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    code, output = container.exec_run(["timeout", "10", "bash", "-c", _ASK_MASTER, "master", "\n".join(lines)])
    if code != 0:
        raise RuntimeApiError(f"HAProxy's master does not answer: {output.decode(errors='replace').strip()}")
    return str(output.decode())


def targets_with_requests(container: Container) -> set[str]:
    """Return the addresses of servers with a request in flight, in any back end and worker. Raises RuntimeApiError."""
    code, output = container.exec_run(["timeout", "10", "bash", "-c", _ASK_WORKERS])
    if code != 0:
        raise RuntimeApiError(f"HAProxy's workers do not answer: {output.decode(errors='replace').strip()}")
    return parse_requests(output.decode())


def requests_of(container: Container) -> dict[str, int]:
    """Return how many requests each server has got since the worker started. Raises RuntimeApiError."""
    return parse_totals(ask(container, "show stat -1 4 -1"))


def execute(container: Container, lines: Sequence[str]) -> None:
    """Run commands that answer nothing on success. Raises RuntimeApiError."""
    if not lines:
        return
    answer = ask(container, "; ".join(lines))
    wrong = [line for line in answer.splitlines() if line.strip() and not _is_fine(line)]
    if wrong:
        raise RuntimeApiError(f"HAProxy refuses: {'; '.join(wrong)}")


def _is_fine(line: str) -> bool:
    # HAProxy also reports a changed address, and one that was right already.
    return "changed from" in line or any(answer in line for answer in _QUIET_ANSWERS)
