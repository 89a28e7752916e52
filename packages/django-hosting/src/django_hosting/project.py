"""The project's own settings module, and why it cannot be imported."""

import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from django_hosting.environment import Environment

# django-environ, decouple, environs.
_UNSET = re.compile(
    r"Set the (\w+) environment variable|^(\w+) not found\. Declare it as envvar|Environment variable \"(\w+)\" not set"
)


@dataclass(frozen=True)
class Project:
    """The module, and its settings: the names in capital letters."""

    module: ModuleType
    settings: dict[str, Any]


def project_settings(name: str, environment: Environment) -> Project:
    """Import the module. Raises SystemExit with one line for a missing variable or module; other errors as they are."""
    # manage.py and gunicorn have it on the path already; a process that only uses the settings may not.
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    with _project_environment(environment):
        try:
            module = import_module(name)
        except Exception as error:
            sentence = why_not(error, name)
            if sentence is None:
                raise
            raise SystemExit(sentence) from None
    return Project(module, {key: value for key, value in vars(module).items() if key.isupper()})


def why_not(error: Exception, name: str) -> str | None:
    """Return what is wrong, where, and what to do; None for an error that needs its traceback."""
    place = f"{name} cannot be imported{_place(error)}"
    if isinstance(error, ModuleNotFoundError):
        missing = error.name or ""
        if f"{name}.".startswith(f"{missing}."):
            return f"{place}: there is no module {missing} in {Path.cwd()}. `settings` in hosting.toml names the module"
        return f"{place}: the package of module {missing!r} is not installed. Add it to the project's dependencies"
    variable = _variable(error)
    if variable:
        return (
            f"{place}: the environment variable {variable} is missing. Give the site this variable; the build of the "
            f"images has those of [build.environment] in hosting.toml, where any value will do that the settings take"
        )
    if type(error).__name__ == "ImproperlyConfigured":
        return f"{place}: {error}"
    return None


def _variable(error: Exception) -> str | None:
    """The missing environment variable that the error is about."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    if isinstance(error, KeyError) and last and Path(last[0].filename).name in {"os.py", "<frozen os>"}:
        return str(error.args[0])
    found = _UNSET.search(str(error))
    return next((name for name in found.groups() if name), None) if found else None


def _place(error: Exception) -> str:
    """The last line of the project's own code on the way to the error."""
    root = f"{Path.cwd()}{os.sep}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.startswith(root) and "site-packages" not in frame.filename:
            return f" ({frame.filename.removeprefix(root)}, line {frame.lineno})"
    return ""


@contextmanager
def _project_environment(environment: Environment) -> Iterator[None]:
    """Let the project's settings read what the platform has in files, and no mail URL that only the platform knows."""
    environment.export()
    url = os.environ.get("EMAIL_URL", "")
    if url.startswith(("ses:", "unset:")):
        # django-environ refuses other schemes; the part `email` is laid over the result.
        os.environ["EMAIL_URL"] = "consolemail://"
    try:
        yield
    finally:
        if url:
            os.environ["EMAIL_URL"] = url
