"""The image that EC2 instances of `hosting: vm` boot here."""

from local.images import images
from local.runtime import Runtime
from local.setup import debian, docker_engine, shell
from local.setup.step import Need, Say, SetupError

OFFICIAL_DEBIAN = f"debian:{debian.RELEASE}-slim"


class MachineImage:
    """Debian with what an instance's user data would install: built once, and again when its recipe changes."""

    name = "machine image"
    after = ("docker", "debian", "buildx")

    def __init__(self, runtime: Runtime) -> None:
        self._log = runtime.logs / "setup-machine-image.log"

    def missing(self) -> Need | None:
        """Asks Docker for the image and its recipe's digest."""
        if docker_engine.answers() and images.machine_is_current():
            return None
        return Need(what="image of an EC2 instance", how="built from Debian's packages", seconds=90)

    def make(self, say: Say) -> None:
        """Raises SetupError with Docker's words."""
        if not debian.has_image(debian.IMAGE):
            # Where a registry answers nobody has made a base of Debian's packages: its own image is as good.
            shell.run(["docker", "pull", "--quiet", OFFICIAL_DEBIAN], self._log)
            shell.run(["docker", "tag", OFFICIAL_DEBIAN, debian.IMAGE], self._log)
        try:
            images.ensure_machine(say)
        except images.ImageError as error:
            raise SetupError(str(error)) from error
