"""The hook of an image: it deletes what an interrupted update pushed under the same tag, which ECR never moves."""

from typing import Any

import boto3
import pulumi
from botocore.exceptions import ClientError

from infra.hooks import in_thread, plain_inputs, reporter_of
from infra.provider.identity import stack_session


def unfinished_push_hook(name: str) -> pulumi.ResourceHookBinding:
    """Hooks of a `docker.Image`. The engine runs them before it builds and pushes the image."""
    session = stack_session()

    async def delete(args: pulumi.ResourceHookArgs) -> None:
        inputs, before = await plain_inputs(args.new_inputs), await plain_inputs(args.old_inputs)
        if inputs["imageName"] == before.get("imageName"):
            return
        if await in_thread(delete_unfinished_push, session(), inputs["imageName"]):
            reporter_of(args.urn)("Deleted the image that an interrupted update had pushed under this tag")

    hook = pulumi.ResourceHook(f"{name}-push", delete)
    return pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])


def delete_unfinished_push(session: boto3.Session, reference: str) -> bool:
    """Delete the image `host/repository:tag` unless it has other tags; True when it was deleted.

    Call it before Pulumi pushes the image, because ECR refuses a second push of a tag. Tags are used once, so an image
    with this tag comes from an update that stopped before Pulumi recorded it. One with a second tag is a release.
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
