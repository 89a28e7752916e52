"""The time by which schedules are due: the machine's, or later when a test lets time pass."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

FILE = "clock-offset"
"""File in the cloud's state folder: seconds by which EventBridge Scheduler's clock is ahead. It is read every time."""


def now(folder: Path) -> datetime:
    """The scheduler's time. Raises ValueError when the file holds no number."""
    try:
        offset = float((folder / FILE).read_text())
    except FileNotFoundError:
        offset = 0
    return datetime.now(UTC) + timedelta(seconds=offset)


def advance(folder: Path, seconds: float) -> None:
    """Let time pass for the schedules of the cloud with this state folder.

    Each schedule that is due in this time is started once, however often it is due.
    """
    ahead = (now(folder) - datetime.now(UTC)).total_seconds()
    (folder / FILE).write_text(str(ahead + seconds))
