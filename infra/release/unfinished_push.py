"""An image that an interrupted update pushed: ECR would refuse to push its tag again."""

from typing import Any

import boto3
from botocore.exceptions import ClientError


def delete_image(session: boto3.Session, reference: str) -> bool:
    """Delete the image `host/repository:tag` unless it has other tags; True when it was deleted.

    Call it before Pulumi pushes the image. Tags are used once, so an image with this tag comes from an update that
    stopped before Pulumi recorded it. An image with a second tag belongs to a release.
    """
    repository, _, tag = reference.partition("/")[2].rpartition(":")
    ecr: Any = session.client("ecr")
    try:
        found = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])["imageDetails"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ImageNotFoundException", "RepositoryNotFoundException"):
            return False
        raise
    if any(image.get("imageTags") != [tag] for image in found):
        return False
    ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": tag}])
    return True
