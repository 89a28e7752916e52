"""Wheels of packages in git repositories: one commit is checked out and built on this machine."""

import base64
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from packaging.utils import parse_wheel_filename

from infra.images.private.credentials import credentials_for, scrubbed, ways
from infra.images.private.index import pip_environment, run_pip
from infra.images.private.model import Package, PrivatePackagesError, Repository
from infra.images.private.target import Target
from infra.problem import Problem

SECONDS = 600
_BUILD_NEEDS = re.compile(r"PATH|HOME|LANG|LC_.*|TMPDIR|SSL_CERT_.*|\w+_CA_BUNDLE|(https?|no)_proxy", re.I)
"""Variables that a build gets: its code is the package's, which needs no credential of this machine."""


def pinned(package: Package, repository: Repository, environment: Mapping[str, str]) -> Package:
    """The package at the commit that its branch or tag has now. Raises PrivatePackagesError."""
    if repository.pinned:
        return package
    wanted = repository.reference or "HEAD"
    listed = _git(["ls-remote", "--", repository.url], package.name, repository, environment)
    commits = {name: commit for commit, name in (line.split("\t") for line in listed.splitlines())}
    # A tag with a message has a commit behind it.
    names = (f"refs/tags/{wanted}^{{}}", f"refs/tags/{wanted}", f"refs/heads/{wanted}", wanted)
    commit = next((commits[name] for name in names if name in commits), None)
    if commit is None:
        rule = f"{repository.url} has neither a tag nor a branch {wanted}"
        fix = f"name a tag, a branch or all 40 digits of a commit in {package.file}"
        raise PrivatePackagesError([Problem(package.name, None, rule, fix)])
    return replace(package, repository=replace(repository, reference=commit))


def build(
    package: Package, repository: Repository, target: Target, folder: Path, environment: Mapping[str, str]
) -> list[Problem]:
    """Build the wheel of a package at its commit into a folder; return what is wrong with it.

    Raises PrivatePackagesError when there is none.
    """
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch, "source")
        for words in (
            ["clone", "--quiet", "--no-checkout", "--", repository.url, str(place)],
            ["-C", str(place), "checkout", "--quiet", "--detach", repository.reference],
            ["-C", str(place), "submodule", "--quiet", "update", "--init", "--recursive"],
        ):
            _git(words, package.name, repository, environment)
        time = _git(["-C", str(place), "log", "-1", "--format=%ct"], package.name, repository, environment).strip()
        variables = {**_for_build(environment), "SOURCE_DATE_EPOCH": time}
        _build_wheel(package.name, repository, place / repository.subdirectory, folder, variables)
    (wheel,) = folder.glob("*.whl")
    if not any(tag.platform == "any" for tag in parse_wheel_filename(wheel.name)[3]):
        rule = f"its wheel has compiled code for this machine ({wheel.name}), and the images need {target}"
        fix = "publish wheels for that platform in a package index, and name the index instead of the repository"
        wheel.unlink()
        return [Problem(package.name, None, rule, fix)]
    if parse_wheel_filename(wheel.name)[0] != package.name:
        rule = f"{repository.url} holds the package {parse_wheel_filename(wheel.name)[0]}"
        return [Problem(package.name, None, rule, f"correct the name in {package.file}")]
    return []


def _build_wheel(name: str, repository: Repository, source: Path, folder: Path, environment: Mapping[str, str]) -> None:
    words = ["wheel", "--no-deps", "--no-cache-dir", "--wheel-dir", str(folder), str(source)]
    done = run_pip(words, environment, source.parent)
    if done.returncode:
        message = last_line(scrubbed(done.stderr, None))
        rule = f"{repository.url} at {repository.reference[:10]} does not build: {message}"
        raise PrivatePackagesError([Problem(name, None, rule, "see that `pip wheel` builds it in a checkout")])


def _for_build(environment: Mapping[str, str]) -> dict[str, str]:
    known = pip_environment(environment)
    return {name: value for name, value in known.items() if _BUILD_NEEDS.fullmatch(name) or name.startswith("PIP_")}


def _git(words: list[str], name: str, repository: Repository, environment: Mapping[str, str]) -> str:
    variables = {
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
        **environment,
        "GIT_TERMINAL_PROMPT": "0",
        **_header(repository, environment),
    }
    try:
        done = subprocess.run(
            ["git", *words], env=variables, capture_output=True, text=True, check=False, timeout=SECONDS, umask=0o022
        )
    except FileNotFoundError:
        raise PrivatePackagesError([Problem(name, None, "git is not installed", "install git")]) from None
    except subprocess.TimeoutExpired:
        rule = f"{repository.url} does not answer in {SECONDS} seconds"
        raise PrivatePackagesError([Problem(name, None, rule, "check the URL and the network")]) from None
    if done.returncode:
        message = last_line(scrubbed(done.stderr, credentials_for(repository, environment)))
        rule = f"git cannot read {repository.url}: {message}"
        fix = f"check the URL and the reference; with credentials: {ways(repository)}"
        raise PrivatePackagesError([Problem(name, None, rule, fix)])
    return done.stdout


def _header(repository: Repository, environment: Mapping[str, str]) -> dict[str, str]:
    """Credentials that the file names by variables, or .netrc has, for git's requests to this host alone."""
    login = credentials_for(repository, environment)
    if login is None or not repository.url.startswith("http"):
        return {}
    token = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    place, count = urlsplit(repository.url), int(environment.get("GIT_CONFIG_COUNT") or 0)
    return {
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": f"http.{place.scheme}://{place.netloc}/.extraHeader",
        f"GIT_CONFIG_VALUE_{count}": f"Authorization: Basic {token}",
    }


def last_line(output: str) -> str:
    """The last line of a tool's messages."""
    return (output.strip().splitlines() or ["it says nothing"])[-1]
