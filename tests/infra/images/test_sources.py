"""The staged build context: what it holds, its hash and its revision."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from infra.images.sources import STAGED, Sources, revision, stage_sources

ROOT = Path(__file__).parents[3]
SECRETS = (".env.production", ".env.local", "config/.envrc", "media/id_rsa", "server.key", ".npmrc", ".aws/credentials")
JUNK = (
    "db.sqlite3-wal",
    ".DS_Store",
    "core/views.py.orig",
    ".views.py.swp",
    "venv/lib/a.py",
    "debug.log",
    ".idea/a.xml",
)


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project outside any git repository, with the build context of this one."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    write(tmp_path, "app/manage.py", "app/core/views.py", "docker/Dockerfile", "notes.txt")
    shutil.copy(ROOT / ".dockerignore", tmp_path)
    return tmp_path


@pytest.fixture
def repository(project: Path) -> Path:
    """The project under git, with one commit."""
    git(project, "init", "-q")
    write(project, ".gitignore")
    (project / ".gitignore").write_text("/.build-context*\n/app/reports/\n")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "first")
    return project


def digest(project: Path) -> str:
    return stage_sources(project, "app").digest


def staged(project: Path) -> dict[str, str]:
    """Permissions of the files in the copy."""
    folder = project / STAGED
    found = (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return {path.relative_to(folder).as_posix(): stat.filemode(path.lstat().st_mode) for path in found}


def test_the_copy_holds_the_build_context_and_nothing_else(project: Path) -> None:
    stage_sources(project)
    assert set(staged(project)) == {"app/core/views.py", "app/manage.py", "docker/Dockerfile"}


def test_the_copy_follows_each_change(project: Path) -> None:
    stage_sources(project)
    (project / "app" / "manage.py").unlink()
    (project / "app" / "manage.py").symlink_to("core/views.py")
    shutil.rmtree(project / "docker")
    shutil.rmtree(project / "app" / "core")
    write(project, "app/core", "docker/nginx/nginx.conf")
    stage_sources(project)
    assert set(staged(project)) == {"app/core", "app/manage.py", "docker/nginx/nginx.conf"}
    assert (project / STAGED / "app" / "manage.py").readlink() == Path("core/views.py")
    assert not [path.name for path in project.iterdir() if path.name.startswith(f"{STAGED}.")]


@pytest.mark.parametrize("umask", [0o002, 0o027, 0o077])
def test_one_commit_has_one_hash_and_one_set_of_permissions_whatever_the_umask(repository: Path, umask: int) -> None:
    git(repository, "update-index", "--chmod=+x", "app/manage.py")
    git(repository, "commit", "-q", "-m", "executable")
    git(repository, "checkout", "-q", "--", ".")
    checkout = repository / "again"
    before = os.umask(umask)
    try:
        git(repository, "clone", "-q", ".", str(checkout))
    finally:
        os.umask(before)
    assert digest(checkout) == digest(repository)
    assert staged(checkout) == {
        "app/core/views.py": "-rw-r--r--",
        "app/manage.py": "-rwxr-xr-x",
        "docker/Dockerfile": "-rw-r--r--",
    }


def test_permissions_that_change_after_the_copy_are_mended_in_it(project: Path) -> None:
    stage_sources(project)
    (project / STAGED / "app" / "manage.py").chmod(0o600)
    stage_sources(project)
    assert staged(project)["app/manage.py"] == "-rw-r--r--"


@pytest.mark.parametrize("name", [*SECRETS, *JUNK])
def test_secrets_and_files_of_tools_are_in_no_image_and_change_no_tag(project: Path, name: str) -> None:
    before = digest(project)
    write(project, f"app/{name}")
    assert digest(project) == before
    assert f"app/{name}" not in staged(project)


def test_what_git_ignores_is_in_no_image_and_changes_no_tag(repository: Path) -> None:
    before = digest(repository)
    write(repository, "app/reports/2026.csv")
    assert digest(repository) == before
    assert set(staged(repository)) == {"app/core/views.py", "app/manage.py", "docker/Dockerfile"}


def test_a_file_that_is_not_committed_yet_is_in_the_image(repository: Path) -> None:
    before = digest(repository)
    write(repository, "app/new.py")
    assert digest(repository) != before
    assert "app/new.py" in staged(repository)


def test_times_do_not_change_the_hash(project: Path) -> None:
    before = digest(project)
    os.utime(project / "app" / "manage.py", (0, 0))
    assert digest(project) == before


@pytest.mark.parametrize("change", ["content", "name", "new file", "executable", "link"])
def test_any_change_of_the_sources_changes_the_hash(project: Path, change: str) -> None:
    before = digest(project)
    file = project / "app" / "manage.py"
    match change:
        case "content":
            file.write_text("other")
        case "name":
            file.rename(file.with_name("managed.py"))
        case "new file":
            (project / "docker" / "new").write_text("")
        case "executable":
            file.chmod(0o755)
        case "link":
            file.unlink()
            file.symlink_to("core/views.py")
    assert digest(project) != before


def test_another_base_image_changes_the_content_hash() -> None:
    sources = Sources(folder=STAGED, digest="0" * 64, revision="unknown")
    hashes = {sources.content_hash({"PYTHON_IMAGE": image}) for image in ("python:3.13", "python:3.14")}
    assert len(hashes) == 2
    assert all(len(found) == 12 for found in hashes)


def test_the_revision_is_the_commit_that_last_changed_the_sources(repository: Path) -> None:
    first = git(repository, "rev-parse", "--short=10", "HEAD")
    (repository / "notes.txt").write_text("more")
    git(repository, "commit", "-q", "-a", "-m", "notes")
    assert revision(repository, "app", "docker") == first


@pytest.mark.parametrize("name", ["app/manage.py", "app/new.py"])
def test_an_uncommitted_change_makes_the_revision_dirty(repository: Path, name: str) -> None:
    (repository / name).write_text("changed")
    assert revision(repository, "app", "docker").endswith("-dirty")


def test_without_git_the_revision_is_unknown(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert revision(project, "app") == "unknown"
    monkeypatch.setenv("PATH", str(project))
    assert revision(project, "app") == "unknown"


def test_a_checkout_with_crlf_on_windows_gets_scripts_that_linux_can_run(tmp_path: Path) -> None:
    """Windows' git sets core.autocrlf, and `#!/bin/sh` with a carriage return names a program that does not exist."""
    write(tmp_path, "docker/bin/start", "app/manage.py")
    shutil.copy(ROOT / ".gitattributes", tmp_path)
    for name in ("docker/bin/start", "app/manage.py"):
        (tmp_path / name).write_bytes(b"#!/bin/sh\nexit\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    checkout = tmp_path / "windows"
    git(tmp_path, "clone", "-q", "-c", "core.autocrlf=true", ".", str(checkout))
    assert b"\r" not in (checkout / "docker/bin/start").read_bytes() + (checkout / "app/manage.py").read_bytes()


def test_no_text_file_of_this_project_is_committed_with_crlf() -> None:
    listed = git(ROOT, "ls-files", "--eol")
    assert [line for line in listed.splitlines() if "i/crlf" in line or "i/mixed" in line] == []
