"""The images that everything is built from or runs on: official ones, or stand-ins where no registry answers."""

import json

from local.images import images
from local.runtime import Runtime, write_atomically
from local.setup import debian, docker_engine
from local.setup.step import Need, Say, SetupError


class BaseImages:
    """Every role of `local.images` has an image in Docker."""

    name = "images"
    after = ("docker", "debian", "buildx")

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def missing(self) -> Need | None:
        """Looks for either image of each role."""
        answers = docker_engine.answers()
        if answers and all_present():
            return None
        how = "pulled, or built from Debian's packages where no image registry answers"
        what = f"base images ({', '.join(roles())})"
        return Need(what=what, how=how if answers else f"if Docker has none: {how}", seconds=150)

    def make(self, say: Say) -> None:
        """Raises SetupError with Docker's words."""
        choose(self._runtime, say)


def choose(runtime: Runtime, say: Say) -> dict[str, str]:
    """Image per role, present in Docker, and written down for the cloud's process. Says what is a stand-in, once."""

    def base() -> None:
        debian.DebianBase(runtime).make(say)

    try:
        chosen = images.ensure(images.BASE_IMAGES, say, base)
    except images.ImageError as error:
        raise SetupError(str(error)) from error
    path = runtime.folder / "images.json"
    text = json.dumps(chosen, indent=2)
    if not path.exists() or path.read_text() != text:
        write_atomically(path, text)
    return chosen


def all_present() -> bool:
    """Whether nothing has to be pulled or built."""
    return all(
        debian.has_image(image.official) or debian.has_image(image.standin) for image in images.BASE_IMAGES.values()
    )


def roles() -> list[str]:
    """Roles that have an image of their own."""
    return [role for role, image in images.BASE_IMAGES.items() if role == image.target]
