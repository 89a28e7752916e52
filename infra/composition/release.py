"""The images built from the present sources, and the release that is to run."""

from pathlib import Path
from typing import NamedTuple

import pulumi

from infra.foundation.kms import EncryptionKey
from infra.images.image import Image, ImageArgs
from infra.images.registry import Registry, RegistryArgs
from infra.images.sources import Sources, stage_sources
from infra.release.record import ReleaseRecord
from infra.release.releases import Build, Releases
from infra.release.spec import ReleaseSpec
from infra.settings.settings import Settings

SOURCES = ("app", "docker", ".dockerignore")
"""Paths that the images are built from; the revision is the last commit that changed them."""


class Images(NamedTuple):
    """The ECR repositories and the two images of a release."""

    sources: Sources
    registry: Registry
    web: Image
    """The application behind gunicorn."""
    proxy: Image
    """nginx with the application's static files."""


class Release(NamedTuple):
    """The release to run, and the record of earlier ones."""

    spec: pulumi.Output[ReleaseSpec]
    record: pulumi.Output[str]
    """Name of the SSM parameter with the release record."""
    latest: pulumi.Output[ReleaseRecord | None]
    """The last release on record."""


def declare_images(settings: Settings, key: EncryptionKey) -> Images:
    """Declare the repositories; build and push both images."""
    registry = Registry("registry", RegistryArgs(key_arn=key.key_arn, protect=settings.protect))
    sources = stage_sources(Path(), *SOURCES)
    return Images(
        sources,
        registry,
        web=_image("web", settings, sources, registry, registry.web_url),
        proxy=_image("proxy", settings, sources, registry, registry.proxy_url),
    )


def declare_release(settings: Settings, images: Images) -> Release:
    """Declare the release record and select the release to run: the present sources, or what a rollback restored."""
    releases = Releases("releases")
    releases.report_pending_migrations(Path("app"))
    spec = releases.select(
        Build(
            web_image=images.web.reference,
            proxy_image=images.proxy.reference,
            tag=images.web.tag,
            revision=images.sources.revision,
            sources=images.sources.digest[:12],
            architecture=settings.architecture,
        )
    )
    return Release(spec, releases.parameter, releases.latest)


def _image(
    target: str, settings: Settings, sources: Sources, registry: Registry, repository_url: pulumi.Output[str]
) -> Image:
    args = ImageArgs(
        sources=sources,
        target=target,
        repository_url=repository_url,
        username=registry.username,
        password=registry.password,
        architecture=settings.architecture,
        base_images={"PYTHON_IMAGE": settings.python_image, "NGINX_IMAGE": settings.nginx_image},
    )
    return Image(f"{target}-image", args)
