"""`python3 -m program keep | prepare KEY | deploy KEY | prove ZONE | unprove ZONE`."""

import argparse
import logging
import os
import sys
import time

import boto3

from . import challenge, deploy
from .errors import MachineError
from .keeper import Keeper
from .machine import Machine

BOOT_AGAIN_SECONDS = 15
HOOKS = {"prove": challenge.prove, "unprove": challenge.unprove}
"""Called by certbot, while whoever asked it to has the lock."""


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    parser = argparse.ArgumentParser(prog="preqly")
    parser.add_argument("command", choices=("keep", "prepare", "deploy", *HOOKS))
    parser.add_argument("what", nargs="?", help="key of a release, releases/<sha256>.json; of a hook: a zone's id")
    asked = parser.parse_args(arguments)
    if (asked.command == "keep") == bool(asked.what):
        parser.error("prepare and deploy need the key of a release, keep takes none")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("preqly").setLevel(logging.INFO)
    machine = Machine.load()
    session = boto3.Session(region_name=machine.region)
    if asked.command == "keep":
        _keep(Keeper(session, machine))
    if asked.command in HOOKS:
        HOOKS[asked.command](session, asked.what, os.environ)
        return 0
    work = {"prepare": deploy.prepare, "deploy": deploy.deploy}[asked.command]
    try:
        with deploy.alone(machine):
            sys.stdout.write(f"{work(session, machine, asked.what)}\n")
    except MachineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _keep(keeper: Keeper) -> None:
    while True:
        try:
            keeper.boot()
            break
        except Exception:
            # The registry, the database, a permission made a moment ago: the next try may find what this one missed.
            logging.getLogger("preqly").exception("the site did not come up; trying again")
            time.sleep(BOOT_AGAIN_SECONDS)
    keeper.watch()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
