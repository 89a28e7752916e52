"""Files of a build context, without those in .dockerignore, and their digest."""

import hashlib
import json
import stat
from collections.abc import Iterator, Mapping
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
