"""What serves: the kernel's rule names the slot, and the slot's folder its release. Nothing else is remembered."""

from . import slots
from .machine import Machine
from .slot_containers import SlotContainers
from .slots import Slot


def serving(machine: Machine) -> tuple[str, Slot] | None:
    """Key of the release that visitors are sent to, and its slot; None before the first one.

    One rule changes both at once: a deploy that is killed leaves the old answer or the new one.
    """
    slot = slots.open_door()
    if slot is None:
        return None
    key = SlotContainers(machine, slot).release
    return (key, slot) if key else None
