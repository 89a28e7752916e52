"""The application's own tests, in its own folder and with its own settings."""

import subprocess
import sys
from pathlib import Path

APP = Path(__file__).parents[2] / "app"


def test_the_applications_own_tests_pass() -> None:
    done = subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=APP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
