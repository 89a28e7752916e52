"""Physical names for resources whose program gives none."""

import hashlib

from local.provider.entry import AutoName
from local.provider.values import Values

HEX_DIGITS = 7
"""As many as Pulumi's own AWS provider adds."""
DEFAULTS = "__defaults"
"""Input that lists the properties this provider filled in; the official AWS provider stores the same."""


def fill_name(rule: AutoName, name: str, inputs: Values, olds: Values, seed: bytes, proposed: str = "") -> None:
    """Give `inputs` a name: the resource's present one, else a new one out of logical name and random seed."""
    if inputs.get(rule.property) is not None:
        return
    prefix = inputs.get(rule.prefix_property())
    if is_automatic(rule, olds) and prefix == olds.get(rule.prefix_property()):
        inputs[rule.property] = olds[rule.property]
    else:
        inputs[rule.property] = proposed or new_name(rule, name, seed, prefix)
    inputs[DEFAULTS] = [rule.property]


def new_name(rule: AutoName, name: str, seed: bytes, prefix: str | None = None) -> str:
    """`web` and a seed give `web-1f3a9c2`; the logical part is cut where the service's limit asks for it.

    With a prefix that the program chose, that and the digits are the name."""
    digits = hashlib.sha256(seed + name.encode()).hexdigest()[:HEX_DIGITS]
    if isinstance(prefix, str):
        return f"{prefix}{digits}"
    room = rule.max_length - HEX_DIGITS - len(rule.separator) - len(rule.prefix)
    made = f"{rule.prefix}{name[:room]}{rule.separator}{digits}"
    return made.lower() if rule.lower else made


def is_automatic(rule: AutoName | None, inputs: Values) -> bool:
    """Whether the name in these inputs was made here rather than written by the program."""
    return rule is not None and rule.property in inputs.get(DEFAULTS, [])
