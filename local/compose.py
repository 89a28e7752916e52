"""`python -m local compose`: everything that docker/compose.yaml builds from and mounts."""

import argparse
import json
import runpy

from infra.application.application import Application
from infra.application.manifest import Manifest
from infra.application.processes import Process
from infra.images.private.packages import application_wheels
from infra.images.sources import stage
from infra.problem import InputError
from local import application_choice
from local.project import machine_architecture
from local.runtime import ROOT, Runtime, UsageError
from local.setup.steps import report

CONTEXT = ".build-context-compose"
"""A folder of its own: `make up` stages the application of its stack."""
SERVICES = "services.json"
"""Its file that the services of docker/compose.yaml extend."""
PROCESSES = "processes.json"
"""Its file with the services of processes and schedules, which docker/compose.yaml includes."""
SCHEDULER = "scheduler"
"""The service that starts the schedules."""


def compose(options: argparse.Namespace, runtime: Runtime) -> int:
    """Stage the application, and create the secrets that are missing. Raises UsageError with every problem."""
    try:
        prepare(application_choice.find(options.application, runtime))
    except InputError as error:
        raise UsageError(str(error)) from None
    secrets = runpy.run_path(str(ROOT / "docker" / "make_secrets.py"))
    secrets["main"](secrets["FOLDER"])
    report("Start it with: docker compose -f docker/compose.yaml up --build --detach --wait")
    return 0


def prepare(application: Application, context: str = CONTEXT) -> None:
    """Stage the build context, with what the manifest says about the services. Raises BuildContextError."""
    stage(application, ROOT, context, application_wheels(application, machine_architecture(), ROOT))
    for name, content in ((SERVICES, services(application.manifest)), (PROCESSES, processes(application.manifest))):
        (ROOT / context / name).write_text(json.dumps(content, indent=1))


def services(manifest: Manifest) -> dict[str, object]:
    """What a container's image cannot say about itself, as a file of compose."""
    stop = {"stop_grace_period": f"{manifest.run.stop_seconds}s"}
    return {
        "services": {
            "web": {**stop, "healthcheck": {"start_period": f"{manifest.run.start_grace_seconds}s"}},
            "proxy": stop,
            "migrate": {"environment": {"MIGRATION_SECONDS": str(manifest.release.migration_seconds)}},
        }
    }


def processes(manifest: Manifest) -> dict[str, object]:
    """A service for each process, and one that starts the schedules: as the container `web` but for what is here."""
    found = {name: _process(name, process, manifest) for name, process in manifest.processes.items()}
    return {"services": {**found, **({SCHEDULER: _scheduler(manifest)} if manifest.schedules else {})}}


def _scheduler(manifest: Manifest) -> dict[str, object]:
    return {
        "extends": {"file": "../docker/compose.yaml", "service": "web"},
        "command": ["python", "-m", "django_hosting", "scheduler"],
        "stop_grace_period": f"{manifest.run.stop_seconds}s",
        # `docker compose up --wait` fails for a service without one.
        "healthcheck": {"test": ["CMD", "/usr/local/bin/healthcheck-process", "1"], "start_period": "1s"},
    }


def _process(name: str, process: Process, manifest: Manifest) -> dict[str, object]:
    seconds = manifest.run.start_grace_seconds
    return {
        "extends": {"file": "../docker/compose.yaml", "service": "web"},
        "command": ["python", "-m", "django_hosting", "process", name],
        # An init passes on a signal that the program does not handle.
        "init": True,
        "stop_grace_period": f"{process.stop_seconds}s",
        "mem_limit": f"{process.memory}m",
        "deploy": {"replicas": process.min_tasks},
        "healthcheck": {
            "test": ["CMD", "/usr/local/bin/healthcheck-process", str(seconds)],
            "start_period": f"{seconds}s",
        },
    }
