"""How wrong input is reported: its key and value, the rule it breaks, and a fix."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Problem:
    """One wrong setting or file, as printed for the operator."""

    key: str
    value: object
    """None for what is missing."""
    rule: str
    fix: str

    def __str__(self) -> str:
        first = self.key if self.value is None else f"{self.key} = {_printed(self.value)}"
        return f"  {first}\n    rule: {self.rule}\n    fix:  {self.fix}"


@dataclass(frozen=True)
class Finding:
    """A broken rule; `fields` are the fields of `Settings` involved, first the one to change."""

    fields: tuple[str, ...]
    rule: str
    fix: str
    item: str | None = None
    """The part of the first field that is wrong. Then the field's value is not printed: other parts may be secret."""


class InputError(pulumi.RunError):
    """Lists key, value, rule and fix of everything that is wrong; Pulumi prints it without a traceback."""

    def __init__(self, heading: str, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(f"{heading}\n\n" + "\n\n".join(map(str, problems)))


class SettingsError(InputError):
    """Wrong settings of the stack."""

    def __init__(self, problems: list[Problem]) -> None:
        count = "One setting is" if len(problems) == 1 else f"{len(problems)} settings are"
        super().__init__(f"{count} wrong. No resource was touched.", problems)


def key_of(field: str) -> str:
    """The configuration key of a field: `task_cpu` is `taskCpu`."""
    head, *tail = field.split("_")
    return head + "".join(word.capitalize() for word in tail)


def full_key(field: str, project: str) -> str:
    """The key with its namespace: `task_cpu` of the project films is `films:taskCpu`."""
    return "aws:region" if field == "region" else f"{project}:{key_of(field)}"


def set_command(field: str, value: object) -> str:
    """The command that gives a setting another value."""
    return f"pulumi config set {key_of(field)} {value}"


def add_command(field: str, value: object, at: int = 0) -> str:
    """The command that sets the first item of a list setting, or the one at this index."""
    return f"pulumi config set --path '{key_of(field)}[{at}]' {value}"


def _printed(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
