"""The stand-in for the base of all official images, where no image registry answers: Debian, made by debootstrap."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from local.images import images
from local.runtime import Runtime
from local.setup import apt, docker_engine, shell
from local.setup.step import Need, Say, SetupError

RELEASE = "trixie"
IMAGE = images.DEBIAN_BASE
PROBE_IMAGE = images.BASE_IMAGES["python"].official
_PROBE_SECONDS = 15.0
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


class DebianBase:
    """The image `preqly-standin/debian:trixie`. Nothing to do where the official images can be pulled."""

    name = "debian"
    after = ("docker",)

    def __init__(self, runtime: Runtime) -> None:
        self._log = runtime.logs / "setup-debian.log"

    def missing(self) -> Need | None:
        """Raises SetupError where there is neither a registry nor a debootstrap."""
        answers = docker_engine.answers()
        if answers and (has_image(IMAGE) or registry_answers()):
            return None
        if answers and not (apt.usable() or shutil.which("debootstrap")):
            raise SetupError(
                "No image registry answers, and base images can only be made on Debian or Ubuntu as root. "
                f"Connect, or load {IMAGE} from another machine (docker save, docker load)."
            )
        reason = "as no image registry answers" if answers else "if Docker has none and no image registry answers"
        return Need(what=f"base image (Debian {RELEASE})", how=f"debootstrap, {reason}", seconds=90)

    def make(self, say: Say) -> None:
        """Raises SetupError with the end of debootstrap's log."""
        if has_image(IMAGE) or registry_answers():
            return
        self._log.unlink(missing_ok=True)
        if not shutil.which("debootstrap"):
            say("installing debootstrap")
            apt.install(["debootstrap", "debian-archive-keyring"], self._log)
        with tempfile.TemporaryDirectory(prefix="preqly-debian-") as folder:
            tree = Path(folder) / "tree"
            say("debootstrap")
            command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", RELEASE, tree]
            shell.run(shell.as_root(command), self._log)
            _trust_what_the_host_trusts(tree, Path(folder), self._log)
            say("importing the image")
            _import(tree, self._log)
            shell.run(shell.as_root(["rm", "-rf", "--one-file-system", tree]), self._log)


def has_image(reference: str) -> bool:
    """Whether the Docker engine holds the image."""
    return shell.answer(["docker", "image", "inspect", "--format", "{{.Id}}", reference]) is not None


_registry: list[bool] = []


def registry_answers() -> bool:
    """Whether official images can be pulled; asked once per run."""
    if not _registry:
        _registry.append(
            shell.answer(["docker", "manifest", "inspect", PROBE_IMAGE], seconds=_PROBE_SECONDS) is not None
        )
    return _registry[0]


def _trust_what_the_host_trusts(tree: Path, folder: Path, log: Path) -> None:
    """Behind a proxy with an authority of its own, pip and apt inside the image must know that authority too.

    Where update-ca-certificates looks, so that a package that calls it later does not forget them again."""
    if not _CERTIFICATES.exists():
        return
    known = set(_PEM.findall((tree / _CERTIFICATES.relative_to("/")).read_text()))
    extra = [pem for pem in _PEM.findall(_CERTIFICATES.read_text()) if pem not in known]
    own = folder / "own"
    own.mkdir()
    for number, pem in enumerate(extra):
        (own / f"host-{number}.crt").write_text(pem + "\n")
    shell.run(shell.as_root(["cp", "-r", f"{own}/.", tree / "usr/local/share/ca-certificates/"]), log)
    shell.run(shell.as_root(["chroot", tree, "update-ca-certificates"]), log)


def _import(tree: Path, log: Path) -> None:
    pack = shell.as_root(["tar", "-C", tree, "--exclude=./var/cache/apt/archives/*.deb", "-c", "."])
    with (
        log.open("ab") as sink,
        subprocess.Popen([str(word) for word in pack], stdout=subprocess.PIPE, stderr=sink) as packing,
    ):
        imported = subprocess.run(
            ["docker", "import", "-", IMAGE], stdin=packing.stdout, stdout=sink, stderr=sink, check=False
        ).returncode
    if imported or packing.returncode:
        raise SetupError(f"docker import of the Debian tree failed:\n{shell.tail(log)}\nAll of it: {log}")
