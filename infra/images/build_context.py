"""Files of the Docker build context, their hash and their git revision. Pure: no resources."""

import hashlib
import json
import os
import re
import stat
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

UNKNOWN_REVISION = "unknown"

Matched = tuple[bool, ...]
"""For each rule of a .dockerignore file, whether it matches a path or a folder above it."""


class BuildContextError(ValueError):
    """The build context has no `.dockerignore`."""


def content_hash(context: Path, arguments: Mapping[str, str]) -> str:
    """Hash of the build context and the build arguments, 12 hex digits.

    Covers names, contents, link targets and permissions, not times and owners. Permissions count because the Docker
    plugin rebuilds when they change, and an immutable repository refuses a second push under the same tag.
    Raises BuildContextError.
    """
    digest = hashlib.sha256(json.dumps(dict(arguments), sort_keys=True).encode())
    for name in context_files(context):
        path = context / name
        mode = stat.filemode(path.lstat().st_mode)
        content = str(path.readlink()).encode() if mode.startswith("l") else path.read_bytes()
        # The length separates files, so that two different contexts never feed the hash the same bytes.
        digest.update(json.dumps([name, mode, len(content)]).encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def context_files(context: Path) -> list[str]:
    """The files that `.dockerignore` leaves in the context, sorted by folder. Raises BuildContextError without it."""
    rules = context / ".dockerignore"
    if not rules.is_file():
        raise BuildContextError(
            f"{rules} is missing: Docker would receive every file, including secrets and git history. "
            "Add it with `*` as the first line and a `!` line for each folder that the Dockerfile copies"
        )
    ignore = Ignore.parse(rules.read_text())
    return sorted(_walk(str(context), "", ignore, ignore.unmatched), key=lambda name: name.split("/"))


def _walk(context: str, folder: str, ignore: "Ignore", above: Matched) -> Iterator[str]:
    with os.scandir(f"{context}/{folder}") as entries:
        for entry in entries:
            name = f"{folder}{entry.name}"
            hidden, matched = ignore.apply(name, above)
            if not entry.is_dir(follow_symlinks=False):
                if not hidden:
                    yield name
            elif not hidden or ignore.may_reopen(PurePosixPath(name)):
                yield from _walk(context, f"{name}/", ignore, matched)


class Ignore:
    """Rules of a .dockerignore file, applied as BuildKit applies them (moby/patternmatcher).

    The last rule that matches a path or a folder above it decides. BuildKit skips a rule that would not change the
    result so far, so a `!` rule for a folder that is not hidden has no effect on the files below it.
    """

    def __init__(self, rules: list[tuple[bool, PurePosixPath]]) -> None:
        self._rules = [(hides, pattern, re.compile(_regex(pattern))) for hides, pattern in rules]

    @classmethod
    def parse(cls, text: str) -> "Ignore":
        """Parse the text of a .dockerignore file."""
        rules = []
        for line in text.splitlines():
            rule = line.strip()
            if rule and not rule.startswith("#"):
                hides = not rule.startswith("!")
                rules.append((hides, PurePosixPath(os.path.normpath(rule.lstrip("!").strip().lstrip("/")))))
        return cls(rules)

    @property
    def unmatched(self) -> Matched:
        """The rules that match the context itself: none."""
        return (False,) * len(self._rules)

    def apply(self, name: str, above: Matched) -> tuple[bool, Matched]:
        """Whether the rules exclude a path, and which of them match it. `above`: those that match its folder."""
        hidden, matched = False, list(above)
        for index, (hides, _, regex) in enumerate(self._rules):
            # A match of a folder holds for everything below it.
            if not matched[index] and hides != hidden:
                matched[index] = regex.fullmatch(name) is not None
            if matched[index]:
                hidden = hides
        return hidden, tuple(matched)

    def may_reopen(self, folder: PurePosixPath) -> bool:
        """Whether a `!` rule could include something below an excluded folder."""
        for hides, pattern, _ in self._rules:
            starts_above = pattern.parts[: len(folder.parts)]
            if not hides and PurePosixPath(*starts_above) == folder:
                return True
            if not hides and any("*" in part or "?" in part or "[" in part for part in starts_above):
                return True
        return False


def _regex(pattern: PurePosixPath) -> str:
    text = pattern.as_posix()
    tokens = re.findall(r"\*\*/?|\*|\?|\[[^\]]*\]|.", text)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(known.get(token) or (token if len(token) > 1 else re.escape(token)) for token in tokens)


def revision(context: Path, *paths: str) -> str:
    """The commit that last changed these paths, with `-dirty` when they have uncommitted changes.

    UNKNOWN_REVISION without git, outside a repository and before the first commit.
    """
    commit = _git(context, "log", "-1", "--format=%h", "--abbrev=10", "--", *paths)
    if not commit:
        return UNKNOWN_REVISION
    return f"{commit}-dirty" if _git(context, "status", "--porcelain", "--", *paths) else commit


def _git(folder: Path, *arguments: str) -> str:
    try:
        result = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout.strip()
