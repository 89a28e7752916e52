"""A rollback on the machine: a document with the earlier images, deployed through Systems Manager."""

from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.machine import remote, rollout, status
from infra.machine.archive import release_archive
from infra.machine.diagnosis import explained
from infra.machine.earlier_release import architecture_of, with_images
from infra.machine.program.lock import REPAIR
from infra.machine.program.release import Release as Document
from infra.machine.remote import Remote
from infra.machine.verdict import verify
from infra.release.errors import ReleaseError
from infra.release.record import Release
from infra.release.release_state import ReleaseState
from ops.errors import OpsError, Refused
from ops.host import UNPREPARED, Names, Running, Tell


class MachineHost:
    """`Host` by an auto scaling group of one."""

    def __init__(self, session: boto3.Session, latest: Release) -> None:
        self._session, self._latest = session, latest
        self._to = Remote(group=latest.cluster, document=latest.service)
        self._status = status.read(session, self._to)

    def running(self) -> Running:
        """The release that the machine serves."""
        found = self._status
        tag = Document.from_json(self._read(found.release)).version if found.release else ""
        return Running(tag=tag, settled=not (found.problem or found.at_work or found.stale))

    def refuse_concurrent(self, *, joined: bool) -> None:
        """What the machine does now; its own repair is no reason to wait with a rollback."""
        del joined
        at_work = self._status.at_work
        if at_work and not at_work.startswith(REPAIR):
            raise Refused(
                f"The machine is at work: {at_work}. Somebody runs `pulumi up`, or a rollback. Run this again when "
                "`python -m ops status` says that it has ended."
            )

    def names(self, target: Release) -> Names:
        """The key of the document, which is put into the machine's bucket."""
        now = self._read(self._latest.task_definition)
        here, built_for = architecture_of(now), self._architecture(target)
        if built_for not in ("", here):
            raise Refused(
                f"Release {target.number} is built for {built_for}, and the machine is {here}. Nothing was touched. "
                f"Check out its sources, revision {target.revision}, and run `pulumi up` with `architecture` "
                f"{built_for} and a `vmInstanceType` that has it."
            )
        try:
            document = with_images(now, target)
        except ValueError as error:
            raise Refused(
                f"Release {target.number} cannot run here: {error}. Its repositories were replaced since: deploy its "
                "sources with `pulumi up`."
            ) from None
        archive = release_archive(document)
        s3: Any = self._session.client("s3")
        s3.put_object(Bucket=self._latest.bucket, Key=archive.key, Body=archive.content, ContentType="application/json")
        return Names(web=archive.key, migration=archive.key, architecture=built_for or here)

    def state(self, names: Names) -> ReleaseState:
        """By a container of the target on the machine."""
        return rollout.state_in(remote.run(self._session, self._to, "state", names.migration))

    def roll_out(self, names: Names, tell: Tell) -> None:
        """A deploy, prepared as in `pulumi up`; then the parameter that a new machine starts with."""
        key, before = names.web, self._status
        if before.release != key:
            self._prepare(key, tell)
        if before.release != key or before.problem:
            tell(f"Deploying {key}")
            try:
                remote.run(self._session, self._to, "deploy", key, before.release or "")
            except ReleaseError as error:
                raise ReleaseError(explained(str(error))) from None
        ssm: Any = self._session.client("ssm")
        ssm.put_parameter(Name=self._latest.parameter, Value=key, Overwrite=True)
        verify(self._session, self._to, self._latest.parameter, key, tell)

    def _prepare(self, key: str, tell: Tell) -> None:
        tell("Preparing the release")
        try:
            remote.run(self._session, self._to, "prepare", key)
        except ReleaseError as error:
            tell(f"{UNPREPARED}: {explained(str(error))}")

    def _architecture(self, target: Release) -> str:
        """As on record; before that was kept it is in the release's own document. Empty when nobody knows."""
        if target.architecture or target.hosting != self._latest.hosting:
            return target.architecture
        try:
            return architecture_of(self._read(target.task_definition))
        except OpsError:
            return ""

    def _read(self, key: str) -> str:
        s3: Any = self._session.client("s3")
        try:
            return str(s3.get_object(Bucket=self._latest.bucket, Key=key)["Body"].read().decode())
        except ClientError as error:
            raise OpsError(
                f"s3://{self._latest.bucket}/{key}, the document of a release, cannot be read: {error}. `pulumi up` "
                "puts that of the present sources there again."
            ) from None
