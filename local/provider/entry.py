"""The declarative entry of a resource type or function: what it maps, what replaces it, how it is named."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any

from local.provider.values import Values

if TYPE_CHECKING:
    from local.provider.call import Call

ALL = "*"
"""In `replaces`: every property."""


@dataclass(frozen=True)
class AutoName:
    """A physical name made of the logical name and seven random hex digits when the program gives none."""

    property: str = "name"
    max_length: int = 255
    separator: str = "-"
    prefix: str = ""
    """Put before the logical name, where the service asks for it (`alias/`)."""
    lower: bool = False
    """For services that refuse capitals (S3, RDS)."""

    def prefix_property(self) -> str:
        """The property by which a program chooses only how the name begins."""
        return f"{self.property}Prefix"


@dataclass(frozen=True)
class Reference:
    """Something a property points at. `exists` answers falsy or raises a botocore error when it is not there."""

    label: str
    exists: Callable[["Call", str], object]


@dataclass(frozen=True)
class Tagging:
    """How tags of a type are read and written; the core calls these, entries' functions never handle tags."""

    read: Callable[["Call"], dict[str, str]]
    write: Callable[["Call", dict[str, str]], object]
    remove: Callable[["Call", list[str]], object]


@dataclass(frozen=True)
class ResourceType:
    """One resource type. Words are names on the wire (`cidrBlock`), separated by spaces."""

    token: str
    """`aws:ec2/vpc:Vpc`; the SDK's class is found from it."""
    _: KW_ONLY
    create: Callable[["Call"], str]
    """Creates from `call.inputs` and answers the physical id, as soon as there is one. Of several requests, it sets
    `call.id` after the first, so that what a later one fails over is not lost."""
    read: Callable[["Call"], Values | None]
    """What AWS reports for `call.id`, by wire name; None (or a botocore "not found") when it is gone."""
    delete: Callable[["Call"], object]
    """Deletes `call.id`. "Not found" from botocore counts as done."""
    update: Callable[["Call"], object] | None = None
    """Makes `call.id` what `call.inputs` says; `call.changed("x")` tells what differs. Without it, every
    change but tags replaces."""
    ready: Callable[["Call"], object] | None = None
    """Waits, after create and update, until it can be used. Raises when it never will."""
    reported: str = ""
    """Input properties that `read` gives back, so a change made behind Pulumi's back shows as drift."""
    unreported: str = ""
    """Input properties that AWS, or its emulation, does not report: the last known state stands for them."""
    replaces: str = ""
    """Properties (or paths in them, `settings.kind`) that cannot be changed in place; ALL for every one."""
    name: AutoName | None = None
    tags: Tagging | None = None
    references: Mapping[str, Reference] = field(default_factory=dict)
    """Property path (lists are entered: `defaultActions.targetGroupArn`) to what must exist."""
    unordered: str = ""
    """Lists whose order means nothing."""
    equal: Mapping[str, Callable[[Any, Any], bool]] = field(default_factory=dict)
    """When two values of a property mean the same, for those where `==` is too strict (JSON documents)."""
    secret_outputs: str = ""
    volatile: str = ""
    """Outputs that any update may change: unknown while an update is only previewed."""
    check: Callable[[Values], Iterable[tuple[str, str]]] | None = None
    """Rules beyond the SDK's types: (property, reason) for each broken one. Values may be UNKNOWN."""
    complete: Callable[[Values], object] | None = None
    """Adds to valid inputs, in place, what the program does not say itself (the hash of a build's sources)."""
    delete_before_replace: bool = False
    """For types of which AWS allows only one (a route to a destination, a listener on a port)."""

    def accepts(self) -> frozenset[str]:
        """Every input property the entry carries. Others of the SDK are refused by name."""
        tags = {"tags", "tagsAll"} if self.tags else set()
        return frozenset({*self.reported.split(), *self.remembered(), "region", *tags})

    def remembered(self) -> frozenset[str]:
        """Input properties for which the last known state stands."""
        return frozenset({*self.unreported.split(), *({self.name.prefix_property()} if self.name else ())})


@dataclass(frozen=True)
class Function:
    """A provider function (`aws.get_region`): answers its result from `call.inputs`."""

    token: str
    invoke: Callable[["Call"], Mapping[str, Any]]
