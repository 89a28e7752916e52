"""Which command needs what of the machine."""

from collections.abc import Callable, Mapping

from local.hosting import VM
from local.runtime import Runtime
from local.setup import runner
from local.setup.base_images import BaseImages
from local.setup.browser import Browser
from local.setup.buildx import Buildx
from local.setup.debian import DebianBase
from local.setup.docker_engine import DockerEngine
from local.setup.load_generator import LoadGenerator
from local.setup.machine_image import MachineImage
from local.setup.pulumi_engine import Engine
from local.setup.python import Venv
from local.setup.step import Step

StepMaker = Callable[[Runtime], Step]

PROGRAM: tuple[StepMaker, ...] = (Venv, Engine)
CONTAINERS: tuple[StepMaker, ...] = (DockerEngine, DebianBase, Buildx, BaseImages)

NEEDS: Mapping[str, tuple[StepMaker, ...]] = {
    "up": PROGRAM + CONTAINERS,
    "preview": PROGRAM,
    "status": (Venv,),
    "env": PROGRAM,
    "down": (Venv,),
    "test": (*PROGRAM, *CONTAINERS, Browser),
    "lint": (Venv,),
    "bench": (*PROGRAM, *CONTAINERS, LoadGenerator),
}


def prepare(command: str, runtime: Runtime, hosting: str | None = None) -> None:
    """Install and build what `command` needs and this machine lacks. Raises SetupError."""
    runtime.prepare()
    runner.prepare([make(runtime) for make in needs(command, hosting)])


def needs(command: str, hosting: str | None) -> tuple[StepMaker, ...]:
    """The steps of a command; the image of an EC2 instance is among them only where one is to run."""
    boots = command == "up" and hosting == VM
    return (*NEEDS[command], MachineImage) if boots else NEEDS[command]
