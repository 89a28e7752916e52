"""What the engine does not tell the program about variables: how each of them stands in the stack's settings file.

The program learns only whether any value of an object is encrypted, and gets numbers and dates instead of their text.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import yaml

from infra.problem import Problem, full_key, key_of
from infra.settings.environment_rules import remove, set_secret
from infra.settings.settings import Settings

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class WrittenVariables:
    """The variables of one setting in the file."""

    encrypted: frozenset[str] = frozenset()
    clear: frozenset[str] = frozenset()
    unquoted: Mapping[str, str] = field(default_factory=dict)
    """Text of each value without quotes: YAML may read it as a number or a date."""


def problems(settings: Settings, project: str, folder: Path, is_secret: Callable[[str], bool]) -> Iterator[Problem]:
    """Secrets in the clear, plain variables that are encrypted, and values that YAML reads as others."""
    for name in ("environment", "secret_environment"):
        key, values = full_key(name, project), getattr(settings, name)
        file = folder / f"Pulumi.{pulumi.get_stack()}.yaml"
        written = written_variables(file, project, key_of(name))
        if name == "secret_environment":
            yield from _in_the_clear(key, values, is_secret(key), written)
        elif is_secret(key):
            yield from _encrypted(key, written.encrypted if written else values)
        yield from _read_differently(key, values, written.unquoted if written else {})


def written_variables(file: Path, project: str, key: str) -> WrittenVariables | None:
    """The variables of an object in a settings file; None when they are not there."""
    try:
        document = yaml.compose(file.read_text(), Loader=_LOADER)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    config = _members(_members(document).get("config"))
    found = _members(config.get(f"{project}:{key}", config.get(key)))
    if not found:
        return None
    encrypted = {name for name, node in found.items() if "secure" in _members(node)}
    scalars = {name: node for name, node in found.items() if isinstance(node, yaml.ScalarNode)}
    return WrittenVariables(
        encrypted=frozenset(encrypted),
        clear=frozenset(found) - encrypted,
        unquoted={name: node.value for name, node in scalars.items() if not node.style},
    )


def _in_the_clear(
    key: str, values: Mapping[str, str], any_secret: bool, written: WrittenVariables | None
) -> Iterator[Problem]:
    clear = set(values) if not any_secret else set(values) & written.clear if written else set()
    for name in sorted(clear):
        rule = "is not encrypted, so the stack's settings file and its history show it"
        yield Problem(f"{key}.{name}", None, rule, f"{set_secret(name)}, with a new value if the old one was shared")


def _encrypted(key: str, names: Iterable[str]) -> Iterator[Problem]:
    for name in sorted(names):
        rule = "is encrypted, and tasks would show it as a plain variable"
        yield Problem(f"{key}.{name}", None, rule, f"{remove('environment', name)}; {set_secret(name)}")


def _read_differently(key: str, values: Mapping[str, str], unquoted: Mapping[str, str]) -> Iterator[Problem]:
    for name, text in sorted(unquoted.items()):
        if values.get(name, text) not in (text, "true", "false"):
            rule = "is written without quotes, and YAML reads another text from it, as 511 from 0777"
            yield Problem(f"{key}.{name}", None, rule, "write the value in quotes in the settings file")


def _members(node: yaml.Node | None) -> dict[str, yaml.Node]:
    return {name.value: value for name, value in node.value} if isinstance(node, yaml.MappingNode) else {}
