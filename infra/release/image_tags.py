"""Tags of recorded releases on their images in ECR."""

from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.release.record import ReleaseRecord
from infra.release.reporting import ReleaseError

TAG_PREFIX = "release-"
"""The lifecycle rules of the registry keep images with such a tag."""
MANIFEST_TYPES = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)


def tag_images(session: boto3.Session, release: ReleaseRecord) -> None:
    """Tag both images `release-<number>` unless they have that tag. Raises ReleaseError."""
    ecr: Any = session.client("ecr")
    for image in (release.web_image, release.proxy_image):
        repository, _, digest = image.partition("/")[2].partition("@")
        try:
            _tag(ecr, repository, digest, f"{TAG_PREFIX}{release.number}")
        except ClientError as error:
            raise ReleaseError(
                f"Release {release.number} serves and is on record, but its image {image} did not get the tag that "
                f"keeps it for a rollback: {error}\nRun `pulumi up` again to add the tag."
            ) from None


def _tag(ecr: Any, repository: str, digest: str, tag: str) -> None:
    if ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": tag}])["images"]:
        return
    found = ecr.batch_get_image(
        repositoryName=repository, imageIds=[{"imageDigest": digest}], acceptedMediaTypes=list(MANIFEST_TYPES)
    )
    for image in found["images"]:
        media_type = {"imageManifestMediaType": kind} if (kind := image.get("imageManifestMediaType")) else {}
        ecr.put_image(
            repositoryName=repository,
            imageManifest=image["imageManifest"],
            imageTag=tag,
            imageDigest=digest,
            **media_type,
        )
