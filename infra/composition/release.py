"""The images built from the present sources, and the release that is to run."""

from collections.abc import Sequence
from typing import NamedTuple

import pulumi

from infra.application.application import Application
from infra.composition.application import StagedApplication
from infra.ecs.process import Process
from infra.foundation.kms import EncryptionKey
from infra.images.image import Image, ImageArgs
from infra.images.registry import Registry, RegistryArgs
from infra.images.sources import Sources
from infra.release.record import ReleaseRecord
from infra.release.releases import Build, Releases
from infra.release.spec import ReleaseSpec
from infra.settings.settings import Settings


class Images(NamedTuple):
    """The application, the ECR repositories and the two images of a release."""

    application: Application
    processes: Sequence[Process]
    """As the stack runs them."""
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


def declare_images(settings: Settings, staged: StagedApplication, key: EncryptionKey) -> Images:
    """Declare the repositories; build and push both images."""
    registry = Registry("registry", RegistryArgs(key_arn=key.key_arn, protect=settings.protect))
    application, sources, processes = staged
    return Images(
        application,
        processes,
        sources,
        registry,
        web=_image("web", settings, sources, registry, registry.web_url),
        proxy=_image("proxy", settings, sources, registry, registry.proxy_url),
    )


def declare_release(settings: Settings, images: Images) -> Release:
    """Declare the release record and select the release to run: the present sources, or what a rollback restored."""
    releases = Releases("releases")
    releases.report_pending_migrations(images.application.folder)
    spec = releases.select(
        Build(
            web_image=images.web.reference,
            proxy_image=images.proxy.reference,
            tag=images.web.tag,
            revision=images.sources.revision,
            sources=images.sources.digest[:12],
            architecture=settings.architecture,
            processes=tuple(process.name for process in images.processes),
            schedules={name: one.times for name, one in images.application.manifest.schedules.items()},
        )
    )
    return Release(spec, releases.parameter, releases.latest)


def _image(
    target: str, settings: Settings, sources: Sources, registry: Registry, repository_url: pulumi.Output[str]
) -> Image:
    base_images = {
        # Without one, the staged Dockerfile has the image of the application's Python version.
        "PYTHON_IMAGE": settings.python_image,
        "NODE_IMAGE": settings.node_image if sources.has_node_build else "",
        "NGINX_IMAGE": settings.nginx_image,
    }
    args = ImageArgs(
        sources=sources,
        target=target,
        repository_url=repository_url,
        username=registry.username,
        password=registry.password,
        architecture=settings.architecture,
        base_images={name: image for name, image in base_images.items() if image},
    )
    return Image(f"{target}-image", args)
