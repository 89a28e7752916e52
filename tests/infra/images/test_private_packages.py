"""Packages of private indexes and of git: fetched before the build, with credentials that stay where they are."""

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from infra.application.application import Dependencies, Kind
from infra.images.private.credentials import scrubbed
from infra.images.private.model import Credentials, PrivatePackagesError
from infra.images.private.packages import Wheels, private_wheels
from infra.images.private.target import Target
from tests.infra.images.package_index import (
    PASSWORD,
    USER,
    Server,
    commit,
    git,
    members,
    repository,
    serving,
    write_wheel,
)

TARGET = Target(python="3.13", architecture="arm64")
FILES: dict[Kind, str] = {
    "requirements": "requirements.txt",
    "uv": "uv.lock",
    "poetry": "poetry.lock",
    "pipenv": "Pipfile.lock",
    "pyproject": "pyproject.toml",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "served" / "simple").mkdir(parents=True)
    with serving(tmp_path / "served") as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment without credentials, and a place for temporary files that the tests look into."""
    for name in ("home", "scratch", "project"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home")}


def fetch(
    tmp_path: Path, environment: Mapping[str, str], kind: Kind = "requirements", target: Target = TARGET
) -> Wheels:
    dependencies = Dependencies(kind=kind, file=FILES[kind])
    return private_wheels(tmp_path / "project", dependencies, target, tmp_path / "cache", environment)


def write(tmp_path: Path, text: str, name: str = "requirements.txt") -> None:
    (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "project" / name).write_text(text)


def lines(wheels: Wheels) -> list[str]:
    """`name==version` of every wheel."""
    return [line.partition(" ")[0] for line in wheels.files["requirements.txt"].decode().splitlines()]


def refused(tmp_path: Path, environment: Mapping[str, str], kind: Kind = "requirements") -> str:
    with pytest.raises(PrivatePackagesError) as error:
        fetch(tmp_path, environment, kind)
    assert PASSWORD not in str(error.value)
    return str(error.value)


def login(server: Server) -> dict[str, str]:
    url = server.index.replace("//", f"//{quote(USER)}:{quote(PASSWORD, safe='')}@")
    return {"PIP_EXTRA_INDEX_URL": url}


# What is fetched


def test_an_application_of_the_default_index_alone_asks_nobody(tmp_path: Path, home: dict[str, str]) -> None:
    write(tmp_path, "Django==5.2\n--extra-index-url https://pypi.org/simple\nlocal @ file:///x\n")
    assert fetch(tmp_path, home) == Wheels(files={"requirements.txt": b""}, found=())


def test_packages_of_an_extra_index_are_wheels_for_the_images_platform_and_python(
    tmp_path: Path, home: dict[str, str], server: Server
) -> None:
    server.add("films", "1.0")
    for tag in ("cp313-cp313-manylinux_2_28_x86_64", "cp313-cp313-manylinux_2_28_aarch64", "cp312-cp312-linux_aarch64"):
        server.add("fast-films", "2.0", tag)
    named = "Django==5.2\nFast_Films==2.0\nfilms>=1 # ours\nother==1; sys_platform == 'win32'\n"
    write(tmp_path, f"--extra-index-url {server.index}\n{named}")
    wheels = fetch(tmp_path, {**home, **login(server)})
    assert sorted(wheels.files) == [
        "fast_films-2.0-cp313-cp313-manylinux_2_28_aarch64.whl",
        "films-1.0-py3-none-any.whl",
        "requirements.txt",
    ]
    assert lines(wheels) == ["fast-films==2.0", "films==1.0"]
    assert all("--hash=sha256:" in line for line in wheels.files["requirements.txt"].decode().splitlines())
    assert wheels.found == (f"fast-films 2.0 from {server.index}", f"films 1.0 from {server.index}")


def test_a_private_package_brings_those_that_it_needs_from_the_same_index(
    tmp_path: Path, home: dict[str, str], server: Server
) -> None:
    others = ("windows-films; sys_platform == 'win32'", "sound; extra == 'sound'", "colour; extra == 'colour'")
    server.add("films", "1.0", needs=("reels>=1", "Django", *others))
    for name in ("reels", "windows-films", "sound", "colour"):
        server.add(name, "1.5")
    write(tmp_path, f"--extra-index-url {server.index}\nfilms[sound]==1.0\n")
    assert lines(fetch(tmp_path, {**home, **login(server)})) == ["films==1.0", "reels==1.5", "sound==1.5"]


def test_an_index_that_stands_for_the_default_one_gives_every_package(
    tmp_path: Path, home: dict[str, str], server: Server
) -> None:
    server.add("django", "5.2")
    write(tmp_path, f"--index-url {server.index}\n-r more/base.txt\n")
    write(tmp_path, "Django==5.2\nmissing==1\n", "more/base.txt")
    message = refused(tmp_path, {**home, **login(server)})
    assert f"missing\n    rule: the index {server.index} has no such package" in message
    write(tmp_path, "Django==5.2\n", "more/base.txt")
    assert lines(fetch(tmp_path, {**home, **login(server)})) == ["django==5.2"]


UV = """
[[package]]
name = "site"
source = {{ virtual = "." }}
dependencies = [{{ name = "films" }}, {{ name = "django" }}, {{ name = "reels", marker = "sys_platform == 'win32'" }}]
[package.dev-dependencies]
dev = [{{ name = "tests" }}]
[[package]]
name = "django"
version = "5.2"
source = {{ registry = "https://pypi.org/simple" }}
[[package]]
name = "films"
version = "1.0"
source = {{ registry = "{index}" }}
dependencies = [{{ name = "deep" }}]
wheels = [{{ url = "x", hash = "{films}" }}]
[[package]]
name = "deep"
version = "1.0"
source = {{ registry = "{index}" }}
wheels = [{{ url = "x", hash = "{deep}" }}]
[[package]]
name = "reels"
version = "1.0"
source = {{ registry = "{index}" }}
[[package]]
name = "tests"
version = "1.0"
source = {{ registry = "{index}" }}
"""
POETRY = """
[[package]]
name = "{name}"
version = "1.0"
{more}
[package.source]
type = "legacy"
url = "{index}"
reference = "my-index"
"""


def poetry_lock(index: str, films: str, deep: str) -> str:
    packages = {
        "Films": f'groups = ["main"]\nfiles = [{{file = "x", hash = "{films}"}}]',
        "deep": f'groups = ["main", "dev"]\nfiles = [{{file = "x", hash = "{deep}"}}]',
        "tests": 'groups = ["dev"]\nfiles = []',
        "reels": 'groups = ["main"]\nmarkers = "sys_platform == \'win32\'"\nfiles = []',
    }
    return "".join(POETRY.format(name=name, more=more, index=index) for name, more in packages.items())


def write_lock(tmp_path: Path, kind: Kind, index: str, films: str, deep: str) -> None:
    """A lock with the private packages films and deep, and with others that the image does not need."""
    table = f'[[tool.uv.index]]\nname = "my-index"\nurl = "{index}/"\n'
    project = '[project]\nname = "site"\ndependencies = ["films==1.0", "deep", "Django"]\n'
    write(tmp_path, table + project, "pyproject.toml")
    if kind == "uv":
        write(tmp_path, UV.format(index=index, films=films, deep=deep), FILES[kind])
    if kind == "poetry":
        write(tmp_path, poetry_lock(index, films, deep), FILES[kind])
    if kind == "pipenv":
        sources = [
            {"name": "pypi", "url": "https://pypi.org/simple"},
            {"name": "my-index", "url": index, "verify_ssl": True},
        ]
        default = {
            "django": {"version": "==5.2", "hashes": []},
            "films": {"version": "==1.0", "hashes": [films], "index": "my-index"},
            "deep": {"version": "==1.0", "hashes": [deep], "index": "my-index"},
            "reels": {"version": "==1.0", "hashes": [], "index": "my-index", "markers": "sys_platform == 'win32'"},
            "windows": {"version": "*", "hashes": [deep], "index": "my-index"},
        }
        develop = {"tests": {"version": "==1.0", "hashes": [], "index": "my-index"}}
        lock = {"_meta": {"sources": sources}, "default": default, "develop": develop}
        write(tmp_path, json.dumps(lock), "Pipfile.lock")


@pytest.mark.parametrize("kind", ["uv", "poetry", "pipenv", "pyproject"])
def test_a_lock_gives_the_packages_of_its_private_index_that_the_image_needs(
    tmp_path: Path, home: dict[str, str], server: Server, kind: Kind
) -> None:
    films, deep = server.add("films", "1.0"), server.add("deep", "1.0")
    write_lock(tmp_path, kind, server.index, films, deep)
    named = {"UV_INDEX_MY_INDEX_USERNAME": USER, "UV_INDEX_MY_INDEX_PASSWORD": PASSWORD}
    assert lines(fetch(tmp_path, {**home, **named}, kind)) == ["deep==1.0", "films==1.0"]


@pytest.mark.parametrize("kind", ["uv", "pyproject"])
def test_what_a_lock_takes_from_the_default_index_stays_there(
    tmp_path: Path, home: dict[str, str], server: Server, kind: Kind
) -> None:
    server.add("films", "1.0", needs=("deep",))
    server.add("deep", "9.0")
    lock = f"""
