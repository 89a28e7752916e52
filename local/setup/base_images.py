"""Base images in Docker: official ones, or stand-ins where no registry answers."""

import json
from collections.abc import Iterable

from embedded_cloud.images import images
from local.runtime import Runtime, write_atomically
from local.setup import debian, docker_engine
from local.setup.steps import Need, Reporter, SetupError


class BaseImages:
    """Every role of `embedded_cloud.images` has an image in Docker."""

    name = "images"
    after = ("docker", "debian", "buildx")

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def missing(self) -> Need | None:
        """Looks for either image of each role."""
        running = docker_engine.is_running()
        if running and all_present():
            return None
        how = "pulled, or built from Debian's packages where no image registry answers"
        what = f"base images ({', '.join(roles())})"
        return Need(what=what, how=how if running else f"if Docker has none: {how}", seconds=150)

    def make(self, report: Reporter) -> None:
        """Raises SetupError with Docker's output."""
        choose(self._runtime, report)


def choose(runtime: Runtime, report: Reporter, more: Iterable[str] = ()) -> dict[str, str]:
    """Image per role, each present in Docker; also written to images.json for the cloud's process.

    `more` are roles that only some applications need, such as `node`.
    """

    def base(release: str) -> None:
        debian.bootstrap(release, report, runtime.logs / "setup-debian.log")

    try:
        chosen = images.ensure([*images.BASE_IMAGES, *more], report, base)
    except images.ImageError as error:
        raise SetupError(str(error)) from error
    path = runtime.folder / "images.json"
    text = json.dumps(chosen, indent=2)
    if not path.exists() or path.read_text() != text:
        write_atomically(path, text)
    return chosen


def all_present() -> bool:
    """Whether Docker has an image for every role."""
    return all(
        debian.has_image(image.official) or debian.has_image(image.standin) for image in images.BASE_IMAGES.values()
    )


def roles() -> list[str]:
    """Roles that have an image of their own."""
    return [role for role, image in images.BASE_IMAGES.items() if role == image.target]
