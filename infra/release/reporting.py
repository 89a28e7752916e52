"""What a release reports to the operator: lines of progress, one error, and short names."""

from collections.abc import Callable

Reporter = Callable[[str], None]
"""Takes one line of progress. Every thread may call it."""


class ReleaseError(Exception):
    """A release failed or cannot continue. The message says what happened, why, and what to do."""


def short(arn: str) -> str:
    """The last part of an ARN."""
    return arn.rpartition("/")[2]
