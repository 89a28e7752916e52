"""The staged build context: what it holds, its hash and its revision."""

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from infra.application.application import Application, Dependencies, NodeBuild
from infra.application.manifest import Build, Manifest
from infra.application.settings_source import SettingsSource
from infra.images.build_context import BuildContextError
from infra.images.sources import DOCKERFILE, STAGED, Sources, revision, stage

ROOT = Path(__file__).parents[3]
SECRETS = (
    ".env.production",
    ".env.local",
    "config/.envrc",
    "media/id_rsa",
    "server.key",
    ".aws/credentials",
    ".git-credentials",
    "pip.conf",
    "keys/store.jks",
    "deploy/terraform.tfstate.backup",
)
JUNK = (
    "db.sqlite3-wal",
    ".DS_Store",
    "core/views.py.orig",
    ".views.py.swp",
    "venv/lib/a.py",
    "debug.log",
    ".idea/a.xml",
    "frontend/node_modules/a/index.js",
)
NEEDED = (
    "app/static/site.css",
    "README.md",
    "docs/terms.md",
    "core/tests/helpers.py",
    "static/logo.svg",
    "media/a.txt",
)
"""Files that an application may read while it is built or runs."""
OWN = {"manage.py", "requirements.txt", "core/views.py"}


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    identity += ["-c", "protocol.file.allow=always"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def application(folder: Path) -> Application:
    return Application(
        folder=folder,
        manifest=Manifest(),
        root=".",
        settings=SettingsSource(folder, "site.settings"),
        server="wsgi",
        callable="site.wsgi:application",
        python_version="3.12",
        dependencies=Dependencies(kind="requirements", file="requirements.txt"),
        node=None,
        found=(),
        files=("manage.py",),
    )


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """This program's part of the images, small."""
    folder = tmp_path / "program"
    write(folder, "docker/nginx/nginx.conf", "docker/compose.yaml", "docker/secrets/secret_key", "docker/rds/README.md")
    write(folder, "packages/django-hosting/src/django_hosting/a.py", "packages/django-hosting/tests/test_a.py")
    for name in ("Dockerfile", "application.dockerignore"):
        shutil.copy(ROOT / "docker" / name, folder / "docker")
    return folder


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small application outside of the program and of any git repository."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    write(tmp_path / "site", *OWN)
    return tmp_path / "site"


@pytest.fixture
def repository(site: Path) -> Path:
    """The application under git, with one commit."""
    (site / ".gitignore").write_text("/reports/\n")
    git(site, "init", "-q")
    git(site, "add", ".")
    git(site, "commit", "-q", "-m", "first")
    return site


@pytest.fixture
def digest(program: Path) -> Callable[[Path], str]:
    return lambda folder: stage(application(folder), program).digest


def permissions(folder: Path) -> dict[str, str]:
    """Permissions of the files below a folder."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return {path.relative_to(folder).as_posix(): stat.filemode(path.lstat().st_mode) for path in found}


def staged(site: Path, program: Path) -> set[str]:
    """Names of the application's files in the build context."""
    stage(application(site), program)
    return set(permissions(program / STAGED / "application"))


def test_the_context_holds_the_application_the_platform_and_nothing_else(site: Path, program: Path) -> None:
    stage(application(site), program)
    assert set(permissions(program / STAGED)) == {
        "application.json",
        "environment.sh",
        "wheels/requirements.txt",
        "dependencies/requirements.txt",
        *(f"application/{name}" for name in OWN),
        "platform/Dockerfile",
        "platform/nginx/nginx.conf",
        "platform/django-hosting/src/django_hosting/a.py",
    }
    document = json.loads((program / STAGED / "application.json").read_text())
    assert (document["settings"], document["server"]) == ("site.settings", "wsgi")


def test_the_dockerfile_has_the_applications_values_as_its_defaults(site: Path, program: Path) -> None:
    manifest = Manifest(build=Build(system_packages=("gcc", "libpq-dev"), environment={"API": "it's here"}))
    node = NodeBuild(
        folder="web", manager="pnpm", lock="pnpm-lock.yaml", script="build:all", package_manager="pnpm@9.1.0"
    )
    write(site, "web/package.json", "web/pnpm-lock.yaml", "web/packages/ui/package.json", "web/src/main.ts")
    write(site, "s$c/manage.py")
    found = stage(replace(application(site), manifest=manifest, node=node, root="s$c", server="asgi"), program)
    assert found.has_node_build
    lines = (program / STAGED / DOCKERFILE).read_text().splitlines()
    for wanted in (
        'ARG PYTHON_IMAGE="python:3.12-slim-trixie"',
        'ARG FRONTEND="node"',
        'ARG NODE_MANAGER="pnpm"',
        'ARG NODE_SCRIPT="build:all"',
        'ARG BUILD_PACKAGES="gcc libpq-dev"',
        'ARG EXTRAS="server,asgi,postgres,cache,s3,ses"',
        r'ARG ROOT="s\$c"',
    ):
        assert wanted in lines
    frontend = set(permissions(program / STAGED / "frontend"))
    assert frontend == {"package.json", "pnpm-lock.yaml", "packages/ui/package.json"}
    assert (program / STAGED / "environment.sh").read_text() == "export API='it'\"'\"'s here'\n"


def test_the_copy_follows_each_change(site: Path, program: Path) -> None:
    stage(application(site), program)
    (site / "core/views.py").unlink()
    (site / "core/views.py").symlink_to("../manage.py")
    shutil.rmtree(program / "docker/nginx")
    write(program, "docker/nginx")
    assert staged(site, program) == OWN
    assert (program / STAGED / "application/core/views.py").readlink() == Path("../manage.py")
    assert (program / STAGED / "platform/nginx").is_file()
    assert not [path.name for path in program.iterdir() if path.name.startswith(f"{STAGED}.")]


@pytest.mark.parametrize("umask", [0o002, 0o027, 0o077])
def test_one_commit_has_one_hash_and_one_set_of_permissions_whatever_the_umask(
    repository: Path, program: Path, digest: Callable[[Path], str], umask: int
) -> None:
    git(repository, "update-index", "--chmod=+x", "manage.py")
    git(repository, "commit", "-q", "-m", "executable")
    git(repository, "checkout", "-q", "--", ".")
    checkout = repository.parent / "again"
    before = os.umask(umask)
    try:
        git(repository, "clone", "-q", ".", str(checkout))
    finally:
        os.umask(before)
    assert digest(checkout) == digest(repository)
    found = permissions(program / STAGED / "application")
    assert found.pop("manage.py") == "-rwxr-xr-x"
    assert set(found.values()) == {"-rw-r--r--"}


def test_permissions_that_change_after_the_copy_are_mended_in_it(site: Path, program: Path) -> None:
    stage(application(site), program)
    (program / STAGED / "application/manage.py").chmod(0o600)
    stage(application(site), program)
    assert permissions(program / STAGED)["application/manage.py"] == "-rw-r--r--"


def test_a_virtual_environment_of_any_name_is_in_no_image(site: Path, program: Path) -> None:
    write(site, "mine/pyvenv.cfg", "mine/lib/a.py")
    (site / "mine/python").symlink_to("/usr/bin/python3")
    assert staged(site, program) == OWN


@pytest.mark.parametrize("name", [*SECRETS, *JUNK])
def test_secrets_and_files_of_tools_are_in_no_image_and_change_no_tag(
    site: Path, program: Path, digest: Callable[[Path], str], name: str
) -> None:
    (site / ".dockerignore").write_text("!**/*\n")
    before = digest(site)
    write(site, name)
    assert digest(site) == before
    assert name not in staged(site, program)


@pytest.mark.parametrize("name", NEEDED)
def test_what_an_application_may_need_is_in_its_image(site: Path, program: Path, name: str) -> None:
    write(site, name)
    assert name in staged(site, program)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("legacy-peer-deps=true", True),
        ("//registry.example.com/:_authToken=${NPM_TOKEN}", True),
        ('//registry.example.com/:_authToken="${NPM_TOKEN}"', True),
        ('npmAuthToken: "${NPM_TOKEN-}"', True),
        ('npmAuthToken: "abc"', False),
        ("//registry.example.com/:_authToken=abc", False),
        ("_password=abc", False),
    ],
)
def test_settings_of_npm_are_in_the_image_unless_they_hold_a_token(
    site: Path, program: Path, text: str, kept: bool
) -> None:
    (site / ".npmrc").write_text(f"{text}\n")
    assert (".npmrc" in staged(site, program)) is kept


