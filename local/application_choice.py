"""Which Django project the commands are about, and the settings of the local stack that follow from it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from embedded_cloud.images import images as base
from infra.application.application import Application
from infra.application.discovery import find_application
from infra.images import recipe
from infra.problem import InputError
from local import project
from local.runtime import ROOT, Runtime, UsageError
from local.setup import debian
from local.setup.steps import report

KEY = "application"
"""The setting with the folder of the project."""


def folder(given: str | None, runtime: Runtime | None = None) -> Path:
    """The folder that the command names, else the one of the last `make up`, else the default of Pulumi.yaml.

    What a command names is relative to where it runs; the setting is relative to Pulumi.yaml.
    """
    if given:
        return Path(given).absolute()
    return of_settings(project.load_settings(runtime.folder / "program", project.LOCAL_STACK) if runtime else {})


def of_settings(settings: Mapping[str, Any]) -> Path:
    """The folder that the settings of a stack name, else the default of Pulumi.yaml."""
    return ROOT / str(settings.get(f"{project.name()}:{KEY}") or project.default_setting(KEY))


def find(given: str | None, runtime: Runtime) -> Application:
    """The project that a command is about, as `find_in`."""
    return find_in(folder(given, runtime))


def find_in(path: Path) -> Application:
    """The project in a folder. Says what was found. Raises UsageError with every problem."""
    try:
        application = find_application(path)
    except InputError as error:
        raise UsageError(str(error)) from None
    report(f"Application {application.folder}:")
    for sentence in application.found:
        report(f"  {sentence}")
    return application


def setting(given: str | None) -> dict[str, Any]:
    """The setting `application` when the command names a folder: relative inside of this checkout."""
    if not given:
        return {}
    path = folder(given)
    return {f"{project.name()}:{KEY}": str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)}


def settings(application: Application, images: Mapping[str, str]) -> dict[str, Any]:
    """The project and its base images. `images` maps a role to the image that Docker has. Raises UsageError."""
    chosen = {"pythonImage": _python(application, images["python"])}
    if "node" in images:
        chosen["nodeImage"] = images["node"]
    return setting(str(application.folder)) | {f"{project.name()}:{key}": image for key, image in chosen.items()}


def _python(application: Application, image: str) -> str:
    """The image of the application's Python version; empty lets the program name the official one."""
    official = base.BASE_IMAGES["python"].official
    wanted = recipe.arguments(application)["PYTHON_IMAGE"]
    if wanted == official:
        return image
    if base.is_standin(image) and not debian.has_image(wanted):
        raise UsageError(
            f"The application runs on {wanted}. No image registry answers, and Debian's packages stand in for "
            f"{official} only. Name its version by `python` in hosting.toml, or load {wanted} from another machine "
            "(docker save, docker load)."
        )
    return ""
