"""How a wrong setting is reported: where it is, the rule it breaks and how to mend it. Pure: no resources."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One wrong setting, worded for the operator."""

    key: str
    value: object
    rule: str
    fix: str

    def __str__(self) -> str:
        return f"  {self.key} = {_shown(self.value)}\n    rule: {self.rule}\n    fix:  {self.fix}"


@dataclass(frozen=True)
class Finding:
    """A broken rule; `fields` are the settings involved, first the one to change."""

    fields: tuple[str, ...]
    rule: str
    fix: str


def key_of(field: str) -> str:
    """The configuration key of a field: `task_cpu` is `taskCpu`."""
    head, *tail = field.split("_")
    return head + "".join(word.capitalize() for word in tail)


def set_command(field: str, value: object) -> str:
    """The command that gives a setting another value."""
    return f"pulumi config set {key_of(field)} {value}"


def add_command(field: str, value: object) -> str:
    """The command that starts a list setting with a value."""
    return f"pulumi config set --path '{key_of(field)}[0]' {value}"


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
