"""What was released, when and from what: the versions of one SSM parameter, so that a release can be brought back.

Read and written with boto3 alone: the command line in ops/ uses it where there is no Pulumi.
"""

import json
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.release.errors import ReleaseError

FIRST_VALUE = "{}"
"""What Pulumi creates the parameter with: nothing was released yet."""
MAX_BYTES = 4096
"""Of a value in the standard tier (docs.aws.amazon.com/general/latest/gr/ssm.html), which costs nothing."""
KEPT = 100
"""Versions that SSM keeps of a parameter; the oldest goes when the next one comes."""


def parameter_name(project: str, stack: str) -> str:
    """The name of a stack's release record; fixed, because the command line has to find it."""
    return f"/{project}/{stack}/releases"


def utc_now() -> str:
    """The time for `Release.at`: ISO 8601, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """The release that a rollback undid: the next deployment of the same sources does not bring it back by itself."""

    number: int
    tag: str
    sources: str = ""
    """As in `Release`."""

    def is_of(self, tag: str) -> bool:
        """Whether this is what is built under this tag: its last part only makes it unique (infra/image.py)."""
        return self.tag.rsplit("-", 1)[0] == tag.rsplit("-", 1)[0]


@dataclass(frozen=True, kw_only=True)
class Release:
    """One release that served, with all that is needed to find it and to run it again."""

    number: int = 0
    """1, 2, 3...; `ReleaseRecord.append` gives it."""
    kind: str
    """`release` by `pulumi up`, `rollback` by the command line."""
    at: str
    """When it was found good: UTC, ISO 8601."""
    tag: str
    """Tag of the web image, which the application knows as RELEASE."""
    revision: str
    """Git revision of the sources."""
    sources: str = ""
    """Hash of the files it is built from, whatever the settings; empty in records of before this was kept."""
    architecture: str = ""
    """`arm64` or `x86_64`, for which its images are built; empty in records of before this was kept."""
    withheld: Withheld | None = None
    web_image: str
    """By digest, as the proxy's."""
    proxy_image: str
    task_definition: str
    """ARN with its revision, as the migration's."""
    migration_task_definition: str
    heads: dict[str, str] = field(default_factory=dict)
    """The newest migration of each app that this release knows."""
    migrated: list[str] = field(default_factory=list)
    """Migrations that were run for it. Of a list that is too long for the record, the last ones."""
    snapshot: str | None = None
    """Taken of the database before they ran."""
    region: str
    cluster: str
    service: str
    secret_arn: str
    log_group: str
    database: str
    """Identifier of the RDS instance."""
    secret_version: str = ""
    """Empty in records of before this was kept."""
    hosting: str = "fargate"
    """What served it; `vm` has the auto scaling group as `cluster`, the document of Systems Manager as `service`, and
    the key of the release's document as both task definitions."""
    bucket: str = ""
    """Of the machine's releases; empty on Fargate."""
    parameter: str = ""
    """SSM parameter that names the machine's release; empty on Fargate."""

    def to_json(self) -> str:
        """One line, in the order of the fields: SSM takes `{{` and `}}` for a reference, so no object ends the line."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Release":
        """Raise ValueError when it is no release; keys that a later version of this program added are ignored."""
        read = json.loads(text)
        values: dict[str, Any] = dict(read) if isinstance(read, dict) else {}
        missing = [name for name in REQUIRED if name not in values]
        if missing:
            raise ValueError(f"{', '.join(missing)} missing")
        if values.get("withheld"):
            try:
                values["withheld"] = Withheld(**_known(Withheld, values["withheld"]))
            except (AttributeError, TypeError):
                raise ValueError("withheld must have number and tag") from None
        return cls(**_known(cls, values))


REQUIRED = tuple(one.name for one in fields(Release) if one.default is MISSING and one.default_factory is MISSING)
"""What every record has had from the beginning."""


class ReleaseRecord:
    """The releases of one stack. Every method raises ReleaseError when the parameter cannot be read or written."""

    def __init__(self, session: boto3.Session, parameter_name: str) -> None:
        self._ssm: Any = session.client("ssm")
        self._name = parameter_name

    def history(self) -> list[Release]:
        """Every release on record, oldest first; at most KEPT. Versions that hold no release are passed over."""
        try:
            pages = self._ssm.get_paginator("get_parameter_history").paginate(Name=self._name)
            versions = [version for page in pages for version in page["Parameters"]]
        except ClientError as error:
            raise self._explained(error) from None
        read = (_release(one["Value"]) for one in sorted(versions, key=lambda one: int(one["Version"])))
        return [release for release in read if release]

    def latest(self) -> Release | None:
        """What was released last; None before the first release."""
        try:
            value = str(self._ssm.get_parameter(Name=self._name)["Parameter"]["Value"])
        except ClientError as error:
            raise self._explained(error) from None
        if value == FIRST_VALUE:
            # A change of the parameter itself writes its first value again; what was before it is still on record.
            return next(reversed(self.history()), None)
        try:
            return Release.from_json(value)
        except ValueError as error:
            raise ReleaseError(
                f"SSM parameter {self._name} holds no release record: {error}.\n"
                "Only `pulumi up` and `python -m ops` may write it. `aws ssm get-parameter-history --name "
                f"{self._name}` lists the values before; put the last good one back with `aws ssm put-parameter "
                f"--overwrite --name {self._name} --value '...'`."
            ) from None

    def append(self, release: Release) -> Release:
        """Put it on record under the next number, and return it with that number."""
        before = self.latest()
        numbered = _that_fits(replace(release, number=before.number + 1 if before else 1))
        try:
            self._ssm.put_parameter(Name=self._name, Value=numbered.to_json(), Overwrite=True)
        except ClientError as error:
            raise self._explained(error) from None
        return numbered

    def _explained(self, error: ClientError) -> ReleaseError:
        problem = error.response["Error"]
        if problem["Code"] == "ParameterNotFound":
            return ReleaseError(
                f"SSM parameter {self._name} (the release record) does not exist. `pulumi up` makes it; when the stack "
                "is deployed, look at its name, and at the region of these credentials."
            )
        return ReleaseError(f"SSM parameter {self._name} (the release record): {problem['Code']}: {problem['Message']}")


def _known(kind: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in values.items() if name in names}


def _release(value: str) -> Release | None:
    try:
        return Release.from_json(value)
    except ValueError:
        return None


def _that_fits(release: Release) -> Release:
    """The release itself, else with only the last of its migrations. Raises ReleaseError when that is no help."""
    while release.migrated and _bytes(release) > MAX_BYTES:
        release = replace(release, migrated=release.migrated[1:])
    if _bytes(release) > MAX_BYTES:
        longest = max(asdict(release).items(), key=lambda item: len(json.dumps(item[1])))[0]
        raise ReleaseError(
            f"The record of release {release.number} has {_bytes(release)} bytes, and an SSM parameter holds "
            f"{MAX_BYTES}: `{longest}` is the longest part. The release serves, but it is not on record, so it cannot "
            f"be rolled back to. Shorten `{longest}`, then run `pulumi up` again."
        )
    return release


def _bytes(release: Release) -> int:
    return len(release.to_json().encode())
