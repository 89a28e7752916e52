"""The image's platform and Python, as pip and markers name them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

GLIBC_MINORS = range(41, 16, -1)
"""Debian 13, the images' base, has glibc 2.41; manylinux names begin with 2.17 (PEP 600)."""
_OLDER = ("manylinux2014", "manylinux2010", "manylinux1", "linux")
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
"""By the setting `architecture`."""


@dataclass(frozen=True)
class Target:
    """What the wheels have to fit."""

    python: str
    """Minor version, such as 3.13."""
    architecture: str
    """As the setting has it: arm64 or x86_64."""

    @property
    def platforms(self) -> list[str]:
        """Tags of platforms that the image runs, the newest first."""
        machine = MACHINES[self.architecture]
        names = [*(f"manylinux_2_{minor}" for minor in GLIBC_MINORS), *_OLDER]
        return [f"{name}_{machine}" for name in names]

    @property
    def markers(self) -> Mapping[str, str]:
        """The environment of markers (PEP 508)."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": MACHINES[self.architecture],
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
        }

    def __str__(self) -> str:
        return f"Python {self.python} on Linux {self.architecture}"
