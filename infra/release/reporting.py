"""What a release reports to the operator: lines of progress, and one error."""

from collections.abc import Callable

Reporter = Callable[[str], None]
"""Takes one line of progress. Every thread may call it."""


class ReleaseError(Exception):
    """A release failed or cannot continue. The message says what happened, why, and what to do."""
