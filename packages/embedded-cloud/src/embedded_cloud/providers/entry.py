"""Declaration of a resource type or function: what it maps, what replaces it, how it is named."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any

from embedded_cloud.providers.values import Values

HEX_DIGITS = 7
"""Length of the random suffix, as in Pulumi's own AWS provider."""
PREFIX_DIGITS = 26
"""Length of what the official provider appends to a prefix of the program."""
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
    """Make a name: `web-1f3a9c2`, cut to the service's limit; with a `prefix`, the prefix and more digits."""
    digest = hashlib.sha256(seed + name.encode()).hexdigest()
    if isinstance(prefix, str):
        return f"{prefix}{digest[:PREFIX_DIGITS]}"
    digits = digest[:HEX_DIGITS]
    room = rule.max_length - HEX_DIGITS - len(rule.separator) - len(rule.prefix)
    made = f"{rule.prefix}{name[:room]}{rule.separator}{digits}"
    return made.lower() if rule.lower else made


def is_automatic(rule: AutoName | None, inputs: Values) -> bool:
    return rule is not None and rule.property in inputs.get(DEFAULTS, [])


def all_tags(inputs: Values) -> dict[str, str]:
    """The tags that a resource is to have, the provider's default tags among them."""
    tags: dict[str, str] = inputs.get("tagsAll") or inputs.get("tags") or {}
    return tags


if TYPE_CHECKING:
    from embedded_cloud.providers.call import Call

ALL = "*"
"""In `replaces`: every property."""


@dataclass(frozen=True)
class Reference:
    """The kind of resource that a property names. `exists` returns something falsy, or raises a botocore error, when
    there is none."""

    label: str
    exists: Callable[["Call", str], object]


@dataclass(frozen=True)
class Tagging:
    """How tags of a type are read and written. The core calls these; an entry's functions ignore tags."""

    read: Callable[["Call"], dict[str, str]]
    write: Callable[["Call", dict[str, str]], object]
    remove: Callable[["Call", list[str]], object]


@dataclass(frozen=True)
class ResourceType:
    """One resource type. Texts that list properties use wire names (`cidrBlock`), separated by spaces."""

    token: str
    """`aws:ec2/vpc:Vpc`; the core finds the SDK's class by it."""
    _: KW_ONLY
    create: Callable[["Call"], str]
    """Creates from `call.inputs` and returns the physical id. When it takes several requests, it sets `call.id` after
    the first, so that a failure of a later one loses nothing."""
    read: Callable[["Call"], Values | None]
    """Properties that AWS reports for `call.id`; None (or a botocore "not found") when the resource is deleted."""
    delete: Callable[["Call"], object]
    """Deletes `call.id`. A botocore "not found" counts as done."""
    update: Callable[["Call"], object] | None = None
    """Changes `call.id` to `call.inputs`; `call.changed("x")` compares with the last deployment. Without it, every
    change but tags replaces."""
    ready: Callable[["Call"], object] | None = None
    """Waits, after create and update, until the resource can be used. Raises when it never will."""
    reported: str = ""
    """Input properties that `read` returns. A change made outside Pulumi shows as drift."""
    unreported: str = ""
    """Input properties that AWS, or moto, does not report. The last known state stands for them."""
    replaces: str = ""
    """Properties (or paths in them, `settings.kind`) that cannot be changed in place; ALL for every one."""
    name: AutoName | None = None
    tags: Tagging | None = None
    references: Mapping[str, Reference] = field(default_factory=dict)
    """Resources that must exist, by property path; lists are entered (`defaultActions.targetGroupArn`)."""
    unordered: str = ""
    """Lists without an order."""
    equal: Mapping[str, Callable[[Any, Any], bool]] = field(default_factory=dict)
    """Comparisons for properties where `==` is too strict (JSON documents)."""
    secret_outputs: str = ""
    suppressed: Callable[[Values, Values], Iterable[str]] | None = None
    """Properties whose difference, from old to new inputs, the official provider ignores."""
    volatile: str = ""
    """Outputs that any update may change: unknown in the preview of an update."""
    check: Callable[[Values], Iterable[tuple[str, str]]] | None = None
    """Rules beyond the SDK's types: yields (property, reason) for each broken one. Values may be UNKNOWN."""
    complete: Callable[[Values], object] | None = None
    """Adds computed inputs, in place, to valid inputs (the hash of a build's sources)."""
    delete_before_replace: bool = False
    """For types of which AWS allows only one (a route to a destination, a listener on a port)."""
    effect: str = ""
    """What happens on this machine, for the table of resource types. Empty: the API stores it, nothing acts on it."""

    def accepts(self) -> frozenset[str]:
        """Input properties that the entry supports. The core refuses every other property of the SDK by name."""
        tags = {"tags", "tagsAll"} if self.tags else set()
        return frozenset({*self.reported.split(), *self.remembered(), "region", *tags})

    def remembered(self) -> frozenset[str]:
        """Input properties for which the last known state stands."""
        return frozenset({*self.unreported.split(), *({self.name.prefix_property()} if self.name else ())})


@dataclass(frozen=True)
class Function:
    """A provider function (`aws.get_region`): computes its result from `call.inputs`."""

    token: str
    invoke: Callable[["Call"], Mapping[str, Any]]
