"""Configuration of AWS clients."""

import os

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
_REGION, _ENDPOINT = (r"[a-z]{2}(-[a-z]+)+-\d", "eu-central-1"), (r"https?://[^/\s]+(/\S*)?", "http://localhost:5000")
VARIABLES = {
    "AWS_REGION": _REGION,
    "AWS_DEFAULT_REGION": _REGION,
    "AWS_ENDPOINT_URL": _ENDPOINT,
    "AWS_ENDPOINT_URL_S3": _ENDPOINT,
}
"""Pattern and example of each variable that boto3 reads; it refuses other values at the first request only."""


def region() -> str | None:
    """Return the region. boto3 alone reads only AWS_DEFAULT_REGION; ECS sets both variables."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
