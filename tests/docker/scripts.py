"""The scripts of the images' build, which no package holds: loaded from their files."""

import importlib.util
import sys
from types import ModuleType

from tests.docker.site import ROOT

BUILD = ROOT / "docker" / "build"


def script(name: str) -> ModuleType:
    """The script docker/build/<name>.py as a module."""
    spec = importlib.util.spec_from_file_location(f"docker_build_{name}", BUILD / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(BUILD))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BUILD))
    return module
