"""The moment or the snapshot that is restored, and what can be restored at all."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ops.errors import Refused, UsageError

FORMAT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, kw_only=True)
class RestoreWindow:
    """The moments that the automated backups of an instance reach, in UTC."""

    earliest: datetime
    latest: datetime

    def __str__(self) -> str:
        return f"{self.earliest:{FORMAT}} to {self.latest:{FORMAT}}"


@dataclass(frozen=True, kw_only=True)
class RestorePoint:
    """What to restore: a snapshot, a moment, or the latest restorable moment if both are empty."""

    snapshot: str = ""
    moment: datetime | None = None

    def __str__(self) -> str:
        if self.snapshot:
            return f"snapshot {self.snapshot}"
        return f"{self.moment:{FORMAT}}" if self.moment else "the latest restorable moment"


def parse_moment(text: str) -> datetime:
    """A moment in ISO 8601; without an offset it is UTC. Raises UsageError."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text} is no time. Write it as 2026-01-31T12:00:00Z.") from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def read_window(rds: Any, identifier: str) -> RestoreWindow | None:
    """The window of an instance; None without automated backups, or before the first one."""
    filters = [{"Name": "db-instance-id", "Values": [identifier]}, {"Name": "status", "Values": ["active"]}]
    backups = rds.describe_db_instance_automated_backups(Filters=filters)["DBInstanceAutomatedBackups"]
    window = backups[0].get("RestoreWindow", {}) if backups else {}
    if not window.get("EarliestTime") or not window.get("LatestTime"):
        return None
    return RestoreWindow(earliest=window["EarliestTime"], latest=window["LatestTime"])


def refuse_outside(point: RestorePoint, window: RestoreWindow | None, identifier: str) -> None:
    """Raise Refused for a moment that the automated backups of the instance do not reach."""
    if point.snapshot:
        return
    if window is None:
        raise Refused(
            f"Database {identifier} has no automated backup yet, or databaseBackupDays is 0. `python -m ops backups` "
            "lists its snapshots; --snapshot restores one."
        )
    if point.moment and not window.earliest <= point.moment <= window.latest:
        raise Refused(
            f"{point} is outside of what can be restored: {window}. RDS uploads the write-ahead log every five "
            "minutes, and deletes it after databaseBackupDays."
        )
