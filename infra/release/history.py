"""The releases of a stack: one SSM parameter, each version of which is one record."""

import json
from dataclasses import asdict, replace
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.release.record import ReleaseRecord
from infra.release.reporting import ReleaseError

INITIAL_VALUE = "{}"
"""The value that Pulumi creates the parameter with: no release yet."""
MAX_BYTES = 4096
"""Of a value in the free standard tier (docs.aws.amazon.com/general/latest/gr/ssm.html)."""
MAX_VERSIONS = 100
"""SSM keeps this many versions of a parameter and deletes the oldest."""


class ReleaseHistory:
    """The releases of one stack. Every method raises ReleaseError when SSM cannot read or write the parameter."""

    def __init__(self, session: boto3.Session, parameter_name: str) -> None:
        self._ssm: Any = session.client("ssm")
        self._name = parameter_name

    def records(self) -> list[ReleaseRecord]:
        """Every release on record, oldest first, at most MAX_VERSIONS. Skips versions that are not records."""
        try:
            pages = self._ssm.get_paginator("get_parameter_history").paginate(Name=self._name)
            versions = [version for page in pages for version in page["Parameters"]]
        except ClientError as error:
            raise self._explained(error) from None
        read = (_record(one["Value"]) for one in sorted(versions, key=lambda one: int(one["Version"])))
        return [release for release in read if release]

    def latest(self) -> ReleaseRecord | None:
        """The last release; None before the first one."""
        try:
            value = str(self._ssm.get_parameter(Name=self._name)["Parameter"]["Value"])
        except ClientError as error:
            raise self._explained(error) from None
        if value == INITIAL_VALUE:
            # When Pulumi changes the parameter itself it writes the first value again; the versions before remain.
            return next(reversed(self.records()), None)
        return parse_record(value, self._name)

    def append(self, release: ReleaseRecord) -> ReleaseRecord:
        """Write the release under the next number and return it with that number."""
        before = self.latest()
        numbered = _shortened(replace(release, number=before.number + 1 if before else 1))
        try:
            self._ssm.put_parameter(Name=self._name, Value=numbered.to_json(), Overwrite=True)
        except ClientError as error:
            raise self._explained(error) from None
        return numbered

    def _explained(self, error: ClientError) -> ReleaseError:
        problem = error.response["Error"]
        if problem["Code"] == "ParameterNotFound":
            return ReleaseError(
                f"SSM parameter {self._name} (the release record) does not exist. `pulumi up` creates it. If the stack "
                "is deployed, check its name and the region and account of these credentials."
            )
        return ReleaseError(f"SSM parameter {self._name} (the release record): {problem['Code']}: {problem['Message']}")


def refuse_if_superseded(session: boto3.Session, parameter_name: str, latest: ReleaseRecord | None) -> None:
    """Raise ReleaseError when another release is on record after `latest`, from which the update started.

    Pulumi's lock does not stop a rollback. Before the first release there is nothing to roll back to.
    """
    if latest is None:
        return
    now = ReleaseHistory(session, parameter_name).latest()
    if now and now.number != latest.number:
        raise ReleaseError(
            f"Release {now.number} ({now.kind}, {now.tag}) was recorded during this update, which started from "
            f"release {latest.number}: another run rolled back or went forward (`python -m ops releases`). The "
            "service was not touched. Run `pulumi up` again to start from that release."
        )


def parse_record(value: str, parameter_name: str) -> ReleaseRecord:
    """The record in a value of this parameter. Raises ReleaseError that says how to restore it."""
    try:
        return ReleaseRecord.from_json(value)
    except ValueError as error:
        raise ReleaseError(
            f"SSM parameter {parameter_name} does not hold a release record: {error}.\n"
            "Only `pulumi up` and `python -m ops` may write it. List the earlier values with `aws ssm "
            f"get-parameter-history --name {parameter_name}` and restore the last good one with `aws ssm put-parameter "
            f"--overwrite --name {parameter_name} --value '...'`."
        ) from None


def _record(value: str) -> ReleaseRecord | None:
    try:
        return ReleaseRecord.from_json(value)
    except ValueError:
        return None


def _shortened(release: ReleaseRecord) -> ReleaseRecord:
    """The release with as many of its last migrations as fit. Raises ReleaseError when it is too long without any."""
    while release.migrated and _bytes(release) > MAX_BYTES:
        release = replace(release, migrated=release.migrated[1:])
    if _bytes(release) > MAX_BYTES:
        longest = max(asdict(release).items(), key=lambda item: len(json.dumps(item[1])))[0]
        raise ReleaseError(
            f"The record of release {release.number} has {_bytes(release)} bytes, and an SSM parameter holds "
            f"{MAX_BYTES}: `{longest}` is the longest part. The release serves but is not on record, so it cannot be "
            f"rolled back to. Shorten `{longest}` and run `pulumi up` again."
        )
    return release


def _bytes(release: ReleaseRecord) -> int:
    return len(release.to_json().encode())
