"""The one error of the machine's program."""


class MachineError(Exception):
    """A step on the machine cannot go on; the message is for the operator: what, why, and the last lines it left."""
