"""The sources of the images: which files they are, their hash, their revision, and one folder with a copy of them."""

import contextlib
import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.application.application import Application, application_document
from infra.images.build_context import OWN_RULES, BuildContextError, Ignore, application_files, git, known_to_git, walk
from infra.images.dependencies import dependency_files
from infra.images.private.packages import NO_WHEELS, Wheels
from infra.images.recipe import arguments, environment, frontend_files, with_arguments

UNKNOWN_REVISION = "unknown"
STAGED = ".build-context"
"""Folder of the copy, in the working directory of Pulumi: one relative path on every machine, so no plan changes."""
DOCKERFILE = "platform/Dockerfile"
"""Its place in the copy."""
PLATFORM = {"docker": "platform", "packages/django-hosting": "platform/django-hosting"}
"""Folders of this program that the images are built from, and their places in the copy."""
PLATFORM_RULES = """
tests
**/*.md
**/*.egg-info
**/__pycache__
**/*.py[co]
**/.*_cache
secrets
.env
compose.yaml
make_secrets.py
bin/start-db
rds/fingerprints.txt
application.dockerignore
"""
"""What those folders have besides, in the syntax of .dockerignore."""

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
    """Short hash of the commit that the application's files come from."""
    has_node_build: bool = False

    def content_hash(self, arguments: Mapping[str, str]) -> str:
        """Hash of the files and the build arguments, 12 hex digits."""
        text = json.dumps([self.digest, dict(arguments)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def stage(
    application: Application, program: Path = Path(), folder: str = STAGED, wheels: Wheels = NO_WHEELS
) -> Sources:
    """Copy the application and the platform's files to a folder of the program, the build context of both images.

    The Docker plugin builds again when permissions change, and an immutable repository refuses a second push under the
    same tag: so each file of the copy has one of two permissions, whatever the umask of the checkout. Raises
    BuildContextError.
    """
    files = context_files(application, program)
    files |= {f"wheels/{name}": ("file", content) for name, content in wheels.files.items()}
    digest = hashlib.sha256()
    for name, (kind, content) in files.items():
        # The length separates files, so that two different contexts never feed the hash the same bytes.
        digest.update(json.dumps([name, kind, len(content)]).encode())
        digest.update(content)
    _copy(files, program / folder)
    return Sources(
        folder=folder,
        digest=digest.hexdigest(),
        revision=revision(application.folder),
        has_node_build=application.node is not None,
    )


def context_files(application: Application, program: Path) -> dict[str, File]:
    """The files of the build context by name."""
    rules = (program / "docker" / "application.dockerignore").read_text()
    own = {name: _read(application.folder / name) for name in application_files(application.folder, rules)}
    own = {name: file for name, file in own.items() if not _holds_a_secret(name, file)}
    needed = dependency_files(application.dependencies, list(own), lambda name: _behind_links(name, own)[1].decode())
    _refuse_missing(application, [*application.files, *needed], own)
    platform = _platform(program)
    platform[DOCKERFILE] = ("file", with_arguments(platform[DOCKERFILE][1].decode(), arguments(application)).encode())
    return {
        "application.json": ("file", application_document(application).encode()),
        "environment.sh": ("file", environment(application).encode()),
        **{f"application/{name}": file for name, file in own.items()},
        **{f"dependencies/{name}": _behind_links(name, own) for name in needed},
        **{
            f"frontend/{inner}": _behind_links(name, own)
            for inner, name in frontend_files(application.node, list(own)).items()
        },
        **platform,
    }


def revision(application: Path) -> str:
    """The commit that last changed the application, with `-dirty` when it has uncommitted changes.

    UNKNOWN_REVISION without git, outside a repository and before the first commit.
    """
    commit = git(application, "log", "-1", "--format=%h", "--abbrev=10", "--", ".").strip()
    if not commit:
        return UNKNOWN_REVISION
    return f"{commit}-dirty" if git(application, "status", "--porcelain", "--", ".") else commit


def _platform(program: Path) -> dict[str, File]:
    rules = Ignore.parse(PLATFORM_RULES)
    found: dict[str, File] = {}
    for folder, place in PLATFORM.items():
        known = known_to_git(program / folder)
        names = [name for name in walk(program / folder, rules) if known is None or name in known]
        found |= {f"{place}/{name}": _read(program / folder / name) for name in names}
    return found


def _holds_a_secret(name: str, file: File) -> bool:
    """Whether one of the files that mostly hold none, and that an application may need, does hold a secret."""
    last = name.rpartition("/")[2]
    if last in {".npmrc", ".yarnrc.yml"}:
        token = rb"(?i)(?:_auth\w*|_password|npmAuth\w+)\s*[=:]\s*(?![\"']?\$\{)\S"
        return re.search(token, file[1]) is not None
    return last.endswith(".pem") and b"PRIVATE KEY-----" in file[1]


def _behind_links(name: str, files: Mapping[str, File]) -> File:
    """A file, or the one that a link leads to; the link itself when that is no file of the context."""
    target = os.path.normpath(Path(name).parent / os.fsdecode(files[name][1])) if files[name][0] == "link" else ""
    return _behind_links(target, files) if target in files and target != name else files[name]


def _refuse_missing(application: Application, needed: list[str], files: Mapping[str, File]) -> None:
    for name in needed:
        if name not in files:
            raise BuildContextError(
                application.folder / name,
                "the images need this file, and it is missing or left out by .gitignore or .dockerignore",
                f"let {application.folder / OWN_RULES} and .gitignore leave it in",
            )


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
