"""The application that is hosted: what its files say, and the build context made of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pulumi

from infra.application.application import Application
from infra.application.discovery import find_application
from infra.application.schedules import described
from infra.ecs.process import Process
from infra.images import sources
from infra.images.private.packages import application_wheels
from infra.settings import schedule_rules
from infra.settings.process_rules import resolve
from infra.settings.settings import Settings


class StagedApplication(NamedTuple):
    """The application, and the sources of its images."""

    application: Application
    sources: sources.Sources
    processes: Sequence[Process]


def stage(settings: Settings) -> StagedApplication:
    """Find the application and stage its images' build context; a preview logs what was found. Declares no resource.

    Raises ApplicationError, SettingsError, PrivatePackagesError and BuildContextError.
    """
    application = find_application(Path(settings.application))
    processes = resolve(settings, application.manifest.processes, pulumi.get_project())
    schedule_rules.check(settings, application.manifest.schedules, pulumi.get_project())
    wheels = application_wheels(application, settings.architecture)
    if pulumi.runtime.is_dry_run():
        found = [*application.found, *map(_describe, processes), *_schedules(settings, application), *wheels.found]
        pulumi.log.info("\n".join([f"Application {application.folder}:", *(f"  {line}" for line in found)]))
    return StagedApplication(application, sources.stage(application, wheels=wheels), processes)


def _schedules(settings: Settings, application: Application) -> list[str]:
    runs = described(schedule_rules.enabled(settings, application.manifest.schedules))
    return [f"schedule {line}" for line in runs]


def _describe(process: Process) -> str:
    tasks = f"{process.min_tasks}" + (f" to {process.max_tasks}" if process.max_tasks > process.min_tasks else "")
    spot = ", Fargate Spot" if process.spot else ""
    return f"process {process.name}: {tasks} tasks of {process.cpu} CPU units and {process.memory} MiB{spot}"
