"""A container image, built from the staged sources and pushed to ECR."""

from dataclasses import dataclass, field

import pulumi
import pulumi_docker as docker
import pulumi_random as random

from infra.images.sources import DOCKERFILE, Sources
from infra.images.unfinished_push import unfinished_push_hook

PLATFORMS = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}


@dataclass(frozen=True, kw_only=True)
class ImageArgs:
    """Arguments of the image."""

    sources: Sources
    target: str
    """Stage of docker/Dockerfile: `web` or `proxy`."""
    repository_url: pulumi.Input[str]
    username: pulumi.Input[str]
    password: pulumi.Input[str]
    architecture: str
    """`arm64` or `x86_64`, as in the task definitions."""
    base_images: dict[str, str] = field(default_factory=dict)
    """Build arguments with base images that are not the staged Dockerfile's: PYTHON_IMAGE, NGINX_IMAGE, NODE_IMAGE."""


class Image(pulumi.ComponentResource):
    """An image under a unique tag: the hash of its content, then a random part that changes with the hash.

    Tags of the repository are immutable. The random part lets a revert push the earlier content again.
    """

    reference: pulumi.Output[str]
    """repository@sha256:..., the form that task definitions use."""
    tag: pulumi.Output[str]

    def __init__(self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Image", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        platform = PLATFORMS[args.architecture]
        arguments = {**args.base_images, "REVISION": args.sources.revision}
        content = args.sources.content_hash({**arguments, "platform": platform})
        unique = random.RandomId(f"{name}-use", byte_length=2, keepers={"content": content}, opts=child)
        self.tag = pulumi.Output.concat(content, "-", unique.hex)
        image = docker.Image(
            f"{name}-build",
            image_name=pulumi.Output.concat(args.repository_url, ":", self.tag),
            build={
                "context": args.sources.folder,
                "dockerfile": f"{args.sources.folder}/{DOCKERFILE}",
                "target": args.target,
                "platform": platform,
                "args": arguments,
                "builder_version": docker.BuilderVersion.BUILDER_BUILD_KIT,
            },
            registry={"server": args.repository_url, "username": args.username, "password": args.password},
            # A preview may have no repository yet.
            build_on_preview=False,
            skip_push=False,
            opts=pulumi.ResourceOptions(parent=self, hooks=unfinished_push_hook(name)),
        )
        self.reference = image.repo_digest
        self.register_outputs({"reference": self.reference, "tag": self.tag, "revision": args.sources.revision})
