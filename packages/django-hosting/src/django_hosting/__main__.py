"""`python -m django_hosting build` in the build of the images, `serve` in the container; both in manage.py's folder."""

import argparse
import sys
from pathlib import Path

from django_hosting import application


def main(arguments: list[str] | None = None) -> None:
    """Run a command. Exit code 1 with a line for the person when it cannot be done."""
    parser = argparse.ArgumentParser(prog="django_hosting", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="collect static files into STATIC_ROOT, without a database and secrets")
    build.add_argument("--facts", type=Path, metavar="FILE", help="write what the proxy has to know, as JSON")
    commands.add_parser("serve", help="serve the site until SIGTERM")
    options = parser.parse_args(arguments)
    application.use_settings()
    if options.command == "serve":
        from gunicorn.app.wsgiapp import run  # noqa: PLC0415 - an extra

        sys.argv = ["gunicorn", "--config", "python:django_hosting.gunicorn"]
        run()
    else:
        from django_hosting.build import build_static_files  # noqa: PLC0415 - needs Django

        sys.exit(build_static_files(options.facts))


if __name__ == "__main__":
    main()
