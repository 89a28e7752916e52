"""`python -m django_hosting build` in the build of the images, `serve` or `process` in the container.

All of them run in manage.py's folder.
"""

import argparse
import os
import sys
from pathlib import Path

from django_hosting import application
from django_hosting.schedules.command import NO_LIMITS


def main(arguments: list[str] | None = None) -> None:
    """Run a command. Exit code 1 with a line for the person when it cannot be done."""
    parser = argparse.ArgumentParser(prog="django_hosting", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="collect static files into STATIC_ROOT, without a database and secrets")
    build.add_argument("--facts", type=Path, metavar="FILE", help="write what the proxy has to know, as JSON")
    commands.add_parser("serve", help="serve the site until SIGTERM")
    schedule = commands.add_parser("schedule", help="one run of a schedule of hosting.toml")
    schedule.add_argument("name")
    commands.add_parser("scheduler", help="start the runs of all schedules at their times, until SIGTERM")
    process = commands.add_parser("process", help="become a process that hosting.toml names, such as a worker")
    process.add_argument("name")
    options = parser.parse_args(arguments)
    application.use_settings()
    if options.command == "process":
        run_process(options.name)
    elif options.command == "serve":
        from gunicorn.app.wsgiapp import run  # noqa: PLC0415 - an extra

        sys.argv = ["gunicorn", "--config", "python:django_hosting.gunicorn"]
        run()
    elif options.command == "schedule":
        from django_hosting.schedules.run import run as run_schedule  # noqa: PLC0415 - needs Django

        sys.exit(run_schedule(options.name))
    elif options.command == "scheduler":
        from django_hosting.schedules.scheduler import serve  # noqa: PLC0415 - needs cronsim

        sys.exit(serve())
    else:
        from django_hosting.build import build_static_files  # noqa: PLC0415 - needs Django

        sys.exit(build_static_files(options.facts))


def run_process(name: str) -> None:
    """Replace this program by the process's command. Raises SystemExit with a line for the person."""
    processes = application.application().processes
    command = processes.get(name)
    if command is None:
        raise SystemExit(
            f"django_hosting: this release has no process {name}; it has: {', '.join(processes) or 'none'}"
        )
    # The database's role ends a statement that takes longer than a request may; jobs take as long as they need.
    os.environ.setdefault("PGOPTIONS", NO_LIMITS)
    try:
        os.execvp(command[0], command)  # noqa: S606 - hosting.toml's command
    except OSError as error:
        raise SystemExit(f"django_hosting: process {name}: {command[0]} cannot run: {error.strerror}") from None


if __name__ == "__main__":
    main()
