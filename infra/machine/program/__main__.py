"""`python3 -m program keep | status | {prepare,state,retire,deploy} KEY [KEY] | {prove,unprove} ZONE`."""

import argparse
import logging
import os
import sys
import time
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from . import boot_trouble, challenge, deploy, instance, lock, made_for
from .errors import MachineError, OtherMachineError
from .keeper import Keeper
from .log_stream import LogStream
from .machine import Machine
from .status import status

BOOT_AGAIN_SECONDS = 15
OTHER_MACHINE = 76
"""Exit code for a release that is made for another machine (infra/machine/command_document.py)."""
STREAM = "machine/keeper/{}"
"""As the containers' streams are named: what, who, where."""
WORK = {"prepare": deploy.prepare, "deploy": deploy.deploy, "state": deploy.state, "retire": deploy.retire}
HOOKS = {"prove": challenge.prove, "unprove": challenge.unprove}
"""Called by certbot, while whoever asked it to has the lock."""

log = logging.getLogger("preqly")


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    asked = _parsed(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    log.setLevel(logging.INFO)
    machine = Machine.load()
    session = boto3.Session(region_name=machine.region)
    if asked.command == "keep":
        _tell_cloudwatch(session, machine)
        _keep(Keeper(session, machine), machine)
    try:
        sys.stdout.write(f"{_answer(session, machine, asked)}\n")
    except MachineError as error:
        sys.stderr.write(f"{error}\n")
        return OTHER_MACHINE if isinstance(error, OtherMachineError) else 1
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(f"ResourceInitializationError: {error}\n")
        return 1
    return 0


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="preqly")
    parser.add_argument("command", choices=("keep", "status", *WORK, *HOOKS))
    parser.add_argument("what", nargs="?", help="key of a release, releases/<sha256>.json; of a hook: a zone's id")
    parser.add_argument("instead_of", nargs="?", default="", help="deploy: only while this release serves")
    asked = parser.parse_args(arguments)
    if asked.command in (*WORK, *HOOKS) and not asked.what:
        parser.error(f"{asked.command} needs the key of a release, or the id of a zone")
    if asked.instead_of and asked.command != "deploy":
        parser.error("only deploy takes a second key")
    return asked


def _answer(session: Any, machine: Machine, asked: argparse.Namespace) -> str:
    if asked.command == "status":
        return status(session, machine)
    if asked.command in HOOKS:
        return HOOKS[asked.command](session, asked.what, os.environ)
    if asked.command == "prepare":
        made_for.refuse_other_machine(session, machine, asked.what)
    more = [asked.instead_of] if asked.instead_of else []
    with lock.alone(machine, f"{asked.command} {asked.what}"):
        return WORK[asked.command](session, machine, asked.what, *more)


def _keep(keeper: Keeper, machine: Machine) -> None:
    while True:
        try:
            keeper.boot()
            break
        except MachineError as error:
            _failed(machine, str(error))
        except Exception as error:
            # The registry, the database, a permission made a moment ago: the next try may find what this one missed.
            log.exception("the site did not come up")
            _failed(machine, f"{type(error).__name__}: {error}")
        _despair(keeper)
        time.sleep(BOOT_AGAIN_SECONDS)
    boot_trouble.clear(machine)
    keeper.watch()


def _failed(machine: Machine, why: str) -> None:
    boot_trouble.add(machine, why)
    log.error("the site did not come up and is tried again in %d s: %s", BOOT_AGAIN_SECONDS, why)


def _despair(keeper: Keeper) -> None:
    try:
        keeper.give_up_if_hopeless()
    except Exception:
        # A machine that cannot say whether its site answers, or ask for another one, tries on.
        log.exception("whether this machine is to be replaced could not be found out, or not be said")


def _tell_cloudwatch(session: Any, machine: Machine) -> None:
    try:
        log.addHandler(LogStream(session, machine.log_group, STREAM.format(instance.instance_id())))
    except OSError as error:
        log.warning("this machine's lines stay in its journal: %s", error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