[[package]]
name = "site"
source = {{ editable = "." }}
dependencies = [{{ name = "films" }}]
[[package]]
name = "films"
version = "1.0"
source = {{ registry = "{server.index}" }}
dependencies = [{{ name = "deep" }}]
[[package]]
name = "deep"
version = "1.0"
source = {{ registry = "https://pypi.org/simple" }}
"""
    write(tmp_path, lock, "uv.lock")
    table = f'[[tool.uv.index]]\nname = "ours"\nurl = "{server.index}"\nexplicit = true\n'
    sources = '[tool.uv.sources]\nfilms = { index = "ours" }\n[project]\ndependencies = ["films"]\n'
    write(tmp_path, table + sources, "pyproject.toml")
    assert lines(fetch(tmp_path, {**home, **login(server)}, kind)) == ["films==1.0"]


@pytest.mark.parametrize("kind", ["uv", "poetry", "pipenv", "requirements"])
def test_other_bytes_than_the_lock_has_are_refused(
    tmp_path: Path, home: dict[str, str], server: Server, kind: Kind
) -> None:
    films, deep = server.add("films", "1.0"), server.add("deep", "1.0")
    write_lock(tmp_path, kind, server.index, films.replace(films[-4:], "0000"), deep)
    write(tmp_path, f"--index-url {server.index}\nfilms==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    message = refused(tmp_path, {**home, **login(server)}, kind)
    assert "films\n    rule: " in message
    assert f"has other bytes than those whose hashes {FILES[kind]} has" in message


def test_a_version_without_a_wheel_for_the_image_is_refused_by_name(
    tmp_path: Path, home: dict[str, str], server: Server
) -> None:
    server.add("films", "1.0", "cp313-cp313-win_amd64")
    write(tmp_path, f"--index-url {server.index}\nfilms==1.0\n")
    message = refused(tmp_path, {**home, **login(server)})
    assert "does not have ==1.0 as a wheel for Python 3.13 on Linux arm64" in message
    assert "publish such a wheel there" in message


def test_a_name_that_the_private_index_has_never_comes_from_another_place(
    tmp_path: Path, home: dict[str, str], server: Server
) -> None:
    """A higher version elsewhere would be a stranger's: dependency confusion."""
    server.add("films", "1.0")
    (tmp_path / "found").mkdir()
    write_wheel(tmp_path / "found" / "films-9.0-py3-none-any.whl", "films", "9.0", "py3-none-any")
    write(tmp_path, f"--extra-index-url {server.index}\nfilms\n")
    elsewhere = {"PIP_FIND_LINKS": str(tmp_path / "found"), "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}
    assert lines(fetch(tmp_path, {**home, **login(server), **elsewhere})) == ["films==1.0"]


# Credentials


def netrc(home: Mapping[str, str], server: Server) -> dict[str, str]:
    path = Path(home["HOME"], ".netrc")
    path.write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    path.chmod(0o600)
    return {}


WAYS: dict[str, Any] = {
    "uv's name": lambda _home, _server: {"UV_INDEX_MY_INDEX_USERNAME": USER, "UV_INDEX_MY_INDEX_PASSWORD": PASSWORD},
    "poetry's": lambda _home, _server: {
        "POETRY_HTTP_BASIC_MY_INDEX_USERNAME": USER,
        "POETRY_HTTP_BASIC_MY_INDEX_PASSWORD": PASSWORD,
    },
    "pip's URL": lambda _home, server: login(server),
    "uv's URL": lambda _home, server: {"UV_INDEX": f"my-index={login(server)['PIP_EXTRA_INDEX_URL']}/"},
    "netrc": netrc,
}


@pytest.mark.parametrize("way", WAYS)
def test_credentials_come_from_the_environment_in_every_way_that_pip_uv_and_poetry_have(
    tmp_path: Path, home: dict[str, str], server: Server, way: str
) -> None:
    films, deep = server.add("films", "1.0"), server.add("deep", "1.0")
    write_lock(tmp_path, "uv", server.index, films, deep)
    assert lines(fetch(tmp_path, {**home, **WAYS[way](home, server)}, "uv")) == ["deep==1.0", "films==1.0"]


def test_credentials_come_from_variables_that_a_url_names(tmp_path: Path, home: dict[str, str], server: Server) -> None:
    server.add("films", "1.0")
    url = server.index.replace("//", "//${REGISTRY_USER}:${REGISTRY_TOKEN}@")
    write(tmp_path, f"--index-url {url}\nfilms==1.0\n")
    message = refused(tmp_path, home)
    assert "the environment has no REGISTRY_USER, REGISTRY_TOKEN" in message
    assert "export REGISTRY_USER REGISTRY_TOKEN" in message
    assert lines(fetch(tmp_path, {**home, "REGISTRY_USER": USER, "REGISTRY_TOKEN": quote(PASSWORD, safe="")})) == [
        "films==1.0"
    ]


def test_missing_and_wrong_credentials_are_named_once_with_the_variables_that_hold_them(
    tmp_path: Path, home: dict[str, str], server: Server
) -> None:
    films, deep = server.add("films", "1.0"), server.add("deep", "1.0")
    write_lock(tmp_path, "uv", server.index, films, deep)
    message = refused(tmp_path, home, "uv")
    assert message.count("rule: ") == 1
    assert "films, deep" in message or "deep, films" in message
    assert f"the index {server.index} asks for credentials, and the environment has none" in message
    assert "export UV_INDEX_MY_INDEX_USERNAME and UV_INDEX_MY_INDEX_PASSWORD" in message
    wrong = {"UV_INDEX_MY_INDEX_USERNAME": USER, "UV_INDEX_MY_INDEX_PASSWORD": PASSWORD[:-1]}
    message = refused(tmp_path, {**home, **wrong}, "uv")
    assert "refuses the environment's credentials" in message
    assert PASSWORD[:-1] not in message


def test_credentials_for_one_index_go_to_no_other(tmp_path: Path, home: dict[str, str], server: Server) -> None:
    server.add("films", "1.0")
    write(tmp_path, f"--index-url {server.index}\nfilms==1.0\n")
    other = f"http://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:9/simple"
    assert "the environment has none" in refused(tmp_path, {**home, "PIP_INDEX_URL": other})


def test_credentials_do_not_follow_a_redirect_to_another_server(
    tmp_path: Path, home: dict[str, str], server: Server
) -> None:
    (tmp_path / "elsewhere" / "simple").mkdir(parents=True)
    with serving(tmp_path / "elsewhere") as other:
        other.add("films", "1.0")
        other.open, server.moved_to = True, other.url
        write(tmp_path, f"--index-url {server.index}\nfilms==1.0\n")
        assert lines(fetch(tmp_path, {**home, **login(server)})) == ["films==1.0"]
    assert any(server.logins)
    assert not any(other.logins)


SECRETS: dict[Kind, str] = {
    "requirements": "--index-url https://reader:{secret}@packages.example/simple\nfilms\n",
    "uv": '[[package]]\nname = "films"\nsource = {{ registry = "https://reader:{secret}@packages.example/" }}\n',
    "poetry": '[package.source]\ntype = "legacy"\nurl = "https://reader:{secret}@packages.example/"\n',
    "pipenv": '{{"_meta": {{"sources": [{{"name": "x", "url": "https://reader:{secret}@packages.example/"}}]}}}}\n',
    "pyproject": '[[tool.uv.index]]\nurl = "https://reader:{secret}@packages.example/"\n',
}


@pytest.mark.parametrize("kind", SECRETS)
def test_a_password_in_a_file_is_refused_with_its_line_and_is_not_printed(
    tmp_path: Path, home: dict[str, str], kind: Kind
) -> None:
    write(tmp_path, SECRETS[kind].format(secret="canary-7f3a"), FILES[kind])
    message = refused(tmp_path, home, kind)
    assert f"{FILES[kind]}, line " in message
    assert "a URL of packages.example holds a password or token" in message
    assert "~/.netrc" in message
    assert "canary" not in message


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("git+https://ghp_0123456789abcdefghij@github.example/a/b", False),
        ("git+https://reader:${TOKEN}x@github.example/a/b", False),
        ("git+https://${TOKEN}@github.example/a/b", True),
        ("git+ssh://git@github.example/a/b", True),
        ("git+https://organization@dev.example/a/b", True),
    ],
)
def test_a_token_is_a_password_and_a_variable_is_none(
    tmp_path: Path, home: dict[str, str], url: str, allowed: bool
) -> None:
    write(tmp_path, f"films @ {url}@{'a' * 40} ; sys_platform == 'win32'\n")
    if allowed:
        assert lines(fetch(tmp_path, home)) == []
    else:
        assert "ghp_" not in refused(tmp_path, home)


