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
from local.state import has_database

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


def refuse_another(application: Application, runtime: Runtime) -> None:
    """Raises UsageError if the stack has the database of another project that exists."""
    before = folder(None, runtime)
    same = before.resolve() == application.folder.resolve() or not before.exists()
    if same or not has_database(runtime.folder, project.LOCAL_STACK):
        return
    raise UsageError(
        f"The stack on this machine serves {before}, and its database has that project's tables. Remove both with "
        f"`make down`, then deploy {application.folder}. To keep both, start another cloud beside it: "
        "docs/embedded-cloud.md, Several clouds on one machine."
    )


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


def roles(application: Application) -> list[str]:
    """Roles of base images that this application needs beside `images.BASE_IMAGES`."""
    python = _python_role(application)
    return [role for role in (python, "node" if application.node else None) if role and role not in base.BASE_IMAGES]


def settings(application: Application, images: Mapping[str, str]) -> dict[str, Any]:
    """The project and its base images. `images` maps a role to the image that Docker has. Raises UsageError."""
    chosen = {"pythonImage": _python(application, images)}
    if "node" in images:
        chosen["nodeImage"] = images["node"]
    return setting(str(application.folder)) | {f"{project.name()}:{key}": image for key, image in chosen.items()}


def _python(application: Application, images: Mapping[str, str]) -> str:
    """The image of the application's Python version; empty lets the program name the official one."""
    if role := _python_role(application):
        return images[role]
    wanted = recipe.arguments(application)["PYTHON_IMAGE"]
    if base.is_standin(images["python"]) and not debian.has_image(wanted):
        replaced = [image.official for image in base.IMAGES.values() if image.target == "python"]
        raise UsageError(
            f"The application runs on {wanted}. No image registry answers, and Debian's packages stand in for "
            f"{' and '.join(replaced)} only. Name one of these versions by `python` in hosting.toml, or load {wanted} "
            "from another machine (docker save, docker load)."
        )
    return ""


def _python_role(application: Application) -> str | None:
    """The role of the base image with the application's Python version, if there is one."""
    wanted = recipe.arguments(application)["PYTHON_IMAGE"]
    return next((role for role, image in base.IMAGES.items() if image.official == wanted), None)
