"""One image of a release: built from the sources beside the program, pushed, and named by its digest."""

from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import pulumi_docker as docker
import pulumi_random as random

from infra import build_context
from infra.release.hooks import unfinished_push_hook

PLATFORMS = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}
SOURCES = ("app", "docker", ".dockerignore")
"""What the images are made of, and so what their revision is the revision of."""


@dataclass(frozen=True, kw_only=True)
class ImageArgs:
    """What is built and where it goes."""

    target: str
    """Stage of docker/Dockerfile: `web` or `proxy`."""
    repository_url: pulumi.Input[str]
    username: pulumi.Input[str]
    password: pulumi.Input[str]
    architecture: str
    """`arm64` or `x86_64`; the tasks must ask for the same."""
    base_images: dict[str, str] = field(default_factory=dict)
    """Build arguments that name base images: PYTHON_IMAGE, NGINX_IMAGE."""
    context: str = "."
    """Folder of the sources, seen from where Pulumi runs."""


class Image(pulumi.ComponentResource):
    """An image under a tag of its own: the same sources give the same tag, and a revert of them a new one.

    Repositories are immutable, so a tag is used once: the content's hash, then a random part that changes with it.
    """

    reference: pulumi.Output[str]
    """repository@sha256:..., the only form that task definitions may name."""
    tag: pulumi.Output[str]
    sources: str
    """Hash of the files alone, plain as the revision."""
    revision: str
    """Git's short name of the commit the sources come from; plain, known before anything is built."""

    def __init__(self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Image", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        platform = PLATFORMS[args.architecture]
        self.revision = build_context.revision(Path(args.context), *SOURCES)
        self.sources = build_context.content_hash(Path(args.context), {})
        arguments = {**args.base_images, "REVISION": self.revision}
        content = build_context.content_hash(Path(args.context), {**arguments, "platform": platform})
        use = random.RandomId(f"{name}-use", byte_length=2, keepers={"content": content}, opts=child)
        self.tag = pulumi.Output.concat(content, "-", use.hex)
        image = docker.Image(
            f"{name}-build",
            image_name=pulumi.Output.concat(args.repository_url, ":", self.tag),
            build={
                "context": args.context,
                "dockerfile": str(Path(args.context, "docker", "Dockerfile")),
                "target": args.target,
                "platform": platform,
                "args": arguments,
                "builder_version": docker.BuilderVersion.BUILDER_BUILD_KIT,
            },
            registry={"server": args.repository_url, "username": args.username, "password": args.password},
            # A preview has neither a repository nor a token to push with.
            build_on_preview=False,
            skip_push=False,
            opts=pulumi.ResourceOptions(parent=self, hooks=unfinished_push_hook(name)),
        )
        self.reference = image.repo_digest
        self.register_outputs({"reference": self.reference, "tag": self.tag, "revision": self.revision})
