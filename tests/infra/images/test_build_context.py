from pathlib import Path, PurePosixPath

import pytest
from docker.utils.build import Pattern
from hypothesis import example, given
from hypothesis import strategies as st

from infra.images import build_context
from infra.images.build_context import Ignore

RULES = "*\n!app\n!docker\n**/__pycache__\n**/*.pyc\n# secrets\n.env\n"


def hides(ignore: Ignore, path: PurePosixPath) -> bool:
    """Whether the rules exclude a path, found as in a walk from the context down to it."""
    hidden, matched = False, ignore.unmatched
    for name in (*reversed(path.parents[:-1]), path):
        hidden, matched = ignore.apply(name.as_posix(), matched)
    return hidden


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (RULES, ["app/core/views.py", "app/manage.py", "docker/Dockerfile"]),
        ("*\n!app/core", ["app/core/views.py"]),
        ("*\n!**/views.py", ["app/core/views.py"]),
        ("*\n!app\napp/*\n!app/manage.py", ["app/manage.py"]),
        ("**\n!docker/Dockerfile", ["docker/Dockerfile"]),
    ],
)
def test_a_walk_finds_what_the_rules_leave(tmp_path: Path, rules: str, expected: list[str]) -> None:
    for name in ("app/manage.py", "app/core/views.py", "docker/Dockerfile", ".env", "notes.txt", ".git/config"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    assert build_context.walk(tmp_path, Ignore.parse(rules)) == expected


NAMES = st.sampled_from(["app", "core", "docker", "a.pyc", "b.py", "docs"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
PATTERNS = st.lists(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "!", "/", "!/"]),
        st.sampled_from(["", "**/"]),
        st.one_of(PATHS, st.sampled_from(["*", "*.pyc", "app/*", "app/**", "?.py", "app/*/b.py", "docs/"])),
    ),
    max_size=5,
)


def hidden_from_buildkit(patterns: list[str], path: str) -> bool:
    """The algorithm of moby/patternmatcher's MatchesUsingParentResults, with the globs of Docker's Python SDK.

    The SDK's own PatternMatcher looks at one parent folder only, as moby did before BuildKit.
    """
    rules = [pattern for pattern in map(Pattern, patterns) if pattern.dirs]
    above, hidden = [False] * len(rules), False
    parts = path.split("/")
    for depth in range(len(parts)):
        matches, hidden = [], False
        for rule, parent_matched in zip(rules, above, strict=True):
            tried = rule.exclusion == hidden and rule.match("/".join(parts[: depth + 1]))
            matches.append(parent_matched or bool(tried))
            if matches[-1]:
                hidden = not rule.exclusion
        above = matches
    return hidden


@given(PATTERNS, PATHS)
@example(["**/?.py", "app"], "b.py/app")
@example(["app/*", "!app"], "app/core")
@example(["*", "!app", "app/core"], "app/core/b.py")
def test_rules_mean_the_same_as_in_docker(patterns: list[str], path: str) -> None:
    ours = hides(Ignore.parse("\n".join(patterns)), PurePosixPath(path))
    assert ours == hidden_from_buildkit(patterns, path)


def test_a_rule_for_a_folder_excludes_everything_below_it() -> None:
    assert hides(Ignore.parse("**/?.py"), PurePosixPath("b.py/app"))


def test_a_rule_that_includes_a_folder_that_is_not_excluded_has_no_effect_below_it() -> None:
    assert hides(Ignore.parse("app/*\n!app"), PurePosixPath("app/core"))


@given(PATTERNS, st.lists(PATHS, min_size=1, max_size=6))
def test_an_excluded_folder_is_walked_when_a_rule_includes_something_below(
    patterns: list[str], paths: list[str]
) -> None:
    ignore = Ignore.parse("\n".join(patterns))
    for path in map(PurePosixPath, paths):
        if not hides(ignore, path):
            assert all(not hides(ignore, folder) or ignore.may_reopen(folder) for folder in path.parents if folder.name)
