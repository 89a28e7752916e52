"""The set-up steps of each command."""

from collections.abc import Callable, Mapping

from local.runtime import Runtime
from local.setup import steps
from local.setup.base_images import BaseImages
from local.setup.buildx import Buildx
from local.setup.debian import DebianBase
from local.setup.docker_engine import DockerEngine
from local.setup.packages import Browser, Wrk
from local.setup.pulumi_engine import Engine
from local.setup.python import Venv
from local.setup.session_manager_plugin import SessionManagerPlugin
from local.setup.vegeta import Vegeta

StepMaker = Callable[[Runtime], steps.Step]

PROGRAM: tuple[StepMaker, ...] = (Venv, Engine)
CONTAINERS: tuple[StepMaker, ...] = (DockerEngine, DebianBase, Buildx, BaseImages)

NEEDS: Mapping[str, tuple[StepMaker, ...]] = {
    "check": (Venv,),
    "up": (*PROGRAM, *CONTAINERS, SessionManagerPlugin),
    "preview": PROGRAM,
    "compose": (Venv,),
    "status": (Venv,),
    "env": PROGRAM,
    "down": (Venv,),
    "test": (*PROGRAM, *CONTAINERS, SessionManagerPlugin, Browser),
    "test --fast": PROGRAM,
    "lint": (Venv,),
    "bench": (*PROGRAM, *CONTAINERS, Wrk, Vegeta),
}


def prepare(command: str, runtime: Runtime) -> None:
    """Install and build what `command` needs and this machine lacks. Raises SetupError."""
    runtime.prepare()
    steps.prepare([make(runtime) for make in NEEDS[command]])
