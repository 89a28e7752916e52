"""Whether somebody rolled back since the program read the release record: Pulumi's lock does not keep them out."""

import boto3

from infra.release.errors import ReleaseError
from infra.release.record import Release, ReleaseRecord


def refuse_other_release(session: boto3.Session, parameter: str, latest: Release | None) -> None:
    """Raise ReleaseError when the last release on record is not `latest`, from which the program started.

    Before the first release there is nothing that somebody could go back to.
    """
    if latest is None:
        return
    now = ReleaseRecord(session, parameter).latest()
    if now and now.number != latest.number:
        raise ReleaseError(
            f"Release {now.number} ({now.kind}, {now.tag}) came on record while this update was under way, which "
            f"started from release {latest.number}: somebody rolled back or went forward meanwhile "
            "(`python -m ops releases`). What serves was not touched. Run `pulumi up` again: it starts from there."
        )
