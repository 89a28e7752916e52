import os
import subprocess
from pathlib import Path, PurePosixPath

import pytest
from docker.utils.build import Pattern
from hypothesis import example, given
from hypothesis import strategies as st

from infra.images import build_context
from infra.images.build_context import BuildContextError, Ignore

RULES = "*\n!app\n!docker\n**/__pycache__\n**/*.pyc\n# secrets\n.env\n"


def hides(ignore: Ignore, path: PurePosixPath) -> bool:
    """Whether the rules exclude a path, found as in a walk from the context down to it."""
    hidden, matched = False, ignore.unmatched
    for name in (*reversed(path.parents[:-1]), path):
        hidden, matched = ignore.apply(name.as_posix(), matched)
    return hidden


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A small context beside files that Docker must not receive."""
    for name in ("app/manage.py", "app/core/views.py", "docker/Dockerfile", ".env", "notes.txt", ".git/config"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / ".dockerignore").write_text(RULES)
    return tmp_path


def test_the_context_holds_what_dockerignore_leaves_in_it(sources: Path) -> None:
    files = build_context.context_files(sources)
    assert files == ["app/core/views.py", "app/manage.py", "docker/Dockerfile"]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("*\n!app/core", ["app/core/views.py"]),
        ("*\n!**/views.py", ["app/core/views.py"]),
        ("*\n!app\napp/*\n!app/manage.py", ["app/manage.py"]),
        ("**\n!docker/Dockerfile", ["docker/Dockerfile"]),
    ],
)
def test_a_rule_includes_files_deep_in_an_excluded_folder(sources: Path, rules: str, expected: list[str]) -> None:
    (sources / ".dockerignore").write_text(rules)
    assert build_context.context_files(sources) == expected


def test_excluded_files_and_times_do_not_change_the_hash(sources: Path) -> None:
    before = build_context.content_hash(sources, {})
    (sources / ".env").write_text("SECRET_KEY=other")
    (sources / "app" / "core" / "__pycache__").mkdir()
    (sources / "app" / "core" / "__pycache__" / "views.pyc").write_text("x")
    os.utime(sources / "app" / "manage.py", (0, 0))
    assert build_context.content_hash(sources, {}) == before


@pytest.mark.parametrize("change", ["content", "name", "new file", "executable", "permissions", "link"])
def test_any_change_of_the_context_changes_the_hash(sources: Path, change: str) -> None:
    before = build_context.content_hash(sources, {})
    file = sources / "app" / "manage.py"
    match change:
        case "content":
            file.write_text("other")
        case "name":
            file.rename(file.with_name("managed.py"))
        case "new file":
            (sources / "docker" / "new").write_text("")
        case "executable":
            file.chmod(0o755)
        case "permissions":
            file.chmod(0o640)
        case "link":
            file.unlink()
            file.symlink_to("core/views.py")
    assert build_context.content_hash(sources, {}) != before


def test_another_base_image_changes_the_hash(sources: Path) -> None:
    hashes = {build_context.content_hash(sources, {"PYTHON_IMAGE": image}) for image in ("python:3.13", "python:3.14")}
    assert len(hashes) == 2
    assert all(len(digest) == 12 for digest in hashes)


def test_without_dockerignore_the_context_is_refused(sources: Path) -> None:
    (sources / ".dockerignore").unlink()
    with pytest.raises(BuildContextError, match=r"\.dockerignore is missing: .* Add it"):
        build_context.content_hash(sources, {})


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


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(sources: Path) -> Path:
    """The sources under git, with one commit."""
    (sources / ".git" / "config").unlink()
    (sources / ".git").rmdir()
    git(sources, "init", "-q")
    git(sources, "add", "app", "docker")
    git(sources, "commit", "-q", "-m", "first")
    return sources


def test_the_revision_is_the_commit_that_last_changed_the_sources(repository: Path) -> None:
    first = git(repository, "rev-parse", "--short=10", "HEAD")
    git(repository, "add", "notes.txt")
    git(repository, "commit", "-q", "-m", "notes")
    assert build_context.revision(repository, "app", "docker") == first


@pytest.mark.parametrize("name", ["app/manage.py", "app/new.py"])
def test_an_uncommitted_change_makes_the_revision_dirty(repository: Path, name: str) -> None:
    (repository / name).write_text("changed")
    assert build_context.revision(repository, "app", "docker").endswith("-dirty")


def test_a_release_without_git_has_an_unknown_revision(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(sources.parent))
    assert build_context.revision(sources, "app") == "unknown"
    monkeypatch.setenv("PATH", str(sources))
    assert build_context.revision(sources, "app") == "unknown"