@pytest.mark.parametrize(("kind", "kept"), [("CERTIFICATE", True), ("RSA PRIVATE KEY", False), ("PRIVATE KEY", False)])
def test_certificates_are_in_the_image_and_private_keys_are_not(
    site: Path, program: Path, kind: str, kept: bool
) -> None:
    (site / "tls.pem").write_text(f"-----BEGIN {kind}-----\nMII=\n-----END {kind}-----\n")
    assert ("tls.pem" in staged(site, program)) is kept


def test_what_git_ignores_is_in_no_image_and_changes_no_tag(
    repository: Path, program: Path, digest: Callable[[Path], str]
) -> None:
    before = digest(repository)
    write(repository, "reports/2026.csv")
    assert digest(repository) == before
    assert staged(repository, program) == {*OWN, ".gitignore"}


def test_what_the_applications_dockerignore_leaves_out_is_in_no_image(site: Path, program: Path) -> None:
    write(site, "docs/a.md", "docs/b.md", "fixtures/large.json")
    (site / ".dockerignore").write_text("fixtures\ndocs/*\n!docs/b.md\n")
    assert staged(site, program) == {*OWN, "docs/b.md", ".dockerignore"}


@pytest.mark.parametrize("name", ["manage.py", "requirements.txt"])
def test_a_file_that_the_images_need_cannot_be_left_out(site: Path, program: Path, name: str) -> None:
    (site / ".dockerignore").write_text(f"{name}\n")
    with pytest.raises(BuildContextError, match=rf"{name}\n.*the images need this file"):
        stage(application(site), program)


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside.txt", "core/../../outside.txt"])
def test_a_link_that_leaves_the_application_is_refused_by_name(site: Path, program: Path, target: str) -> None:
    write(site.parent, "outside.txt")
    (site / "core/terms.txt").symlink_to(target if target.startswith("/") else f"../{target}")
    with pytest.raises(BuildContextError, match=r"core/terms.txt\n.*outside of the application"):
        stage(application(site), program)
    (site / ".dockerignore").write_text("core/terms.txt\n")
    assert "core/terms.txt" not in staged(site, program)


