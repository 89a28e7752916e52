"""Which files of an application are in the images: rules of .dockerignore files, what git knows, links."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from infra.problem import InputError, Problem

OWN_RULES = ".dockerignore"
Matched = tuple[bool, ...]
"""For each rule of a .dockerignore file, whether it matches a path or a folder above it."""


class BuildContextError(InputError):
    """A file cannot be in the images, or one that the images need is left out."""

    def __init__(self, file: Path, rule: str, fix: str) -> None:
        super().__init__("The images cannot be built. No resource was touched.", [Problem(str(file), None, rule, fix)])


def application_files(application: Path, platform_rules: str) -> list[str]:
    """Files of an application that its images hold, sorted by folder.

    Left out are virtual environments, what git ignores, what the application's `.dockerignore` leaves out, and then
    what `platform_rules` name, in the same syntax. Raises BuildContextError for a link that leads out of the
    application.
    """
    own = application / OWN_RULES
    ignore = Ignore.parse(f"{own.read_text() if own.is_file() else ''}\n{platform_rules}")
    known = known_to_git(application)
    names = [name for name in walk(application, ignore) if known is None or name in known]
    for name in names:
        _refuse_link_out(application, name)
    return names


def walk(folder: Path, ignore: "Ignore") -> list[str]:
    """The files below a folder that the rules leave, relative to it, sorted by folder. No virtual environment's."""
    return sorted(_walk(str(folder), "", ignore, ignore.unmatched), key=lambda name: name.split("/"))


def known_to_git(folder: Path) -> set[str] | None:
    """Names of the files that git does not ignore; None outside a repository, where nothing says what to ignore."""
    committed = git(folder, "ls-files", "-z", "--cached", "--recurse-submodules")
    new = git(folder, "ls-files", "-z", "--others", "--exclude-standard")
    return {*committed.split("\0"), *new.split("\0")} if committed or new else None


def git(folder: Path, *arguments: str) -> str:
    """Output of git; empty when it fails or is missing."""
    try:
        result = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout


def _refuse_link_out(application: Path, name: str) -> None:
    """An image has nothing of what is outside of the application, so such a link would lead nowhere."""
    link = application / name
    if not link.is_symlink():
        return
    target = link.readlink()
    inside = application.resolve()
    # Without following the last step, so that a link to a missing file is judged by its place.
    place = Path(os.path.normpath(link.parent.resolve() / target))
    if target.is_absolute() or not place.is_relative_to(inside) or not place.resolve().is_relative_to(inside):
        raise BuildContextError(
            link,
            f"is a link to {target}, outside of the application, and the images hold nothing from there",
            f"replace the link with a copy, or leave it out with this line in {application / OWN_RULES}: {name}",
        )


def _walk(context: str, folder: str, ignore: "Ignore", above: Matched) -> Iterator[str]:
    with os.scandir(f"{context}/{folder}") as entries:
        for entry in entries:
            name = f"{folder}{entry.name}"
            hidden, matched = ignore.apply(name, above)
            if not entry.is_dir(follow_symlinks=False):
                if not hidden:
                    yield name
            elif _is_virtual_environment(Path(entry.path)):
                continue
            elif not hidden or ignore.may_reopen(PurePosixPath(name)):
                yield from _walk(context, f"{name}/", ignore, matched)


def _is_virtual_environment(folder: Path) -> bool:
    """Its packages are of this machine, whatever its name. https://docs.python.org/3/library/site.html"""
    return (folder / "pyvenv.cfg").is_file()


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
