"""The commands, as the Makefile and Windows users call them. What a command does is imported when it runs, because
the same file parses the command line before the virtual environment exists."""

import argparse
import importlib
import shutil
from collections.abc import Callable, Mapping, Sequence

from local.hosting import FARGATE, VM
from local.lock import only_one
from local.runtime import Runtime
from local.setup.runner import say

Options = argparse.Namespace
Command = Callable[[Options, Runtime], int]


def parse(words: Sequence[str]) -> Options:
    """Exits with code 2 and the usage for a command that does not exist."""
    parser = argparse.ArgumentParser(
        prog="python -m local", description="The hosting stack of app.preqly.com on this machine, without AWS."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    up = commands.add_parser("up", help="set up what is missing, deploy, and end with the site answering")
    _choose_hosting(up, "what runs the site; an `up` with the other one moves it", FARGATE)
    preview = commands.add_parser("preview", help="what production's settings would create; needs no Docker")
    preview.add_argument("--markdown", metavar="FILE", help="also write the plan as a pull request comment")
    preview.add_argument("--write", metavar="FILE", help="keep the plan for a later comparison")
    preview.add_argument("--compare", metavar="FILE", help="say what differs from a plan that --write has kept")
    _choose_hosting(preview, "plan this kind of hosting, whatever production's settings say", None)
    commands.add_parser("status", help="what runs, and where")
    commands.add_parser("env", help='print export lines for pulumi and aws: eval "$(make -s env)"')
    commands.add_parser("down", help="destroy the stack and remove every container, process and file of it")
    test = commands.add_parser("test", help="run the tests")
    test.add_argument("--fast", action="store_true", help="only those that need no Docker")
    test.add_argument("rest", nargs="*", metavar="pytest argument", help="after --, handed to pytest")
    commands.add_parser("lint", help="formatter, linter and types")
    bench = commands.add_parser("bench", help="measure against peers and time the commands; writes bench/results.json")
    bench.add_argument(
        "parts", nargs="*", metavar="part", help="images, serving, start, stop, rollout, everyday; or peers"
    )
    bench.add_argument("--docs", action="store_true", help="also write docs/performance.md and its pictures")
    commands.add_parser("clean", help="remove the virtual environment and the tool cache, after down")
    return parser.parse_args(words)


def _choose_hosting(command: argparse.ArgumentParser, what: str, default: str | None) -> None:
    command.add_argument("--hosting", choices=(FARGATE, VM), default=default, help=what)


def nothing_to_do(options: Options, runtime: Runtime) -> bool:
    """Commands about a cloud that was never started need no set-up."""
    if options.command not in {"status", "down"} or runtime.in_use:
        return False
    say("Nothing is running here. Start it with: make up")
    if options.command == "down" and runtime.folder.exists():
        _remove_leftovers(runtime)
    return True


def _remove_leftovers(runtime: Runtime) -> None:
    """Logs and locks of an `up` that failed before the cloud started. Raises OperatorError while one is at work."""
    with only_one(runtime, "set-up"), only_one(runtime, "deployment"):
        shutil.rmtree(runtime.folder)
    say(f"Removed: {runtime.folder}, which held nothing but logs.")


def run(options: Options, runtime: Runtime) -> int:
    """The exit code. Raises OperatorError."""
    module, _, function = COMMANDS[options.command].partition(":")
    command: Command = getattr(importlib.import_module(module), function)
    if options.command not in CHANGE_THE_CLOUD:
        return command(options, runtime)
    with only_one(runtime, "deployment"):
        return command(options, runtime)


CHANGE_THE_CLOUD = {"up", "down"}

COMMANDS: Mapping[str, str] = {
    "up": "local.up:up",
    "preview": "local.preview:preview",
    "status": "local.status:status",
    "env": "local.status:environment",
    "down": "local.down:down",
    "test": "local.checks:test",
    "lint": "local.checks:lint",
    "bench": "bench.run:bench",
    "clean": "local.down:clean",
}
