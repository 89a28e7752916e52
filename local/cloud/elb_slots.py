"""Which of HAProxy's server slots serves which target. Pure.

A back end has a fixed number of slots, so that targets come and go without a reload.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

SLOTS = 40
"""Slots of a back end: twice the ten tasks of a full service and as many that drain. More come in steps of this."""
EMPTY_ADDRESS = "192.0.2.1:1"
"""Reserved for documentation: what an empty slot names is never anybody's address."""

READY, DRAIN, MAINTENANCE = "ready", "drain", "maint"


@dataclass(frozen=True)
class Slot:
    """One server line of a back end."""

    address: str = EMPTY_ADDRESS
    state: str = MAINTENANCE


Slots = Mapping[int, Slot]
"""By number, from 1."""


def capacity(targets: int) -> int:
    """How many slots a back end needs for that many targets."""
    return SLOTS * max(math.ceil(targets / SLOTS), 1)


def assign(present: Slots, wanted: Mapping[str, str], size: int) -> dict[int, Slot]:
    """Slots for the wanted targets (address to state). A target keeps its slot; the others are emptied."""
    slots = {number: Slot() for number in range(1, size + 1)}
    homeless = dict(wanted)
    for number, slot in present.items():
        if number in slots and slot.address in homeless:
            slots[number] = Slot(slot.address, homeless.pop(slot.address))
        elif number in slots:
            # The address stays: connections that still end there must not be mistaken for a new target's.
            slots[number] = Slot(slot.address, MAINTENANCE)
    for address, state in homeless.items():
        slots[_free(slots, present)] = Slot(address, state)
    return slots


def _free(slots: Slots, present: Slots) -> int:
    free = [number for number, slot in slots.items() if slot.state == MAINTENANCE]
    # Longest unused first, as far as the addresses tell.
    return min(free, key=lambda number: (slots[number].address != EMPTY_ADDRESS, number in present, number))


def commands(backend: str, present: Slots, wanted: Slots) -> Iterator[str]:
    """What to tell HAProxy's admin socket to get from one assignment to the other; takes away before it gives."""
    changed = [number for number, slot in wanted.items() if present.get(number) != slot]
    for number in sorted(changed, key=lambda number: wanted[number].state == READY):
        server, slot = f"{backend}/s{number}", wanted[number]
        if present.get(number, Slot()).address != slot.address:
            yield f"set server {server} state maint"
            address, _, port = slot.address.rpartition(":")
            yield f"set server {server} addr {address} port {port}"
        yield f"set server {server} state {slot.state}"


def parse_servers_state(text: str) -> dict[str, dict[int, Slot]]:
    """The answer to `show servers state`, by back end. Fields: docs.haproxy.org/3.0/management.html, section 9.3."""
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


def _admin_state(flags: int) -> str:
    # 0x01 is maintenance; 0x04 only tells that the configuration began with it. 0x08 is drain.
    if flags & 0x01:
        return MAINTENANCE
    return DRAIN if flags & 0x08 else READY


def server_lines(slots: Slots, options: Sequence[str]) -> list[str]:
    """Server lines of a back end that starts with this assignment."""
    suffix = " ".join(["", *options]).rstrip()
    return [
        f"server s{number} {slot.address}{suffix}{'' if slot.state == READY else ' disabled'}"
        for number, slot in sorted(slots.items())
    ]
