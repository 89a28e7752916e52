"""`python -m local compose`: everything that docker/compose.yaml builds from and mounts."""

import argparse
import json
import runpy

from infra.application.application import Application
from infra.application.manifest import Manifest
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
    (ROOT / context / SERVICES).write_text(json.dumps(services(application.manifest), indent=1))


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
