"""Wheels from a package index, by pip. The index alone is asked, so no package of the same name elsewhere is taken."""

import base64
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

from infra.images.private.credentials import credentials_for, scrubbed, ways
from infra.images.private.model import Index, Package, PrivatePackagesError
from infra.images.private.target import Target
from infra.problem import Problem

SECONDS = 60
KEPT = (
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_PROXY",
    "PIP_RETRIES",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_TRUSTED_HOST",
    "PIP_CONFIG_FILE",
)
"""Settings of pip that the person's environment keeps; others could lead to other files."""


def has(index: Index, name: str, environment: Mapping[str, str]) -> bool:
    """Whether an index has a package of this name. Raises PrivatePackagesError when it does not say."""
    if not index.url.startswith(("http://", "https://")):
        raise PrivatePackagesError([unanswered(index, name, "it is not at an https:// URL")])
    request = urllib.request.Request(f"{index.url}/{name}/", headers={"Accept": "text/html, */*;q=0.1"})  # noqa: S310
    if login := credentials_for(index, environment):
        token = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
        # Not sent to where the index redirects.
        request.add_unredirected_header("Authorization", f"Basic {token}")
    try:
        with urllib.request.urlopen(request, timeout=SECONDS, context=_authorities(environment)):  # noqa: S310
            return True
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return False
        if error.code in (401, 403):
            raise PrivatePackagesError([refused(index, name, bool(login))]) from None
        raise PrivatePackagesError([unanswered(index, name, f"{error.code} {error.reason}")]) from None
    except OSError as error:
        raise PrivatePackagesError([unanswered(index, name, str(getattr(error, "reason", error)))]) from None


def _authorities(environment: Mapping[str, str]) -> ssl.SSLContext:
    file = environment.get("PIP_CERT") or environment.get("REQUESTS_CA_BUNDLE")
    return ssl.create_default_context(cafile=file)


def refused(index: Index, name: str, given: bool) -> Problem:
    """The index asks for credentials, or for others."""
    what = "refuses the environment's credentials" if given else "asks for credentials, and the environment has none"
    return Problem(name, None, f"the index {index.url} {what}", ways(index))


def unanswered(index: Index, name: str, reason: str) -> Problem:
    """The index does not answer as an index does."""
    return Problem(name, None, f"the index {index.url} does not answer: {reason}", "check the URL and the network")


def download(
    index: Index, packages: Sequence[Package], target: Target, folder: Path, environment: Mapping[str, str]
) -> list[Problem]:
    """Download packages of an index as wheels for the target into a folder; return what went wrong.

    All of them have hashes, or none has.
    """
    problems: list[Problem] = []
    there: list[Package] = []
    for package in packages:
        # Asked before pip: its messages do not tell a missing package from missing credentials.
        try:
            if has(index, package.name, environment):
                there.append(package)
            else:
                rule, fix = f"the index {index.url} has no such package", f"correct its name or index in {package.file}"
                problems.append(Problem(package.name, None, rule, fix))
        except PrivatePackagesError as error:
            problems += error.problems
    # Together, because pip takes a second to start; one by one to name those that fail.
    if there and _pip_download(index, there, target, folder, environment):
        failed = {one: _pip_download(index, [one], target, folder, environment) for one in there}
        problems += [_failed(index, one, target, output) for one, output in failed.items() if output]
    return problems


def _pip_download(
    index: Index, packages: Sequence[Package], target: Target, folder: Path, environment: Mapping[str, str]
) -> str:
    """Run pip; return what it says when it fails."""
    words = ["download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--dest", str(folder)]
    words += ["--implementation", "cp", "--python-version", target.python]
    words += [word for platform in target.platforms for word in ("--platform", platform)]
    lines = [f"{one.name}{one.specifier}{''.join(f' --hash={text}' for text in one.hashes)}" for one in packages]
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "requirements.txt")
        file.write_text("\n".join([f"--index-url {_templated(index, environment)}", *lines]))
        done = run_pip([*words, "--requirement", str(file)], _environment(index, environment), scratch)
    output = (done.stdout + done.stderr) or "pip says nothing"
    return scrubbed(output, credentials_for(index, environment)) if done.returncode else ""


def run_pip(
    words: Sequence[str], environment: Mapping[str, str], folder: str | Path
) -> "subprocess.CompletedProcess[str]":
    """Run pip; its output may hold text of the index."""
    command = [sys.executable, "-m", "pip", *words, "--disable-pip-version-check", "--no-input", "--no-color"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, umask=0o022
    )


def pip_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without settings of pip and uv that lead to other files, and without their credentials."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(("PIP_", "UV_", "POETRY_")) or name in KEPT
    }


def _templated(index: Index, environment: Mapping[str, str]) -> str:
    """The URL with the variables that `_environment` sets: pip replaces them, so no file holds a credential."""
    if credentials_for(index, environment) is None:
        return index.url
    place = urlsplit(index.url)
    return place._replace(netloc=f"${{INDEX_USER}}:${{INDEX_PASSWORD}}@{place.netloc}").geturl()


def _environment(index: Index, environment: Mapping[str, str]) -> dict[str, str]:
    login = credentials_for(index, environment)
    if login is None:
        return pip_environment(environment)
    known = {"INDEX_USER": quote(login.user, safe=""), "INDEX_PASSWORD": quote(login.password, safe="")}
    return {**pip_environment(environment), **known}


def _failed(index: Index, package: Package, target: Target, output: str) -> Problem:
    if "DO NOT MATCH THE HASHES" in output:
        rule = f"the index {index.url} has other bytes than those whose hashes {package.file} has"
        return Problem(package.name, None, rule, "find out who changed them; to accept them, lock again")
    if "No matching distribution" in output or "Could not find a version" in output:
        wanted = f"{package.specifier or 'any version'} as a wheel for {target}"
        fix = f"publish such a wheel there, or change the version in {package.file}"
        return Problem(package.name, None, f"the index {index.url} does not have {wanted}", fix)
    if "401" in output or "403" in output:
        return refused(index, package.name, given=True)
    return unanswered(index, package.name, output.strip().splitlines()[-1])
