"""Which actions of the table a caller lacks for the planned resources, and how that is said. Pure: no request."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from infra import naming
from infra.policies import MONITORING_POLICY
from infra.provider.actions.model import Actions, Reach
from infra.provider.actions.requests import FUNCTIONS, REQUESTS
from infra.provider.actions.table import RESOURCES


@dataclass(frozen=True, kw_only=True)
class Place:
    """The stack that the planned resources belong to."""

    account: str
    region: str
    project: str
    stack: str
    boundary_arn: str
    """Of the setting `permissionsBoundary`; empty without pipelines."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Actions that IAM is asked about in one request."""

    needed_by: Mapping[str, Collection[str]]
    """Types and purposes by action."""
    resources: tuple[str, ...]
    """ARNs as the stack's own; an action that is allowed on one of them is not lacking."""
    context: Mapping[str, str]
    """Condition keys."""
    to: str = ""
    """Service that gets a role."""


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """Actions that are not allowed."""

    who: str
    """ARN of the role or user."""
    needed_by: Mapping[str, Collection[str]] = field(default_factory=dict)


def questions(types: Collection[str], place: Place) -> Iterator[Question]:
    """What to ask for these planned types, and for what the program asks besides in each `pulumi up`."""
    rows = {token: RESOURCES[token] for token in types if token in RESOURCES}
    rows |= FUNCTIONS | {purpose: row for purpose, row in REQUESTS.items() if row.source.startswith("infra/")}
    context = _context(place)
    for resources in dict.fromkeys(_resources(reach, place) for reach in Reach):
        here = {name: row for name, row in rows.items() if _resources(row.reach, place) == resources}
        if needed := _needed(here):
            yield Question(needed_by=needed, resources=resources, context=context)
    for service in sorted({one for row in rows.values() for one in row.passes_role_to}):
        passing = sorted(name for name, row in rows.items() if service in row.passes_role_to)
        host = f"{service}.amazonaws.com"
        yield Question(
            needed_by={"iam:PassRole": passing},
            resources=_resources(Reach.ROLES, place),
            context={**context, "iam:PassedToService": host},
            to=host,
        )


def _needed(rows: Mapping[str, Actions]) -> dict[str, list[str]]:
    needed: dict[str, list[str]] = {}
    for name, row in sorted(rows.items()):
        for action in sorted(row.all):
            needed.setdefault(action, []).append(name)
    return needed


def _context(place: Place) -> dict[str, str]:
    boundary = {"iam:PermissionsBoundary": place.boundary_arn} if place.boundary_arn else {}
    return {
        "aws:RequestedRegion": place.region,
        "aws:ResourceTag/Project": place.project,
        "aws:ResourceTag/Stack": place.stack,
        "iam:PolicyARN": MONITORING_POLICY,
        **boundary,
    }


def _resources(reach: Reach, place: Place) -> tuple[str, ...]:
    match reach:
        case Reach.BUCKETS:
            prefix = naming.bucket_prefix(place.project, place.stack, naming.MEDIA_BUCKET)
            bucket = f"arn:aws:s3:::{prefix}{'0' * naming.BUCKET_SUFFIX_LENGTH}"
            return (bucket, f"{bucket}/file")
        case Reach.PARAMETERS:
            name = naming.parameter_name(place.project, place.stack)
            return (f"arn:aws:ssm:{place.region}:{place.account}:parameter{name}",)
        case Reach.ROLES:
            path = f"{place.project}/{place.stack}/" if place.boundary_arn else ""
            return (f"arn:aws:iam::{place.account}:role/{path}task-execution",)
        case _:
            return ("*",)


def role_name(caller: str) -> str:
    """Name of the role that a caller has taken; empty for others."""
    kind, _, rest = caller.rpartition(":")[2].partition("/")
    return rest.partition("/")[0] if kind == "assumed-role" else ""


def deploying_role(name: str, project: str, stack: str) -> str:
    """Name of the role that deploys what this one previews: the pipelines have one for each."""
    preview = naming.role_name(project, stack, naming.PREVIEW_ROLE)
    return naming.role_name(project, stack, naming.DEPLOY_ROLE) if name == preview else name


def message(found: Lacking, project: str, stack: str) -> str:
    """One warning with each action, what needs it, and the fix. Empty when nothing lacks."""
    if not found.needed_by:
        return ""
    lines = [f"  {action}: {', '.join(found.needed_by[action])}" for action in sorted(found.needed_by)]
    pipelines = found.who.endswith(f"/{naming.role_name(project, stack, naming.DEPLOY_ROLE)}")
    fix = (
        f"an administrator runs `pulumi -C bootstrap up --stack {stack}`"
        if pipelines
        else "ask the account's administrator for them"
    )
    count = "one action" if len(lines) == 1 else f"{len(lines)} actions"
    return "\n".join(
        [
            f"{found.who} may lack {count} that this stack needs, so that `pulumi up` stops halfway:",
            *lines,
            f"  fix: {fix}",
        ]
    )
