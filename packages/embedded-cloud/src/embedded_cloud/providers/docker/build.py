"""Build an image with BuildKit, and digest the files that it reads."""

import hashlib
import json
import os
import stat
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.utils.build import PatternMatcher

from embedded_cloud.providers.failures import OperationError


class ContextError(OperationError):
    """The build context or its Dockerfile does not exist."""


def dockerfile_path(context: Path, dockerfile: str | None) -> Path:
    """Dockerfile of a build: the given path, relative to the working folder, else `Dockerfile` in the context."""
    path = Path(dockerfile) if dockerfile else context / "Dockerfile"
    if not context.is_dir():
        raise ContextError(f"build.context: {context} is not a folder; set it to the folder with the sources")
    if not path.is_file():
        raise ContextError(f"build.dockerfile: {path} does not exist; it is relative to the folder that pulumi runs in")
    return path


def ignore_patterns(context: Path, dockerfile: Path) -> list[str]:
    """Patterns that BuildKit applies: from `<Dockerfile>.dockerignore` if it exists, else from `.dockerignore`."""
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    source = own if own.is_file() else context / ".dockerignore"
    if not source.is_file():
        return []
    lines = (line.strip() for line in source.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def context_files(context: Path, dockerfile: Path) -> Iterator[Path]:
    """Files and links that the builder can read, relative to the context, sorted."""
    matcher = PatternMatcher(ignore_patterns(context, dockerfile))
    for name in sorted(set(matcher.walk(str(context)))):
        path = context / name
        if path.is_symlink() or path.is_file():
            yield Path(name)


def context_digest(context: Path, dockerfile: Path) -> str:
    """SHA-256 of names, contents and permissions; times and owners do not count."""
    digest = hashlib.sha256()
    _add(digest, "Dockerfile", dockerfile)
    for name in context_files(context, dockerfile):
        _add(digest, name.as_posix(), context / name)
    return f"sha256:{digest.hexdigest()}"


def _add(digest: "hashlib._Hash", name: str, path: Path) -> None:
    content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
    mode = stat.filemode(path.lstat().st_mode)
    # The length keeps two lists of files from producing the same bytes.
    digest.update(json.dumps([name, mode, len(content)]).encode())
    digest.update(content)


def build_digest(build: Mapping[str, Any]) -> str:
    """Digest of all files that a `build` argument reads. Raises ContextError."""
    context = Path(build.get("context") or ".")
    return context_digest(context, dockerfile_path(context, build.get("dockerfile")))


LAST_LINES = 25
"""Lines of output in the error of a failed build: about one BuildKit error block."""

_CLIENTS_OWN = ("DOCKER_", "BUILDX_", "BUILDKIT_")


class BuildError(OperationError):
    """The build failed; the message has the last lines of its output."""


@dataclass(frozen=True, kw_only=True)
class Build:
    """Command of a build. Values of build arguments are in `env`, not in `argv`."""

    argv: list[str]
    env: dict[str, str]


def build_command(build: Mapping[str, Any], image_name: str, iid_file: Path, *, buildx: bool = True) -> Build:
    """Command for the `build` argument of a docker.Image; it loads the image into the engine as `image_name`."""
    context = Path(build.get("context") or ".")
    args = {str(key): str(value) for key, value in (build.get("args") or {}).items()}
    classic = build.get("builderVersion") == "BuilderV1" or not buildx
    argv = ["docker", "build"] if classic else ["docker", "buildx", "build", "--load", "--progress=plain"]
    argv += ["--file", str(dockerfile_path(context, build.get("dockerfile")))]
    argv += ["--tag", image_name, "--iidfile", str(iid_file)]
    for option in ("target", "platform", "network"):
        if build.get(option):
            argv += [f"--{option}", str(build[option])]
    for host in build.get("addHosts") or []:
        argv += ["--add-host", host]
    for image in (build.get("cacheFrom") or {}).get("images") or []:
        argv += ["--cache-from", image]
    for key in sorted(args):
        # The client reads the value from its environment, so `ps` does not show it.
        argv += ["--build-arg", key]
    env = _environment(args) | ({"DOCKER_BUILDKIT": "0"} if classic else {})
    return Build(argv=[*argv, str(context)], env=env)


def _environment(args: Mapping[str, str]) -> dict[str, str]:
    for key in args:
        # BuildKit documents arguments of its own, such as BUILDKIT_INLINE_CACHE.
        documented = key.startswith("BUILDKIT_") and key != "BUILDKIT_HOST"
        if key in {"PATH", "HOME"} or (key.startswith(_CLIENTS_OWN) and not documented):
            raise BuildError(f"build.args: {key} is a variable of the Docker client; give the argument another name")
    return dict(os.environ) | dict(args)


def run_build(build: Build, log: Callable[[str], None], stop: threading.Event | None = None) -> None:
    """Run a build, pass each line of output to `log`, and end it early when `stop` is set. Raises BuildError."""
    last: deque[str] = deque(maxlen=LAST_LINES)
    with subprocess.Popen(
        build.argv, env=build.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        if stop is not None:
            threading.Thread(target=_end_when, args=(stop, process), daemon=True).start()
        assert process.stdout is not None  # noqa: S101 - the pipe was asked for above
        for line in process.stdout:
            if text := line.rstrip():
                last.append(text)
                log(text)
    if stop is not None and stop.is_set():
        raise BuildError("the build was stopped: the run was cancelled")
    if process.returncode:
        shown = "\n".join(f"  {line}" for line in last)
        raise BuildError(f"the build ended with exit code {process.returncode}; its last lines:\n{shown}")


def _end_when(stop: threading.Event, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        if stop.wait(0.2):
            process.terminate()
            return


def build_image(inputs: Mapping[str, Any], log: Callable[[str], None], stop: threading.Event | None = None) -> str:
    """Build the image of a docker.Image and return its id in the engine. Raises BuildError or ContextError."""
    build = inputs.get("build") or {}
    platforms = engine_platforms()
    refuse_foreign_platform(build.get("platform"), platforms)
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        iid_file = Path(folder) / "iid"
        run_build(build_command(build, inputs["imageName"], iid_file, buildx=bool(platforms)), log, stop)
        return iid_file.read_text().strip()


def engine_platforms() -> set[str]:
    """Platforms that the engine can build for, emulated ones included; empty where buildx is missing."""
    asked = subprocess.run(["docker", "buildx", "inspect"], capture_output=True, text=True, check=False)
    lines = (line.partition(":") for line in asked.stdout.splitlines())
    return {name.strip(" *") for key, _, names in lines if key == "Platforms" for name in names.split(",")}


def refuse_foreign_platform(platform: str | None, platforms: set[str]) -> None:
    """Raise BuildError when `platform` (`linux/arm64`) is not in `platforms`; an empty set allows all."""
    if not platform or not platforms:
        return
    if not any(known == platform or known.startswith(f"{platform}/") for known in platforms):
        supported = ", ".join(sorted(platforms))
        raise BuildError(
            f"build.platform: this Docker engine builds for {supported}, not {platform}; choose one of these, "
            f"or install QEMU (qemu-user-static)"
        )
