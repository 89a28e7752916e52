"""Whether a release's images are still there to be pulled."""

import re
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.release.record import Release

GONE = {"ImageNotFoundException", "RepositoryNotFoundException"}


def missing_images(session: boto3.Session, release: Release) -> list[str]:
    """Those of its images that ECR no longer has."""
    ecr: Any = session.client("ecr")
    return [image for image in (release.web_image, release.proxy_image) if not _exists(ecr, image)]


def _exists(ecr: Any, image: str) -> bool:
    name, _, digest = image.partition("@")
    registry, _, repository = name.partition("/")
    account = re.match(r"(\d{12})\.dkr\.ecr\.", registry)
    where = {"registryId": account[1]} if account else {}
    try:
        ecr.describe_images(repositoryName=repository, imageIds=[{"imageDigest": digest}], **where)
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return False
        raise
    return True
