"""The base of all stand-in images, where no image registry answers: Debian, made by debootstrap."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from embedded_cloud.images import images
from local.runtime import Runtime
from local.setup import apt, docker_engine, shell
from local.setup.steps import Need, Reporter, SetupError

RELEASE = "trixie"
IMAGE = images.debian_base(RELEASE)
PROBE_IMAGE = images.BASE_IMAGES["python"].official
_PROBE_SECONDS = 15.0
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


class DebianBase:
    """The image `embedded-cloud/debian:trixie`, needed only where official images cannot be pulled."""

    name = "debian"
    after = ("docker",)

    def __init__(self, runtime: Runtime) -> None:
        self._log = runtime.logs / "setup-debian.log"

    def missing(self) -> Need | None:
        """Raises SetupError if neither a registry answers nor debootstrap can run."""
        running = docker_engine.is_running()
        if running and (has_image(IMAGE) or registry_answers()):
            return None
        if running and not (apt.usable() or shutil.which("debootstrap")):
            raise SetupError(
                "No image registry answers, and base images can only be built on Debian or Ubuntu as root. "
                f"Connect to a registry, or load {IMAGE} from another machine (docker save, docker load)."
            )
        reason = "as no image registry answers" if running else "if Docker has none and no image registry answers"
        return Need(what=f"base image (Debian {RELEASE})", how=f"debootstrap, {reason}", seconds=90)

    def make(self, report: Reporter) -> None:
        """Raises SetupError with the end of debootstrap's log."""
        if has_image(IMAGE) or registry_answers():
            return
        self._log.unlink(missing_ok=True)
        bootstrap(RELEASE, report, self._log)


def bootstrap(release: str, report: Reporter, log: Path) -> None:
    """Make `images.debian_base` of a release. Raises SetupError with the end of the log."""
    if not shutil.which("debootstrap"):
        report("installing debootstrap")
        apt.install(["debootstrap", "debian-archive-keyring"], log)
    with tempfile.TemporaryDirectory(prefix="preqly-debian-") as folder:
        tree = Path(folder) / "tree"
        report("debootstrap")
        command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", release, tree]
        shell.run(shell.as_root(command), log)
        _trust_host_certificates(tree, Path(folder), log)
        report("importing the image")
        _import(tree, images.debian_base(release), log)
        shell.run(shell.as_root(["rm", "-rf", "--one-file-system", tree]), log)


def has_image(reference: str) -> bool:
    """Whether the Docker engine holds the image."""
    return shell.probe(["docker", "image", "inspect", "--format", "{{.Id}}", reference]) is not None


_registry: list[bool] = []


def registry_answers() -> bool:
    """Whether official images can be pulled; asked once per run."""
    if not _registry:
        _registry.append(
            shell.probe(["docker", "manifest", "inspect", PROBE_IMAGE], seconds=_PROBE_SECONDS) is not None
        )
    return _registry[0]


def _trust_host_certificates(tree: Path, folder: Path, log: Path) -> None:
    """Copy the host's own CA certificates into the tree, for pip and apt behind a company's proxy.

    They go where update-ca-certificates looks: packages that call it later keep them."""
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


def _import(tree: Path, image: str, log: Path) -> None:
    pack = shell.as_root(["tar", "-C", tree, "--exclude=./var/cache/apt/archives/*.deb", "-c", "."])
    with (
        log.open("ab") as sink,
        subprocess.Popen([str(word) for word in pack], stdout=subprocess.PIPE, stderr=sink) as packing,
    ):
        imported = subprocess.run(
            ["docker", "import", "-", image], stdin=packing.stdout, stdout=sink, stderr=sink, check=False
        ).returncode
    if imported or packing.returncode:
        raise SetupError(f"docker import of the Debian tree failed:\n{shell.tail(log)}\nAll of it: {log}")
