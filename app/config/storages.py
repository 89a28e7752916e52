"""Where uploaded files live: the media bucket where one is named, else a folder the proxy reads too."""

import os
from typing import TYPE_CHECKING, Any

from config import aws

if TYPE_CHECKING:
    from botocore.config import Config

SIGNED_URL_SECONDS = 60
"""A signed URL never leaves the proxy, which follows it at once."""


def media_storage(bucket: str) -> dict[str, Any]:
    """Django's STORAGES entry for uploads.

    Credentials, region and endpoint are the ones boto3 finds by itself: the task's role, AWS_REGION, AWS_ENDPOINT_URL.
    """
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    return {
        "BACKEND": "core.storage.MediaBucket",
        # https://django-storages.readthedocs.io/en/latest/backends/amazon-S3.html
        "OPTIONS": {
            "bucket_name": bucket,
            "region_name": aws.region(),
            "default_acl": None,
            "file_overwrite": False,
            "querystring_auth": True,
            "querystring_expire": SIGNED_URL_SECONDS,
            "client_config": _client_config(),
        },
    }


def _client_config() -> "Config":
    # Takes long to import, and is of no use without a bucket.
    from botocore.config import Config  # noqa: PLC0415

    # Only AWS itself has a name for every bucket; other endpoints are reached by one name or address.
    own_endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return Config(
        # Objects under a KMS key can be had with version 4 signatures only.
        signature_version="s3v4",
        # us-east-1 would use the global name, which the network's own way to S3 does not cover.
        s3={"addressing_style": "path" if own_endpoint else "virtual", "us_east_1_regional_endpoint": "regional"},
        connect_timeout=3,
        read_timeout=10,
        retries={"mode": "standard", "max_attempts": 3},
    )
