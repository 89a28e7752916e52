"""The oldest Django on Debian 12's Python, and the newest on Debian 13's, with PostgreSQL, in containers."""

import platform
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from start import PACKAGE

sys.path += [str(PACKAGE.parents[1]), str(PACKAGE.parent / "embedded-cloud" / "src")]
from embedded_cloud.images import images
from local.setup import debian

pytestmark = pytest.mark.containers
CASES = {
    # psycopg2 is what projects of that time have.
    "Django 4.2, Debian 12, psycopg2": ("python3.11", "3.11", "4.2", ("psycopg2-binary==2.9.12",)),
    "Django 6, Debian 13, psycopg 3": ("python", "3.13", "6", ()),
}
POSTGRES = """
set -e
echo "$PASSWORD" > /tmp/password
initdb --pgdata /tmp/data --username site --pwfile /tmp/password --auth-host scram-sha-256 > /dev/null
echo "host all all all scram-sha-256" >> /tmp/data/pg_hba.conf
exec postgres -D /tmp/data -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off
"""


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout.strip()


def base_image(role: str) -> str:
    """The official image, or the one of Debian's packages where no registry answers."""
    log = Path(tempfile.gettempdir()) / "debootstrap.log"
    return images.ensure([role], print, lambda release: debian.bootstrap(release, print, log))[role]


@pytest.fixture(scope="module")
def database() -> Iterator[tuple[str, str]]:
    """A network with PostgreSQL in it, and its owner's password."""
    network = password = f"hosting-{secrets.token_hex(4)}"
    image = base_image("postgres")
    docker("network", "create", "--internal", network)
    command = ("--network", network, "--network-alias", "db", "--env", f"PASSWORD={password}", "--user", "postgres")
    container = docker("run", "--detach", "--rm", *command, "--entrypoint", "sh", image, "-c", POSTGRES)
    yield network, password
    docker("rm", "--force", container)
    docker("network", "rm", network)


def wheels(folder: Path, version: str, django: str, drivers: tuple[str, ...]) -> Path:
    """What pip installs in the container, which reaches no package index."""
    machine = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
    platforms = [f"--platform=manylinux{one}_{machine}" for one in ("2014", "_2_17", "_2_28")]
    target = [*platforms, f"--python-version={version}", "--only-binary=:all:", f"--dest={folder}"]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    later = f"{django}.999" if "." in django else f"{django}.999999"
    subprocess.run([*pip, *target, f"Django>={django},<{later}", *drivers], check=True)
    # pip evaluates markers for its own Python, so they are left out: the container's may need what this one has not.
    (folder / "platform.txt").write_text(re.sub(r" ; .*? \\", " \\\\", (PACKAGE / "platform.txt").read_text()))
    subprocess.run([*pip, *target, "--no-deps", "--require-hashes", "-r", folder / "platform.txt"], check=True)
    if drivers:
        for file in folder.glob("psycopg*-3*"):
            file.unlink()
    return folder


@pytest.mark.parametrize("case", CASES)
def test_a_new_project_is_built_migrated_and_served(
    case: str, database: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    role, version, django, drivers = CASES[case]
    network, password = database
    # One for each case: roles and tables of another are none of its business.
    folder = wheels(tmp_path_factory.mktemp("wheels"), version, django, drivers)
    image = base_image(role)
    name = f"d{secrets.token_hex(4)}"
    urls = [
        f"OWNER_URL=postgres://site:{password}@db:5432/{name}",
        f"APPLICATION_URL=postgres://{name}_app_a:{password}@db:5432/{name}",
    ]
    install = "python3 -m venv /opt/v && /opt/v/bin/pip install -q --no-index --find-links /wheels /wheels/*.whl"
    create = f"/opt/v/bin/python /matrix/create.py {name}"
    steps = f"/opt/v/bin/pip check && {create} && " + " && ".join(
        f"rm -rf /tmp/site && /opt/v/bin/python /matrix/scenario.py {server}" for server in ("wsgi", "asgi")
    )
    options = ["--rm", "--network", network, "--env", "PYTHONPATH=/src", "--env", "PYTHONDONTWRITEBYTECODE=1"]
    for variable in [*urls, f"PGPASSWORD={password}"]:
        options += ["--env", variable]
    for source, target in ((folder, "/wheels"), (PACKAGE / "src", "/src"), (PACKAGE / "tests/matrix", "/matrix")):
        options += ["--volume", f"{source}:{target}:ro"]
    output = docker("run", *options, image, "sh", "-c", f"{install} && {steps}")
    assert output.count("everything works") == 2, output
