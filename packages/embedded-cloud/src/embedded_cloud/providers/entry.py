"""Declaration of a resource type or function: what it maps, what replaces it, how it is named."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any

from embedded_cloud.providers.naming import AutoName
from embedded_cloud.providers.values import Values

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
