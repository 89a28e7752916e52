"""What a build reads: the files of its context, less what .dockerignore leaves out, and their fingerprint."""

import hashlib
import json
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from docker.utils.build import PatternMatcher

from local.provider.failures import OperationError


class ContextError(OperationError):
    """The build context or its Dockerfile is not there; the message says which and how to fix it."""


def dockerfile_path(context: Path, dockerfile: str | None) -> Path:
    """The Dockerfile a build uses: the path given, seen from the working folder, else `Dockerfile` in the context."""
    path = Path(dockerfile) if dockerfile else context / "Dockerfile"
    if not context.is_dir():
        raise ContextError(f"build.context: {context} is no folder; name the folder that holds the sources")
    if not path.is_file():
        raise ContextError(f"build.dockerfile: {path} does not exist; paths start at the folder pulumi runs in")
    return path


def ignore_patterns(context: Path, dockerfile: Path) -> list[str]:
    """The patterns BuildKit applies: those of `<Dockerfile>.dockerignore` if it exists, else of `.dockerignore`."""
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    source = own if own.is_file() else context / ".dockerignore"
    if not source.is_file():
        return []
    lines = (line.strip() for line in source.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def context_files(context: Path, dockerfile: Path) -> Iterator[Path]:
    """Every file and link the builder may read, relative to the context, in a stable order."""
    matcher = PatternMatcher(ignore_patterns(context, dockerfile))
    for name in sorted(set(matcher.walk(str(context)))):
        path = context / name
        if path.is_symlink() or path.is_file():
            yield Path(name)


def context_digest(context: Path, dockerfile: Path) -> str:
    """SHA-256 over names, contents and permissions, which are in the image; not over times and owners."""
    digest = hashlib.sha256()
    _add(digest, "Dockerfile", dockerfile)
    for name in context_files(context, dockerfile):
        _add(digest, name.as_posix(), context / name)
    return f"sha256:{digest.hexdigest()}"


def _add(digest: "hashlib._Hash", name: str, path: Path) -> None:
    content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
    mode = stat.filemode(path.lstat().st_mode)
    # Length first: no two lists of files can run together into the same bytes.
    digest.update(json.dumps([name, mode, len(content)]).encode())
    digest.update(content)


def build_digest(build: Mapping[str, Any]) -> str:
    """The fingerprint of all that one `build` argument reads from disk. Raises ContextError."""
    context = Path(build.get("context") or ".")
    return context_digest(context, dockerfile_path(context, build.get("dockerfile")))
