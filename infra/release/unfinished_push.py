"""A push that was cut off after its tag landed: the registry would refuse the same tag a second time."""

from typing import Any

import boto3
from botocore.exceptions import ClientError


def clear(session: boto3.Session, reference: str) -> bool:
    """Remove the image under this tag (`host/repository:tag`) if that is all it has; True when it was removed.

    For an image that Pulumi is about to make: tags are used once, so one that is there already comes from an update
    that ended before it was recorded. An image with a second tag belongs to a release and stays.
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
