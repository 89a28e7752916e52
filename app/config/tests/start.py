"""Starts the application in a process of its own, with nothing but the given environment."""

import os
import subprocess
import sys
from pathlib import Path

APP = Path(__file__).parents[2]
RIGHT = {
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abc",
    "ALLOWED_HOSTS": "app.preqly.com",
    "DATABASE_URL": "postgres://preqly:hunter2@db:5433/preqly?sslmode=verify-full&sslrootcert=/etc/ssl/ca.pem",
}


def run(code: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Python with nothing else in its environment."""
    wanted = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings"} | environment
    return subprocess.run(
        [sys.executable, "-c", code], cwd=APP, env=wanted, capture_output=True, text=True, check=False
    )
