"""What is shipped: the registry and the two images built from these sources."""

from pathlib import Path
from typing import NamedTuple

import pulumi

from infra.image import Image, ImageArgs
from infra.keys import EncryptionKey
from infra.registry import Registry, RegistryArgs
from infra.release.shipped import Shipped
from infra.releases import Releases, Sources
from infra.settings import Settings


def registry(settings: Settings, key: EncryptionKey) -> Registry:
    """Where images are kept."""
    return Registry("registry", RegistryArgs(key_arn=key.key_arn, protect=settings.protect))


class Images(NamedTuple):
    """The two images of a release."""

    web: Image
    """The application behind gunicorn."""
    proxy: Image
    """nginx with the application's static files."""


def images(settings: Settings, registry: Registry) -> Images:
    """Both images, built and pushed."""
    return Images(
        web=_image("web", settings, registry, registry.web_url),
        proxy=_image("proxy", settings, registry, registry.proxy_url),
    )


def shipped(settings: Settings, images: Images, releases: Releases) -> pulumi.Output[Shipped]:
    """The release of these sources, or what a rollback put in its place."""
    releases.tell_pending(Path("app"))
    return releases.shipped(
        Sources(
            web_image=images.web.reference,
            proxy_image=images.proxy.reference,
            tag=images.web.tag,
            revision=images.web.revision,
            content=images.web.sources,
            architecture=settings.architecture,
        )
    )


def _image(target: str, settings: Settings, registry: Registry, repository_url: pulumi.Output[str]) -> Image:
    args = ImageArgs(
        target=target,
        repository_url=repository_url,
        username=registry.username,
        password=registry.password,
        architecture=settings.architecture,
        base_images={"PYTHON_IMAGE": settings.python_image, "NGINX_IMAGE": settings.nginx_image},
    )
    return Image(f"{target}-image", args)
