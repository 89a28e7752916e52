"""The sources of the images: which files they are, their hash, their revision, and one folder with a copy of them."""

import contextlib
import hashlib
import json
import os
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.images.build_context import context_files

UNKNOWN_REVISION = "unknown"
STAGED = ".build-context"
"""Folder of the copy, in the working directory of Pulumi: one relative path on every machine, so no plan changes."""


File = tuple[str, bytes]
"""`file`, `executable` or `link`, and the content or the target."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The build context of the images."""

    folder: str
    """Holds exactly the files of the build context, with the permissions that git knows: 0644 or 0755."""
    digest: str
    """SHA-256 of names, contents, link targets and executable bits, not of times, owners and other permissions."""
    revision: str
    """Short hash of the commit that the files come from."""

    def content_hash(self, arguments: Mapping[str, str]) -> str:
        """Hash of the files and the build arguments, 12 hex digits."""
        text = json.dumps([self.digest, dict(arguments)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def stage_sources(project: Path, *paths: str, folder: str = STAGED) -> Sources:
    """Copy the build context of a project to one of its folders.

    `paths` are the files and folders that the revision comes from. The Docker plugin builds again when permissions
    change, and an immutable repository refuses a second push under the same tag: so each file of the copy has one of
    two permissions, whatever the umask of the checkout. Raises BuildContextError.
    """
    known = _known_to_git(project)
    names = [
        name for name in context_files(project) if not name.startswith(folder) and (known is None or name in known)
    ]
    files = {name: _read(project / name) for name in names}
    digest = hashlib.sha256()
    for name, (kind, content) in files.items():
        # The length separates files, so that two different contexts never feed the hash the same bytes.
        digest.update(json.dumps([name, kind, len(content)]).encode())
        digest.update(content)
    _copy(files, project / folder)
    return Sources(folder=folder, digest=digest.hexdigest(), revision=revision(project, *paths))


def _copy(files: Mapping[str, File], folder: Path) -> None:
    """Make a folder hold exactly these files. Another run may do the same at the same time."""
    for path, folders, names in os.walk(folder, topdown=False):
        for name in (*names, *folders):
            one = Path(path, name)
            if one.is_dir() and not one.is_symlink():
                with contextlib.suppress(OSError):  # it is not empty
                    one.rmdir()
            elif one.relative_to(folder).as_posix() not in files:
                one.unlink(missing_ok=True)
    for name, file in files.items():
        _write(folder / name, file, folder.with_name(f"{folder.name}.{os.getpid()}"))


def _read(path: Path) -> File:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return "link", os.fsencode(path.readlink())
    return ("executable" if mode & stat.S_IXUSR else "file"), path.read_bytes()


def _write(path: Path, file: File, new: Path) -> None:
    """Write one file of the copy unless it is there; `new` is a path on the same disk."""
    kind, content = file
    mode = 0o755 if kind == "executable" else 0o644
    if os.path.lexists(path) and _read(path) == file and (kind == "link" or stat.S_IMODE(path.stat().st_mode) == mode):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "link":
        new.symlink_to(os.fsdecode(content))
    else:
        new.write_bytes(content)
        new.chmod(mode)
    new.replace(path)


def _known_to_git(project: Path) -> set[str] | None:
    """Names of the files that git does not ignore; None outside a repository, where nothing says what to ignore."""
    listed = _git(project, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return set(listed.split("\0")) if listed else None


def revision(project: Path, *paths: str) -> str:
    """The commit that last changed these paths, with `-dirty` when they have uncommitted changes.

    UNKNOWN_REVISION without git, outside a repository and before the first commit.
    """
    commit = _git(project, "log", "-1", "--format=%h", "--abbrev=10", "--", *paths)
    if not commit:
        return UNKNOWN_REVISION
    return f"{commit}-dirty" if _git(project, "status", "--porcelain", "--", *paths) else commit


def _git(folder: Path, *arguments: str) -> str:
    try:
        result = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout.strip()