# Git


def test_a_git_dependency_is_a_wheel_of_its_commit_whatever_comes_later(tmp_path: Path, home: dict[str, str]) -> None:
    source = tmp_path / "films"
    first = repository(source, "films", subdirectory="packages/films")
    (source / "packages/films/films.py").write_text("VALUE = 2\n")
    second = commit(source)
    write(tmp_path, f"films @ git+file://{source}@{first}#subdirectory=packages/films\n")
    wheels = fetch(tmp_path, home)
    assert lines(wheels) == ["films==1.0"]
    assert members(wheels.files["films-1.0-py3-none-any.whl"], tmp_path / "w.whl")["films.py"] == b"VALUE = 1\n"
    assert wheels.found == (f"films from file://{source}, commit {first[:10]}",)
    write(tmp_path, f"films @ git+file://{source}@{second}#subdirectory=packages/films\n")
    newer = fetch(tmp_path, home).files["films-1.0-py3-none-any.whl"]
    assert members(newer, tmp_path / "w.whl")["films.py"] == b"VALUE = 2\n"


@pytest.mark.parametrize("reference", ["v1", "annotated", "main", ""])
def test_a_branch_or_tag_is_the_commit_that_it_has_now(tmp_path: Path, home: dict[str, str], reference: str) -> None:
    source = tmp_path / "films"
    first = repository(source, "films")
    git(source, "tag", "v1")
    git(source, "tag", "--annotate", "--message", "one", "annotated")
    write(tmp_path, f"films @ git+file://{source}{'@' if reference else ''}{reference}\n")
    assert first[:10] in fetch(tmp_path, home).found[0]


