"""The one error of the machine's program."""


class MachineError(Exception):
    """A step on the machine cannot go on; the message is for the operator: what, why, and the last lines it left."""


class OtherMachineError(MachineError):
    """A release is made for another machine than this one: a new one has to start with it."""
