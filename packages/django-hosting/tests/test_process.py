"""A process beside the web server: the command of its own release takes its place."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from start import run

Process = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def process(tmp_path: Path) -> Process:
    """Run a process of a release with these commands."""

    def start(name: str, processes: dict[str, list[str]], **environment: str) -> "CompletedProcess[str]":
        file = tmp_path / "application.json"
        file.write_text(json.dumps({"settings": "mysite.settings", "processes": processes}))
        variables = {"DJANGO_HOSTING_APPLICATION": str(file), **environment}
        return run("-m", "django_hosting", "process", name, folder=tmp_path, **variables)

    return start


PRINTS = [
    sys.executable,
    "-c",
    "import os, sys; print(os.environ['PGOPTIONS'], *sys.argv[1:]); sys.exit(3)",
    "a b",
    "$HOME",
]


def test_the_command_runs_without_a_shell_and_its_exit_code_is_that_of_the_process(process: Process) -> None:
    ended = process("worker", {"worker": PRINTS})
    assert (ended.returncode, ended.stderr) == (3, "")
    assert ended.stdout.rstrip().endswith("a b $HOME")


def test_a_job_has_no_limit_for_a_statement_unless_the_project_sets_one(process: Process) -> None:
    assert "statement_timeout=0" in process("worker", {"worker": PRINTS}).stdout
    limited = process("worker", {"worker": PRINTS}, PGOPTIONS="-c statement_timeout=60s")
    assert limited.stdout.startswith("-c statement_timeout=60s a b")


@pytest.mark.parametrize(
    ("name", "processes", "said"),
    [
        ("beat", {"worker": ["x"]}, "this release has no process beat; it has: worker"),
        ("worker", {}, "this release has no process worker; it has: none"),
        ("worker", {"worker": ["no-such-program"]}, "process worker: no-such-program cannot run: No such file"),
    ],
)
def test_what_cannot_run_is_one_line(process: Process, name: str, processes: dict[str, list[str]], said: str) -> None:
    ended = process(name, processes)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
