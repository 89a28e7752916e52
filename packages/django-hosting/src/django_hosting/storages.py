"""Storage of uploaded files: the media bucket, or a folder that the proxy reads too."""

import os
from typing import TYPE_CHECKING, Any

from django_hosting import aws

if TYPE_CHECKING:
    from botocore.config import Config

ALIAS = "django_hosting"
"""Entry of STORAGES with the bucket, whatever storage the project uses for its uploads."""
SIGNED_URL_SECONDS = 60
"""The proxy follows a signed URL at once, and visitors never see it."""


def media_storage(bucket: str) -> dict[str, Any]:
    """Return Django's STORAGES entry for uploads; without a bucket, a folder.

    boto3 finds credentials and endpoint itself: the task's role, AWS_ENDPOINT_URL.
    """
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    return {
        "BACKEND": "django_hosting.storage.MediaBucket",
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
    # Imported here, because the import is slow and only needed with a bucket.
    from botocore.config import Config  # noqa: PLC0415

    # Only AWS has a host name per bucket.
    own_endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return Config(
        # Objects under a KMS key need version 4 signatures.
        signature_version="s3v4",
        # The global name of us-east-1 bypasses the S3 gateway endpoint.
        s3={"addressing_style": "path" if own_endpoint else "virtual", "us_east_1_regional_endpoint": "regional"},
        connect_timeout=3,
        read_timeout=10,
        retries={"mode": "standard", "max_attempts": 3},
    )
