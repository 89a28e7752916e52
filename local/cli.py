"""The command line, as the Makefile and Windows users call it.

It is parsed before the virtual environment exists, so each command's module is imported when the command runs."""

import argparse
import importlib
import shutil
from collections.abc import Callable, Mapping, Sequence

from local.processes import exclusive
from local.runtime import Runtime
from local.setup.steps import report

Options = argparse.Namespace
Command = Callable[[Options, Runtime], int]

COMMANDS: Mapping[str, str] = {
    "check": "local.check:check",
    "up": "local.up:up",
    "preview": "local.preview:preview",
    "compose": "local.compose:compose",
    "status": "local.status:status",
    "env": "local.status:environment",
    "down": "local.down:down",
    "test": "local.checks:test",
    "lint": "local.checks:lint",
    "bench": "bench.run:bench",
    "clean": "local.down:clean",
}
"""Command to `module:function`."""
CHANGE_THE_CLOUD = {"up", "down"}


def parse(words: Sequence[str]) -> Options:
    """Parse the arguments. Exits with code 2 and the usage for an unknown command."""
    parser = argparse.ArgumentParser(
        prog="python -m local", description="The hosting stack of app.preqly.com on this machine, without AWS."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    check = commands.add_parser("check", help="what is found in an application and what will happen, before any build")
    check.add_argument("--json", action="store_true", help="print it as JSON")
    up = commands.add_parser("up", help="set up what is missing, deploy, and end with the site answering")
    preview = commands.add_parser("preview", help="what production's settings would create; needs no Docker")
    preview.add_argument("--markdown", metavar="FILE", help="also write the plan as a pull request comment")
    preview.add_argument("--write", metavar="FILE", help="save the plan for a later comparison")
    preview.add_argument("--compare", metavar="FILE", help="print the difference to a plan saved by --write")
    compose = commands.add_parser("compose", help="prepare docker/compose.yaml: the application's files, and secrets")
    for command in (check, up, preview, compose):
        command.add_argument(
            "application", nargs="?", metavar="application", help="folder of the Django project; default: the stack's"
        )
    commands.add_parser("status", help="services, tasks, database and targets")
    commands.add_parser("env", help='print export lines for pulumi and aws: eval "$(make -s env)"')
    commands.add_parser("down", help="destroy the stack and remove every container, process and file of it")
    test = commands.add_parser("test", help="run the tests and print where the time went")
    test.add_argument("--fast", action="store_true", help="only the tests without Pulumi engine and containers")
    test.add_argument("--long", action="store_true", help="only the tests marked `long`, which CI leaves out")
    test.add_argument("rest", nargs="*", metavar="pytest argument", help="after --, handed to pytest")
    commands.add_parser("lint", help="formatter, linter and types")
    bench = commands.add_parser("bench", help="measure against peers and time the commands; writes bench/results.json")
    bench.add_argument(
        "parts", nargs="*", metavar="part", help="images, serving, start, stop, rollout, everyday; or peers"
    )
    bench.add_argument("--docs", action="store_true", help="also write docs/performance.md and its pictures")
    commands.add_parser("clean", help="remove the virtual environment and the tool cache, after down")
    return parser.parse_args(words)


def set_up_of(options: Options) -> str:
    """The key of the command's steps in `local.setup.prepare.NEEDS`. The fast tests need no Docker."""
    return "test --fast" if getattr(options, "fast", False) else str(options.command)


def nothing_to_do(options: Options, runtime: Runtime) -> bool:
    """Whether the command is `status` or `down` and no cloud was started: then set-up is not needed either."""
    if options.command not in {"status", "down"} or runtime.in_use:
        return False
    report("Nothing is running here. Start it with: make up")
    if options.command == "down" and runtime.folder.exists():
        _remove_leftovers(runtime)
    return True


def _remove_leftovers(runtime: Runtime) -> None:
    """Remove logs and locks of an `up` that failed before the cloud started. Raises OperatorError while one runs."""
    with exclusive(runtime, "set-up"), exclusive(runtime, "deployment"):
        shutil.rmtree(runtime.folder)
    report(f"Removed: {runtime.folder}, which held nothing but logs.")


def run(options: Options, runtime: Runtime) -> int:
    """Run the command and return its exit code. Raises OperatorError."""
    module, _, function = COMMANDS[options.command].partition(":")
    command: Command = getattr(importlib.import_module(module), function)
    if options.command not in CHANGE_THE_CLOUD:
        return command(options, runtime)
    with exclusive(runtime, "deployment"):
        return command(options, runtime)