@pytest.mark.parametrize("kind", ["uv", "poetry", "pipenv", "pyproject", "requirements"])
def test_every_kind_of_file_names_git_dependencies(tmp_path: Path, home: dict[str, str], kind: Kind) -> None:
    source = tmp_path / "films"
    first = repository(source, "films", subdirectory="inside")
    url = f"file://{source}"
    write(tmp_path, '[project]\nname = "site"\ndependencies = []\n', "pyproject.toml")
    text = {
        "uv": '[[package]]\nname = "site"\nsource = { virtual = "." }\ndependencies = [{ name = "films" }]\n'
        '[[package]]\nname = "films"\nversion = "1.0"\n'
        f'source = {{ git = "{url}?subdirectory=inside&rev=main#{first}" }}\n',
        "poetry": '[[package]]\nname = "films"\nversion = "1.0"\n[package.source]\ntype = "git"\n'
        f'url = "{url}"\nreference = "main"\nresolved_reference = "{first}"\nsubdirectory = "inside"\n',
        "pipenv": json.dumps({"default": {"films": {"git": url, "ref": first, "subdirectory": "inside"}}}),
        "pyproject": '[project]\nname = "site"\ndependencies = ["films"]\n'
        f'[tool.uv.sources]\nfilms = {{ git = "{url}", rev = "{first}", subdirectory = "inside" }}\n',
        "requirements": f"-e git+{url}@{first}#egg=films&subdirectory=inside\n",
    }[kind]
    write(tmp_path, text, FILES[kind])
    assert lines(fetch(tmp_path, home, kind)) == ["films==1.0"]


