"""Load the settings, or start the application, with nothing but the given environment."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

APP = Path(__file__).parents[2]
RIGHT = {
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abc",
    "ALLOWED_HOSTS": "app.preqly.com",
    "DATABASE_URL": "postgres://preqly:hunter2@db:5433/preqly?sslmode=verify-full&sslrootcert=/etc/ssl/ca.pem",
}


def load_settings(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> dict[str, Any]:
    """The names that config/settings.py defines. Raises SystemExit as the start does."""
    with monkeypatch.context() as patched:
        patched.setattr(os, "environ", environment)
        return runpy.run_path(str(APP / "config" / "settings.py"))


def run(code: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own."""
    wanted = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings"} | environment
    return subprocess.run(
        [sys.executable, "-c", code], cwd=APP, env=wanted, capture_output=True, text=True, check=False
    )
