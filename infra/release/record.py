"""The record of one release, as the JSON that an SSM parameter holds.

No Pulumi here: the command line in `ops/` reads and writes records too.
"""

import json
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

HOSTING = "fargate"
"""The only hosting that this version deploys."""
COMMAND = "command"
"""Key of the task definition for commands of the team, which has no service."""
JSON_KEYS = {"rolled_back": "withheld"}
"""Attributes with another name in JSON."""


def utc_now() -> str:
    """The time for `ReleaseRecord.at`: ISO 8601, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, kw_only=True)
class RolledBack:
    """The release that a rollback undid. `pulumi up` of the same sources does not deploy it again."""

    number: int
    tag: str
    sources: str
    """As in `ReleaseRecord`."""

    def has_content_of(self, tag: str) -> bool:
        """Whether both tags name the same content. The last part only makes a tag unique (infra/images/image.py)."""
        return self.tag.rsplit("-", 1)[0] == tag.rsplit("-", 1)[0]


@dataclass(frozen=True, kw_only=True)
class ReleaseRecord:
    """A release that served, with everything needed to find it and to run it again."""

    number: int = 0
    """1, 2, 3, ...; `ReleaseHistory.append` assigns it."""
    kind: str
    """`release` for `pulumi up` and `ops forward`, `rollback` for `ops rollback`."""
    at: str
    """When its rollout was complete: UTC, ISO 8601."""
    tag: str
    """Tag of the web image. The application reads it as RELEASE."""
    revision: str
    """Git revision of the sources."""
    sources: str
    """Hash of the files that the images are built from. Settings do not change it."""
    architecture: str
    """`arm64` or `x86_64`: what the images are built for."""
    rolled_back: RolledBack | None = None
    """Set by a rollback, cleared by the next release."""
    web_image: str
    """By digest, as the proxy's."""
    proxy_image: str
    task_definition: str
    """ARN with its revision, as the migration's."""
    migration_task_definition: str
    process_services: dict[str, str] = field(default_factory=dict)
    """ECS services of the stack's processes by name, also of those that do not run in this release."""
    process_task_definitions: dict[str, str] = field(default_factory=dict)
    """Task definitions by name: of the processes that run in this release, and COMMAND."""
    schedules: dict[str, str] = field(default_factory=dict)
    """Expression of EventBridge Scheduler and time zone of each schedule of this release, by name."""
    heads: dict[str, str] = field(default_factory=dict)
    """The newest migration that this release knows, by app."""
    migrated: list[str] = field(default_factory=list)
    """Migrations that this release ran. A list too long for the parameter keeps its last entries."""
    snapshot: str | None = None
    """Snapshot of the database before these migrations."""
    region: str
    cluster: str
    service: str
    secret_arn: str
    log_group: str
    database: str
    """Identifier of the RDS instance."""
    schedule_group: str = ""
    """Group of the stack's schedules; empty when it has none."""
    secret_version: str
    hosting: str = HOSTING

    @property
    def processes(self) -> tuple[str, ...]:
        """Names of the processes that run in this release."""
        return tuple(name for name in self.process_task_definitions if name != COMMAND)

    def to_values(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return {JSON_KEYS.get(name, name): value for name, value in asdict(self).items()}

    def to_json(self) -> str:
        """One line. SSM reads `{{` and `}}` as references, so the last field must not be an object."""
        return json.dumps(self.to_values(), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "ReleaseRecord":
        """Read a record and ignore unknown keys. Raises ValueError when the text is not a record."""
        read = json.loads(text)
        values: dict[str, Any] = dict(read) if isinstance(read, dict) else {}
        missing = [key for key in REQUIRED_KEYS if key not in values]
        if missing:
            raise ValueError(f"{', '.join(missing)} missing")
        rolled_back = values.pop("withheld", None)
        if rolled_back:
            try:
                values["rolled_back"] = RolledBack(**_known(RolledBack, rolled_back))
            except (AttributeError, TypeError):
                raise ValueError("withheld must have number, tag and sources") from None
        return cls(**_known(cls, values))


REQUIRED_KEYS = tuple(
    one.name for one in fields(ReleaseRecord) if one.default is MISSING and one.default_factory is MISSING
)


def unsupported_hosting(release: ReleaseRecord) -> str | None:
    """Why this version cannot handle the release, and what to do; None when it can."""
    if release.hosting == HOSTING:
        return None
    return (
        f"Release {release.number} ran with `hosting: {release.hosting}`, and this version supports only "
        f"`hosting: {HOSTING}`. Check out the sources that deployed it (revision {release.revision}) and run this "
        f"there; to move the stack, run `pulumi config set hosting {HOSTING} && pulumi up` there first."
    )


def _known(kind: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in values.items() if name in names}
