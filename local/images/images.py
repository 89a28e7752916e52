"""Which image plays which role: the official one where a registry answers, a stand-in made from Debian elsewhere.

Uses the standard library only: it runs before the virtual environment is complete.
"""

import hashlib
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

DEBIAN_BASE = "preqly-standin/debian:trixie"
"""Debian trixie with the host's CA certificates: what the stand-ins are built from."""

PULL_SECONDS = 600
DOCKERFILE = Path(__file__).parent / "Dockerfile"
CONTENT_LABEL = "preqly.standin.content"


@dataclass(frozen=True)
class BaseImage:
    """One role and the two images that can play it."""

    official: str
    standin: str
    target: str
    """Stage of local/images/Dockerfile that makes the stand-in."""


BASE_IMAGES: Mapping[str, BaseImage] = MappingProxyType(
    {
        "python": BaseImage("python:3.13-slim-trixie", "preqly-standin/python:trixie", "python"),
        "nginx": BaseImage("nginx:1.28-trixie", "preqly-standin/nginx:trixie", "nginx"),
        "postgres": BaseImage("postgres:17-trixie", "preqly-standin/postgres:trixie", "postgres"),
        "haproxy": BaseImage("haproxy:3.2-trixie", "preqly-standin/haproxy:trixie", "haproxy"),
        "registry": BaseImage("registry:2", "preqly-standin/registry:trixie", "registry"),
        # Holds a task's network namespace; any image with `sleep` will do, so nothing more is fetched.
        "pause": BaseImage("haproxy:3.2-trixie", "preqly-standin/haproxy:trixie", "haproxy"),
    }
)
MACHINE = BaseImage("an EC2 instance's AMI", "preqly-standin/machine:trixie", "machine")
"""Wanted only where something is launched, so not among the others."""


class ImageError(Exception):
    """A base image can be had neither from a registry nor from Debian; the message says what to do."""


def ensure(
    roles: Iterable[str], progress: Callable[[str], None], make_debian_base: Callable[[], None]
) -> dict[str, str]:
    """Image reference per role, each present in Docker afterwards.

    An image that is already here wins, so a second run chooses as the first did. `make_debian_base` is called when a
    stand-in has to be built and its base is missing; it must leave DEBIAN_BASE in Docker. Raises ImageError.
    """
    chosen: dict[str, str] = {}
    registry_answers = True
    for role in roles:
        image = BASE_IMAGES[role]
        if _present(image.official):
            chosen[role] = image.official
        elif _standin_is_current(image):
            chosen[role] = image.standin
        elif registry_answers and _pull(image.official, progress):
            chosen[role] = image.official
        else:
            # One refusal is enough: each further attempt would wait for the same silence.
            registry_answers = False
            _build(image, progress, make_debian_base)
            chosen[role] = image.standin
    return chosen


def ensure_machine(progress: Callable[[str], None]) -> str:
    """The image that EC2 instances boot, built when it is not here or its recipe has changed.

    Its base, a stand-in or Debian's own, must be in Docker. Raises ImageError.
    """
    if not machine_is_current():
        _build(MACHINE, progress, lambda: None)
    return MACHINE.standin


def machine_is_current() -> bool:
    """Whether the image of EC2 instances is here, and made by the present recipe."""
    return _standin_is_current(MACHINE)


def is_standin(reference: str) -> bool:
    """Whether an image was made here in place of the official one."""
    return reference.startswith("preqly-standin/")


def _build(image: BaseImage, progress: Callable[[str], None], make_debian_base: Callable[[], None]) -> None:
    if not _present(DEBIAN_BASE):
        make_debian_base()
    progress(f"building {image.standin} from Debian's packages, in place of {image.official}")
    built = _docker(
        "build",
        *("--target", image.target),
        *("--label", f"{CONTENT_LABEL}={_content(image)}"),
        *("--tag", image.standin),
        str(DOCKERFILE.parent),
    )
    if built.returncode != 0:
        raise ImageError(
            f"{image.standin}: building it failed. Docker's last words:\n{_tail(built)}\n"
            "Fix: let containers reach Debian's mirror (apt-get update inside a container), then run this again."
        )


def _pull(reference: str, progress: Callable[[str], None]) -> bool:
    progress(f"fetching {reference}")
    try:
        return _docker("pull", "--quiet", reference, timeout_seconds=PULL_SECONDS).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _standin_is_current(image: BaseImage) -> bool:
    label = _docker("image", "inspect", "--format", f'{{{{index .Config.Labels "{CONTENT_LABEL}"}}}}', image.standin)
    return label.returncode == 0 and label.stdout.strip() == _content(image)


def _present(reference: str) -> bool:
    return _docker("image", "inspect", "--format", "{{.Id}}", reference).returncode == 0


def _content(image: BaseImage) -> str:
    """Changes when the recipe of a stand-in changes, so that an old one is built anew."""
    recipes = DOCKERFILE.read_text().split("\nFROM ")
    own = [recipe for recipe in recipes if " AS base\n" in recipe or recipe.startswith(f"base AS {image.target}\n")]
    copied = sorted((DOCKERFILE.parent / image.target).glob("*.*")) if image is MACHINE else []
    text = "\n".join([*own, *(path.read_text() for path in copied if path.is_file())])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _docker(*arguments: str, timeout_seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=timeout_seconds)


def _tail(process: subprocess.CompletedProcess[str], lines: int = 15) -> str:
    return "\n".join((process.stdout + process.stderr).strip().splitlines()[-lines:])
