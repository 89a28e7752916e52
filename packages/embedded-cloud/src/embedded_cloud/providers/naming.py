"""Physical names of resources that the program does not name."""

import hashlib
from dataclasses import dataclass

from embedded_cloud.providers.values import Values

HEX_DIGITS = 7
"""Length of the random suffix, as in Pulumi's own AWS provider."""
DEFAULTS = "__defaults"
"""Input that lists the properties filled in by the provider; the official AWS provider stores the same."""


@dataclass(frozen=True)
class AutoName:
    """A physical name out of the logical name and seven random hex digits."""

    property: str = "name"
    max_length: int = 255
    separator: str = "-"
    prefix: str = ""
    """Put before the logical name, where the service asks for it (`alias/`)."""
    lower: bool = False
    """For services that refuse capitals (S3, RDS)."""

    def prefix_property(self) -> str:
        """Property with which a program chooses only the beginning of the name."""
        return f"{self.property}Prefix"


def fill_name(rule: AutoName, name: str, inputs: Values, olds: Values, seed: bytes, proposed: str = "") -> None:
    """Name the resource in `inputs`, if the program does not: its current name, else a new one."""
    if inputs.get(rule.property) is not None:
        return
    prefix = inputs.get(rule.prefix_property())
    if is_automatic(rule, olds) and prefix == olds.get(rule.prefix_property()):
        inputs[rule.property] = olds[rule.property]
    else:
        inputs[rule.property] = proposed or new_name(rule, name, seed, prefix)
    inputs[DEFAULTS] = [rule.property]


def new_name(rule: AutoName, name: str, seed: bytes, prefix: str | None = None) -> str:
    """Make a name: `web-1f3a9c2`, cut to the service's limit; with a `prefix`, the prefix and the digits."""
    digits = hashlib.sha256(seed + name.encode()).hexdigest()[:HEX_DIGITS]
    if isinstance(prefix, str):
        return f"{prefix}{digits}"
    room = rule.max_length - HEX_DIGITS - len(rule.separator) - len(rule.prefix)
    made = f"{rule.prefix}{name[:room]}{rule.separator}{digits}"
    return made.lower() if rule.lower else made


def is_automatic(rule: AutoName | None, inputs: Values) -> bool:
    """Whether the provider made the name in these inputs."""
    return rule is not None and rule.property in inputs.get(DEFAULTS, [])