def test_a_lock_that_is_a_link_is_staged_as_its_file(site: Path, program: Path) -> None:
    write(site, "requirements/base.txt")
    (site / "requirements.txt").unlink()
    (site / "requirements.txt").symlink_to("requirements/base.txt")
    stage(application(site), program)
    staged_lock = program / STAGED / "dependencies/requirements.txt"
    assert (staged_lock.is_symlink(), staged_lock.read_text()) == (False, "requirements/base.txt")


def test_requirements_outside_of_the_application_are_not_staged(site: Path, program: Path) -> None:
    (site / "requirements.txt").write_text("-r ../base.txt\n-r /srv/base.txt\n-c https://example.com/limits.txt\n")
    stage(application(site), program)
    assert set(permissions(program / STAGED / "dependencies")) == {"requirements.txt"}


def test_a_file_that_is_not_committed_yet_is_in_the_image(
    repository: Path, program: Path, digest: Callable[[Path], str]
) -> None:
    before = digest(repository)
    write(repository, "new.py")
    assert digest(repository) != before
    assert "new.py" in staged(repository, program)


def test_files_of_a_git_submodule_are_in_the_image(repository: Path, program: Path, tmp_path: Path) -> None:
    theme = tmp_path / "theme"
    write(theme, "theme.css")
    git(theme, "init", "-q")
    git(theme, "add", ".")
    git(theme, "commit", "-q", "-m", "theme")
    git(repository, "submodule", "--quiet", "add", str(theme), "theme")
    assert "theme/theme.css" in staged(repository, program)


def test_times_do_not_change_the_hash(site: Path, digest: Callable[[Path], str]) -> None:
    before = digest(site)
    os.utime(site / "manage.py", (0, 0))
    assert digest(site) == before


@pytest.mark.parametrize("change", ["content", "name", "new file", "executable", "link", "platform", "manifest"])
def test_any_change_of_the_sources_changes_the_hash(site: Path, program: Path, change: str) -> None:
    before, now = stage(application(site), program).digest, application(site)
    file = site / "core/views.py"
    match change:
        case "content":
            file.write_text("other")
        case "name":
            file.rename(file.with_name("viewed.py"))
        case "new file":
            write(site, "new")
        case "executable":
            file.chmod(0o755)
        case "link":
            file.unlink()
            file.symlink_to("../manage.py")
        case "platform":
            write(program, "docker/new")
        case "manifest":
            now = replace(now, manifest=Manifest(leave=("email",)))
    assert stage(now, program).digest != before


def test_another_base_image_changes_the_content_hash() -> None:
    sources = Sources(folder=STAGED, digest="0" * 64, revision="unknown")
    hashes = {sources.content_hash({"PYTHON_IMAGE": image}) for image in ("python:3.13", "python:3.14")}
    assert len(hashes) == 2
    assert all(len(found) == 12 for found in hashes)


def test_the_revision_is_the_commit_that_last_changed_the_application(repository: Path) -> None:
    folder = repository / "core"
    first = git(repository, "rev-parse", "--short=10", "HEAD")
    (repository / "manage.py").write_text("more")
    git(repository, "commit", "-q", "-a", "-m", "beside")
    assert revision(folder) == first
    assert revision(repository) == git(repository, "rev-parse", "--short=10", "HEAD")


@pytest.mark.parametrize("name", ["manage.py", "new.py"])
def test_an_uncommitted_change_makes_the_revision_dirty(repository: Path, name: str) -> None:
    (repository / name).write_text("changed")
    assert revision(repository).endswith("-dirty")


def test_without_git_the_revision_is_unknown(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert revision(site) == "unknown"
    monkeypatch.setenv("PATH", str(site))
    assert revision(site) == "unknown"


def test_the_demos_images_hold_no_tests(program: Path) -> None:
    """A glance at the real one: its own .dockerignore leaves them out."""
    found = staged(ROOT / "app", program)
    assert {"manage.py", "core/static/core/site.css"} <= found
    assert not [name for name in found if "/tests/" in name or name in {"conftest.py", "pytest.ini"}]


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
