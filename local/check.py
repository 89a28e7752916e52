"""`make check`: what is found in an application, what is missing, and what will happen, before any build."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console

from infra.application.application import Application
from infra.application.discovery import find_application
from infra.application.effects import effects
from infra.application.environment_variables import ReadVariables, read_variables
from infra.application.schedules import described
from infra.data import cache_urls
from infra.images.sources import context_files
from infra.problem import InputError
from infra.secrets.detection import why_secret
from infra.settings.environment_rules import set_secret
from local import application_choice
from local.runtime import ROOT, Runtime, UsageError

_WIDTH = 15


def check(options: argparse.Namespace, _: Runtime) -> int:
    """Print the findings; with `--json` as JSON. Raises UsageError with every problem; exit code 2."""
    folder = application_choice.folder(options.application)
    try:
        application = find_application(folder)
        files = context_files(application, ROOT)
    except InputError as error:
        if not options.json:
            raise UsageError(str(error)) from None
        _print_json({"folder": str(folder), "problems": [dataclasses.asdict(one) for one in error.problems]})
        return UsageError.exit_code
    names = [name for name in files if name.startswith("application/")]
    size = sum(len(files[name][1]) for name in names)
    if options.json:
        _print_json(as_json(application))
        return 0
    console = Console(width=None if sys.stdout.isatty() else 10_000)
    for label, text in rows(application, f"{len(names)} files, {size / 1e6:.1f} MB"):
        console.print(f"{label:<{_WIDTH}} {text}", highlight=False, markup=False, soft_wrap=True)
    return 0


def rows(application: Application, files: str) -> Iterator[tuple[str, str]]:
    """The lines of the report, each with a label at the first of its kind."""
    yield "Application", f"{application.folder} ({files})"
    yield from _labelled("Found", application.found)
    yield from _labelled("Will happen", (f"{part}: {sentence}" for part, sentence in effects(application)))
    yield from _labelled("Schedules", described(application.manifest.schedules))
    variables = read_variables(application.settings)
    yield from _labelled("Variables", _variables(variables))


def as_json(application: Application) -> dict[str, Any]:
    """The same, for programs."""
    return {
        "folder": str(application.folder),
        "problems": [],
        "found": application.found,
        "schedules": described(application.manifest.schedules),
        "effects": [effect._asdict() for effect in effects(application)],
        "variables": read_variables(application.settings)._asdict(),
        "root": application.root,
        "settings": application.settings.module,
        "server": application.server,
        "callable": application.callable,
        "python": application.python_version,
        "dependencies": dataclasses.asdict(application.dependencies),
        "node": dataclasses.asdict(application.node) if application.node else None,
    }


def _variables(variables: ReadVariables) -> Iterator[str]:
    if variables.needed:
        yield f"the settings read without a default: {', '.join(variables.needed)}"
    for name, place in variables.in_branches.items():
        yield f"only a branch or a function reads {name} ({place})"
    names = [*variables.needed, *variables.in_branches]
    of_the_cache = [name for name in names if name in cache_urls.DATABASES]
    if of_the_cache:
        yield f"pulumi config set cache valkey          # gives {' and '.join(of_the_cache)}"
    secret = [name for name in names if why_secret(name, "") and name not in of_the_cache]
    for plain in [name for name in names if name not in (*secret, *of_the_cache)][:1]:
        yield f"pulumi config set --path environment.{plain} <value>"
    for hidden in secret[:1]:
        yield f"{set_secret(hidden)}          # asks for the value"
    if names:
        yield "the build of the images has those of [build.environment] in hosting.toml only, where any value will do"


def _labelled(label: str, lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        yield label, line
        label = ""


def _print_json(document: dict[str, Any]) -> None:
    print(json.dumps(document, indent=2))  # noqa: T201