def test_a_private_repository_takes_credentials_of_netrc_of_a_variable_and_of_askpass(
    tmp_path: Path, home: dict[str, str], server: Server
) -> None:
    first = repository(tmp_path / "served" / "films", "films")
    place = f"{server.url}/films/.git"
    write(tmp_path, f"films @ git+{place}@{first}\n")
    message = refused(tmp_path, home)
    assert f"git cannot read {place}" in message
    assert "GIT_ASKPASS" in message

    askpass = tmp_path / "askpass"
    askpass.write_text(f"#!/bin/sh\ncase $1 in Username*) echo {USER};; *) echo '{PASSWORD}';; esac\n")
    askpass.chmod(0o755)
    template = place.replace("//", "//${GIT_USER}:${GIT_TOKEN}@")
    for number, (url, given) in enumerate(
        (
            (place, {"GIT_ASKPASS": str(askpass)}),
            (template, {"GIT_USER": USER, "GIT_TOKEN": quote(PASSWORD, safe="")}),
            (place, netrc(home, server)),
        )
    ):
        write(tmp_path, f"films @ git+{url}@{first}\n")
        assert lines(fetch(tmp_path, {**home, **given})) == ["films==1.0"]
        (tmp_path / "cache").rename(tmp_path / f"cache-{number}")


