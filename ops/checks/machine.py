"""Checks of the operator's machine: Pulumi, Docker and its platforms, the clients of sessions."""

import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import version

from ops.checks.check import Check, check

AREA = "This machine"
SECONDS = 20
PLATFORMS = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}
PLUGIN_PAGE = "docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"
CLIENTS = (
    ("session-manager-plugin", f"`ops shell` and `ops tunnel` need it: {PLUGIN_PAGE}"),
    ("psql", "`ops psql` needs it: install PostgreSQL's client"),
)


def checks(architecture: str) -> Iterator[Check]:
    """The engine's version, a Docker daemon that builds for the tasks' architecture, and optional programs."""
    wanted = version("pulumi")
    found = _output("pulumi", "version").removeprefix("v")
    fix = f"install version {wanted}: www.pulumi.com/docs/install"
    rule = "Pulumi has the version of its SDK"
    yield check(AREA, rule, found == wanted, found=found or "not installed", fix=fix, otherwise="warning")
    server = _output("docker", "version", "--format", "{{.Server.Version}}")
    yield check(AREA, "Docker answers", bool(server), found=server, fix="start Docker, or set DOCKER_HOST")
    if server:
        yield _builds(architecture)
    for program, fix in CLIENTS:
        rule = f"{program} is installed"
        yield check(AREA, rule, shutil.which(program) is not None, fix=fix, otherwise="warning")


def _builds(architecture: str) -> Check:
    platform = PLATFORMS[architecture]
    platforms = _output("docker", "buildx", "inspect", "--bootstrap").partition("Platforms:")[2].partition("\n")[0]
    native = f"linux/{_output('docker', 'version', '--format', '{{.Server.Arch}}')}"
    other = next(one for one, name in PLATFORMS.items() if name != platform)
    install = f"docker run --privileged --rm tonistiigi/binfmt --install {platform.rpartition('/')[2]}"
    return check(
        AREA,
        f"It builds images for {platform}",
        platform == native or platform in platforms,
        found="" if platform == native else "by emulation, several times slower" if platform in platforms else native,
        fix=f"pulumi config set architecture {other}, or: {install}",
    )


def _output(*command: str) -> str:
    """What the command prints; empty when it is missing or fails."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
