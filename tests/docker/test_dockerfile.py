"""hadolint on the Dockerfiles."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "dockerfile", ["docker/Dockerfile", "packages/embedded-cloud/src/embedded_cloud/images/Dockerfile"]
)
def test_hadolint_finds_no_problem(dockerfile: str) -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, dockerfile], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