def test_a_compiled_git_dependency_is_refused_because_it_was_compiled_for_this_machine(
    tmp_path: Path, home: dict[str, str]
) -> None:
    first = repository(tmp_path / "films", "films", tag="cp311-cp311-linux_x86_64")
    write(tmp_path, f"films @ git+file://{tmp_path / 'films'}@{first}\n")
    message = refused(tmp_path, home)
    assert "compiled code for this machine" in message
    assert "publish wheels for that platform in a package index" in message


def test_the_code_of_a_package_gets_no_credential_of_the_environment(tmp_path: Path, home: dict[str, str]) -> None:
    first = repository(tmp_path / "films", "films", spy=True)
    write(tmp_path, f"films @ git+file://{tmp_path / 'films'}@{first}\n")
    secrets = dict.fromkeys(
        ("AWS_SECRET_ACCESS_KEY", "PULUMI_CONFIG_PASSPHRASE", "UV_INDEX_X_PASSWORD", "PIP_EXTRA_INDEX_URL"), PASSWORD
    )
    (name, content), _ = sorted(fetch(tmp_path, {**home, **secrets}).files.items())
    environment = members(content, tmp_path / name)["films_environment.py"].decode()
    assert "PATH" in environment
    assert "canary" not in environment


# The cache


@pytest.mark.parametrize("source", ["index", "extra index", "git"])
def test_a_preview_and_an_update_have_the_same_bytes_and_the_second_needs_no_network_and_no_credential(
    tmp_path: Path, home: dict[str, str], server: Server, source: str
) -> None:
    server.add("films", "1.0")
    first = repository(tmp_path / "served" / "films", "films")
    line = {
        "index": f"--index-url {server.index}\nfilms==1.0",
        "extra index": f"--extra-index-url {server.index}\nfilms==1.0\nDjango==5.2",
        "git": f"films @ git+{server.url}/films/.git@{first}",
    }[source]
    write(tmp_path, f"{line}\n")
    Path(home["HOME"], ".netrc").write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    preview = fetch(tmp_path, home)
    Path(home["HOME"], ".netrc").unlink()
    asked = len(server.asked)
    assert fetch(tmp_path, home) == preview
    assert len(server.asked) == asked


