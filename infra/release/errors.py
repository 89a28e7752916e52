"""The one error of a release."""


class ReleaseError(Exception):
    """A release cannot go on, or did not arrive; the message tells the operator what happened, why and what to do."""
