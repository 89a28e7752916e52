"""The files of a Docker build context: what its `.dockerignore` leaves in it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

Matched = tuple[bool, ...]
"""For each rule of a .dockerignore file, whether it matches a path or a folder above it."""


class BuildContextError(ValueError):
    """The build context has no `.dockerignore`."""


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