def test_the_same_commit_built_twice_is_the_same_wheel(tmp_path: Path, home: dict[str, str]) -> None:
    first = repository(tmp_path / "films", "films")
    write(tmp_path, f"films @ git+file://{tmp_path / 'films'}@{first}\n")
    one = fetch(tmp_path, home)
    (tmp_path / "cache").rename(tmp_path / "cache-of-another-machine")
    assert fetch(tmp_path, home) == one


def test_another_python_platform_version_or_commit_is_another_wheel(
    tmp_path: Path, home: dict[str, str], server: Server
) -> None:
    for version in ("1.0", "2.0"):
        for tag in ("cp312-cp312-linux_aarch64", "cp313-cp313-linux_aarch64", "cp313-cp313-linux_x86_64"):
            server.add("films", version, tag)
    environment = {**home, **login(server)}
    found = set()
    for version in ("1.0", "2.0"):
        write(tmp_path, f"--index-url {server.index}\nfilms=={version}\n")
        for python, architecture in (("3.12", "arm64"), ("3.13", "arm64"), ("3.13", "x86_64")):
            found |= set(fetch(tmp_path, environment, target=Target(python, architecture)).files)
    assert len(found - {"requirements.txt"}) == 6


def test_a_fetch_that_fails_leaves_nothing_that_a_later_one_takes_for_a_wheel(
    tmp_path: Path, home: dict[str, str], server: Server
) -> None:
    write(tmp_path, f"--index-url {server.index}\nfilms==1.0\n")
    refused(tmp_path, {**home, **login(server)})
    server.add("films", "1.0")
    assert lines(fetch(tmp_path, {**home, **login(server)})) == ["films==1.0"]


# A canary


def test_a_message_of_a_tool_has_no_credential_left() -> None:
    known = Credentials(USER, PASSWORD)
    text = (
        f"at https://{USER}:{quote(PASSWORD, safe='')}@a.example/x and {PASSWORD}; at https://other:canary@b.example/"
    )
    assert scrubbed(text, known) == "at https://a.example/x and …; at https://b.example/"


def test_a_credential_is_in_no_argument_file_output_and_result(
    tmp_path: Path,
    home: dict[str, str],
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    server.add("films", "1.0")
    first = repository(tmp_path / "served" / "reels", "reels")
    place = server.url.replace("//", "//${REGISTRY_USER}:${REGISTRY_TOKEN}@")
    write(tmp_path, f"--extra-index-url {place}/simple\nfilms==1.0\nreels @ git+{place}/reels/.git@{first}\n")
    forms = [PASSWORD, quote(PASSWORD, safe=""), base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()]
    ran: list[list[str]] = []
    run = subprocess.run

    def recorded(command: list[str], **options: Any) -> Any:
        done = run(command, **options)
        ran.append(command)
        # While temporary files are still there.
        for path in (one for name in ("scratch", "cache", "home") for one in (tmp_path / name).rglob("*")):
            if path.is_file():
                assert not [form for form in forms if form.encode() in path.read_bytes()], path
        assert not [form for form in forms if form in done.stdout + done.stderr], command
        return done

    monkeypatch.setattr(subprocess, "run", recorded)
    wheels = fetch(tmp_path, {**home, "REGISTRY_USER": USER, "REGISTRY_TOKEN": quote(PASSWORD, safe="")})
    assert lines(wheels) == ["films==1.0", "reels==1.0"]
    assert {command[0] for command in ran} == {"git", sys.executable}
    printed = capfd.readouterr()
    for form in forms:
        assert form not in json.dumps(ran)
        assert form not in printed.out + printed.err + str(wheels.found)
        assert not [name for name, content in wheels.files.items() if form.encode() in content]
    assert list((tmp_path / "scratch").iterdir()) == []
