"""The application that is hosted: what its files say, and the build context made of them."""

from pathlib import Path
from typing import NamedTuple

import pulumi

from infra.application.application import Application
from infra.application.discovery import find_application
from infra.images import sources
from infra.images.private.packages import application_wheels
from infra.settings.settings import Settings


class StagedApplication(NamedTuple):
    """The application, and the sources of its images."""

    application: Application
    sources: sources.Sources


def stage(settings: Settings) -> StagedApplication:
    """Find the application and stage its images' build context; a preview logs what was found. Declares no resource.

    Raises ApplicationError, PrivatePackagesError and BuildContextError.
    """
    application = find_application(Path(settings.application))
    wheels = application_wheels(application, settings.architecture)
    if pulumi.runtime.is_dry_run():
        found = [*application.found, *wheels.found]
        pulumi.log.info("\n".join([f"Application {application.folder}:", *(f"  {line}" for line in found)]))
    return StagedApplication(application, sources.stage(application, wheels=wheels))
