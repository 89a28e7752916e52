"""What counts as a change of a build's sources."""

from pathlib import Path

import pytest

from local.provider.docker.context import ContextError, build_digest, context_files


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "views.py").write_text("one")
    (tmp_path / "app" / "notes.md").write_text("notes")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / ".dockerignore").write_text("# notes stay here\n*.md\n**/*.md\n!README.md\n.git\n")
    (tmp_path / "README.md").write_text("read")
    return tmp_path


def digest(context: Path, dockerfile: str | None = None) -> str:
    return build_digest({"context": str(context), "dockerfile": dockerfile})


def test_an_ignored_file_is_no_part_of_the_context(context: Path) -> None:
    names = [path.as_posix() for path in context_files(context, context / "Dockerfile")]
    assert names == [".dockerignore", "Dockerfile", "README.md", "app/views.py"]


def test_a_change_in_an_ignored_file_changes_nothing(context: Path) -> None:
    before = digest(context)
    (context / "app" / "notes.md").write_text("other")
    assert digest(context) == before


def test_a_change_in_a_source_file_shows(context: Path) -> None:
    before = digest(context)
    (context / "app" / "views.py").write_text("two")
    assert digest(context) != before


def test_a_rename_shows(context: Path) -> None:
    before = digest(context)
    (context / "app" / "views.py").rename(context / "app" / "view.py")
    assert digest(context) != before


@pytest.mark.parametrize("mode", [0o755, 0o600])
def test_a_change_of_permissions_shows(context: Path, mode: int) -> None:
    (context / "app" / "views.py").chmod(0o644)
    before = digest(context)
    (context / "app" / "views.py").chmod(mode)
    assert digest(context) != before


def test_the_time_of_a_file_does_not_show(context: Path) -> None:
    before = digest(context)
    (context / "app" / "views.py").touch()
    assert digest(context) == before


def test_a_dockerfile_outside_the_context_shows(context: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    dockerfile = tmp_path_factory.mktemp("elsewhere") / "Dockerfile"
    dockerfile.write_text("FROM one\n")
    before = digest(context, str(dockerfile))
    dockerfile.write_text("FROM two\n")
    assert digest(context, str(dockerfile)) != before


def test_a_dockerfile_may_bring_its_own_ignore_file(context: Path) -> None:
    (context / "Dockerfile.dockerignore").write_text("app\n")
    names = [path.as_posix() for path in context_files(context, context / "Dockerfile")]
    assert "app/views.py" not in names


def test_a_missing_dockerfile_is_named(context: Path) -> None:
    with pytest.raises(ContextError, match=r"build\.dockerfile: nowhere/Dockerfile does not exist"):
        digest(context, "nowhere/Dockerfile")


def test_a_missing_context_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContextError, match=r"build\.context: .*gone is no folder"):
        digest(tmp_path / "gone")
