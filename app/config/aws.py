"""Configuration of AWS clients."""

import os


def region() -> str | None:
    """Return the region. boto3 alone reads only AWS_DEFAULT_REGION; ECS sets both variables."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
