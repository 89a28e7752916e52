"""Lay the platform's settings over a project's, with nothing but the given environment."""

import os
import runpy
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from django_hosting.application import Application
from django_hosting.environment import Environment
from django_hosting.overlay import LaidOver, lay_over
from django_hosting.overlay.context import Context

PACKAGE = Path(__file__).parents[1]
RIGHT = {
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abc",
    "ALLOWED_HOSTS": "www.example.com",
    "DATABASE_URL": "postgres://site:hunter2@db:5433/site?sslmode=verify-full&sslrootcert=/etc/ssl/ca.pem",
}
_SETTINGS = runpy.run_path(str(PACKAGE / "tests" / "example" / "settings.py"))
PROJECT = {name: value for name, value in _SETTINGS.items() if name.isupper()}
"""The settings of a new project."""


def laid_over(
    monkeypatch: pytest.MonkeyPatch,
    variables: Mapping[str, str] = RIGHT,
    project: Mapping[str, Any] = PROJECT,
    **application: Any,
) -> LaidOver:
    """The settings of a process. Raises SystemExit as the start does."""
    with monkeypatch.context() as patched:
        patched.setattr(os, "environ", dict(variables))
        environment = Environment()
        found = lay_over(project, Context(Application(settings="example.settings", **application), environment))
        environment.verify()
        return found


def run(*command: str, folder: Path = PACKAGE / "tests", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own, with the variables of RIGHT and these."""
    wanted = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PACKAGE / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_SETTINGS_MODULE": "django_hosting.settings",
        "DJANGO_HOSTING_APPLICATION": str(PACKAGE / "tests" / "application.json"),
    }
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=wanted | environment, capture_output=True, text=True, check=False
    )
