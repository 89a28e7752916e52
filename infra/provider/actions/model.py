"""What one row of the table says. Pure."""

from dataclasses import dataclass
from enum import Enum

PROVIDER = "hashicorp/terraform-provider-aws 6.34.0, internal/service"
"""The official provider, which pulumi-aws wraps. `source` is a file in this folder; requests of the program itself name
their own. Calls that tag are in `tags_gen.go` or `tags.go` beside it."""
READS = ("Describe", "Get", "List", "View", "BatchGet", "BatchCheck")
"""Beginnings of the names of actions that change nothing."""


GLOBAL = ("budgets", "route53")
"""Services whose requests have another region than the stack's."""


class Reach(Enum):
    """What changes are limited to (bootstrap/changes.py). Reads are not limited, except contents."""

    REGION = "region"
    """Everything in the stack's region without tags of another stack (bootstrap/foreign_resources.py)."""
    ACCOUNT = "account"
    """Services without a region, and without names of their own for a stack."""
    RECORDS = "records"
    """Names inside the zone, and aliases."""
    BUCKETS = "buckets"
    PARAMETERS = "parameters"
    ROLES = "roles"
    """Roles under the stack's path, as far as IAM lets a condition compare it with the stack's boundary."""


@dataclass(frozen=True, kw_only=True)
class Actions:
    """IAM actions of one resource type, or of one kind of request; names are separated by spaces.

    They are IAM's names, which differ from the API's in S3. Each phase lists what it calls beside `read`. A call that
    only an argument causes which the program never gives is left out.
    """

    service: str
    """Prefix of names without one."""
    source: str
    create: str = ""
    read: str = ""
    update: str = ""
    delete: str = ""
    tag: str = ""
    besides: str = ""
    """What the service asks of the caller beside the action itself, with prefixes."""
    contents: str = ""
    """Reads of a secret's value, a list of files or an image: the preview role has none of them."""
    withheld: str = ""
    """Calls that only a person makes: no pipeline may."""
    reach: Reach = Reach.REGION
    passes_role_to: tuple[str, ...] = ()
    """Services that get a role with the resource (iam:PassRole)."""
    linked_role_of: tuple[str, ...] = ()
    """Services that make their service-linked role with the caller's permission, at first use in an account."""

    @property
    def all(self) -> frozenset[str]:
        """Every action with its service, except those withheld."""
        phases = (self.create, self.read, self.update, self.delete, self.tag, self.besides, self.contents)
        return frozenset(self._full(name) for phase in phases for name in phase.split())

    def changes(self, reach: Reach) -> frozenset[str]:
        """Actions with this reach that change something, and contents."""
        return frozenset(one for one in self.all - self.reads if self._reach(one) is reach)

    @property
    def reads(self) -> frozenset[str]:
        """Actions that only describe."""
        contents = {self._full(name) for name in self.contents.split()}
        return frozenset(one for one in self.all - contents if one.partition(":")[2].startswith(READS))

    def _reach(self, action: str) -> Reach:
        anywhere = self.reach is Reach.REGION and action.partition(":")[0] in GLOBAL
        return Reach.ACCOUNT if anywhere else self.reach

    def _full(self, name: str) -> str:
        return name if ":" in name else f"{self.service}:{name}"
