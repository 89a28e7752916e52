"""What every client of AWS is told."""

import os


def region() -> str | None:
    """The region that the platform names. boto3 by itself reads the second variable only; ECS sets both."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
