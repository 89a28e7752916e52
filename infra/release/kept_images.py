"""Images of a release on record get a tag of their own, which the registry's lifecycle rules spare."""

from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.release.errors import ReleaseError
from infra.release.record import Release

TAG_PREFIX = "release-"
MANIFEST_TYPES = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)


def keep(session: boto3.Session, release: Release) -> None:
    """Tag both images `release-<number>`; one that has the tag is left alone. Raises ReleaseError."""
    ecr: Any = session.client("ecr")
    for image in (release.web_image, release.proxy_image):
        repository, _, digest = image.partition("/")[2].partition("@")
        try:
            _tag(ecr, repository, digest, f"{TAG_PREFIX}{release.number}")
        except ClientError as error:
            raise ReleaseError(
                f"Release {release.number} serves and is on record, but its image {image} could not be tagged to be "
                f"kept for a rollback: {error}\nRun `pulumi up` again; it goes on from here."
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
