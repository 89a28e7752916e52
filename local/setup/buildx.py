"""Docker's BuildKit client: the Dockerfiles use cache mounts, which the classic builder refuses."""

import os
import shutil
import tempfile
from pathlib import Path

from local.runtime import Runtime
from local.setup import apt, debian, go, shell
from local.setup.steps import Need, Reporter, SetupError

PLUGIN = "docker-buildx"
MODULE = "github.com/docker/buildx/cmd/buildx@v0.24.0"


class Buildx:
    """`docker buildx version` works."""

    name = "buildx"
    after = ("docker", "debian", "venv")

    def __init__(self, runtime: Runtime) -> None:
        self._log = runtime.logs / "setup-buildx.log"

    def missing(self) -> Need | None:
        """Asks Docker's client."""
        if works():
            return None
        return Need(
            what="docker buildx", how="Debian's package docker-buildx, else built from its Go module", seconds=40
        )

    def make(self, report: Reporter) -> None:
        """Try three sources, the cheapest first. Raises SetupError with each reason."""
        self._log.unlink(missing_ok=True)
        reasons = []
        for install, description in (
            (self._from_distribution, "asking this distribution"),
            (self._from_trixie, "taking it out of Debian's package"),
            (self._from_module, "building from its Go module"),
        ):
            report(description)
            try:
                install()
            except SetupError as error:
                reasons.append(str(error))
            if works():
                return
        raise SetupError("docker buildx cannot be installed:\n" + "\n".join(reasons))

    def _from_distribution(self) -> None:
        if not (apt.usable() and apt.has(PLUGIN)):
            raise SetupError(f"This distribution has no package {PLUGIN}.")
        apt.install([PLUGIN], self._log)

    def _from_trixie(self) -> None:
        """Unpack Debian's packages inside a container: the host may be too old to install them."""
        folder = Path(tempfile.mkdtemp(prefix="preqly-buildx-"))
        script = (
            "apt-get update -q && cd /tmp && apt-get download docker-buildx docker-compose && "
            "for p in *.deb; do dpkg-deb -x $p /tmp/x; done && "
            "tar -C /tmp/x/usr/libexec/docker/cli-plugins -cf /out/plugins.tar ."
        )
        base = debian.IMAGE if debian.has_image(debian.IMAGE) else f"debian:{debian.RELEASE}"
        try:
            shell.run(["docker", "run", "--rm", "-v", f"{folder}:/out", base, "sh", "-ec", script], self._log)
            shutil.unpack_archive(folder / "plugins.tar", folder / "plugins")
            for plugin in (folder / "plugins").iterdir():
                _place(plugin)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _from_module(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            built = Path(folder) / PLUGIN
            go.install(MODULE, built, self._log)
            _place(built)


def works() -> bool:
    """Whether Docker's client has the plugin."""
    return shell.probe(["docker", "buildx", "version"]) is not None


def _place(binary: Path) -> None:
    """Put a plugin where Docker's client looks for it, unless one is there already."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"
    if (folder / binary.name).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{binary.name}.new"
    shutil.copyfile(binary, fresh)
    fresh.chmod(0o755)
    fresh.replace(folder / binary.name)
