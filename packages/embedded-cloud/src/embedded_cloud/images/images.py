"""Images that the embedded cloud runs: the official one where a registry answers, else a stand-in built from Debian.

Uses the standard library only: set-up imports it before the virtual environment is complete.
"""

import hashlib
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

PULL_SECONDS = 600
DOCKERFILE = Path(__file__).parent / "Dockerfile"
CONTENT_LABEL = "embedded-cloud.stand-in"


@dataclass(frozen=True)
class BaseImage:
    official: str
    """Empty for an image of the embedded cloud's own."""
    standin: str
    target: str
    """Stage of the Dockerfile in this folder that builds the stand-in."""
    debian: str = "trixie"
    """Release of Debian whose packages it has."""


BASE_IMAGES: Mapping[str, BaseImage] = MappingProxyType(
    {
        "python": BaseImage("python:3.13-slim-trixie", "embedded-cloud/python:trixie", "python"),
        "nginx": BaseImage("nginx:1.28-trixie", "embedded-cloud/nginx:trixie", "nginx"),
        "postgres": BaseImage("postgres:17-trixie", "embedded-cloud/postgres:trixie", "postgres"),
        "valkey": BaseImage("valkey/valkey:8.1-trixie", "embedded-cloud/valkey:trixie", "valkey"),
        "haproxy": BaseImage("haproxy:3.2-trixie", "embedded-cloud/haproxy:trixie", "haproxy"),
        "registry": BaseImage("registry:2", "embedded-cloud/registry:trixie", "registry"),
        # Holds a task's network namespace. Any image with `sleep` works, so it shares HAProxy's.
        "pause": BaseImage("haproxy:3.2-trixie", "embedded-cloud/haproxy:trixie", "haproxy"),
        # The same where packets are filtered: it has nftables.
        "interface": BaseImage("", "embedded-cloud/network-interface:trixie", "interface"),
    }
)
IMAGES: Mapping[str, BaseImage] = MappingProxyType(
    {
        **BASE_IMAGES,
        "node": BaseImage("node:24-trixie-slim", "embedded-cloud/node:trixie", "node"),
        "python3.11": BaseImage("python:3.11-slim-trixie", "embedded-cloud/python:bookworm", "python", "bookworm"),
    }
)
"""Those, and what only some applications are built with."""


class ImageError(Exception):
    """An image can neither be pulled nor built; the message says what to do."""


def debian_base(release: str) -> str:
    """Image of a Debian release with the host's CA certificates: the base of its stand-ins."""
    return f"embedded-cloud/debian:{release}"


def ensure(
    roles: Iterable[str], progress: Callable[[str], None], make_debian_base: Callable[[str], None]
) -> dict[str, str]:
    """Pull or build the image of every role and return the references by role.

    An image that Docker already has is kept, so repeated runs choose the same one. `make_debian_base` is called with
    a release of Debian before a stand-in is built if Docker lacks its `debian_base`, and must provide it. Raises
    ImageError.
    """
    chosen: dict[str, str] = {}
    registry_answers = True
    for role in roles:
        image = IMAGES[role]
        if image.official and _present(image.official):
            chosen[role] = image.official
        elif _standin_is_current(image):
            chosen[role] = image.standin
        elif image.official and registry_answers and _pull(image.official, progress):
            chosen[role] = image.official
        else:
            # Every further pull from an unreachable registry would wait for the same timeout.
            registry_answers = registry_answers and not image.official
            base, official = debian_base(image.debian), f"debian:{image.debian}-slim"
            if not _present(base) and registry_answers and _pull(official, progress):
                base = official
            elif not _present(base):
                make_debian_base(image.debian)
            _build(image, base, progress)
            chosen[role] = image.standin
    return chosen


def is_standin(reference: str) -> bool:
    """Return whether Debian's packages stand in for an official image."""
    return any(image.official and image.standin == reference for image in IMAGES.values())


def _build(image: BaseImage, base: str, progress: Callable[[str], None]) -> None:
    in_place = f", in place of {image.official}" if image.official else ""
    progress(f"building {image.standin} from Debian's packages{in_place}")
    built = _docker(
        "build",
        *("--target", image.target),
        *("--build-arg", f"DEBIAN={image.debian}"),
        *("--build-arg", f"BASE={base}"),
        *("--label", f"{CONTENT_LABEL}={_content(image)}"),
        *("--tag", image.standin),
        str(DOCKERFILE.parent),
    )
    if built.returncode != 0:
        raise ImageError(
            f"{image.standin}: the build failed. The end of Docker's output:\n{_tail(built)}\n"
            "Fix: let containers reach Debian's mirror (apt-get update inside a container), then run this again."
        )


def _pull(reference: str, progress: Callable[[str], None]) -> bool:
    progress(f"pulling {reference}")
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
    """Digest of a stand-in's instructions without comments. A changed digest triggers a new build."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#")]
    stages = "\n".join(lines).split("FROM ")
    own = [stage.strip() for stage in stages if stage.partition("\n")[0].endswith((" AS base", f" AS {image.target}"))]
    return hashlib.sha256("\n".join(own).encode()).hexdigest()[:12]


def _docker(*arguments: str, timeout_seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=timeout_seconds)


def _tail(process: subprocess.CompletedProcess[str], lines: int = 15) -> str:
    return "\n".join((process.stdout + process.stderr).strip().splitlines()[-lines:])
