"""Two releases of the site on one database and one bucket, as on AWS: an owner without superuser rights, roles, S3."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3

from tests.docker.applications import Build, copy_of_the_demo, staged
from tests.docker.site import DATABASE_URL, VERIFIED, Site, docker

BUCKET = "preqly-media-of-releases"
OWNER = "postgres://rdsmaster:onlyfortests2@db.test:5432/shop"
KEY = "only-for-tests-the-key-of-the-first-release-0123456789"
# Long, for a busy machine; test_start.py tests the wait itself.
ON_AWS = {
    "DATABASE_WAIT_SECONDS": "120",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
}


PASSWORD = "onlyfortests3"


def login(role: str, password: str = PASSWORD) -> str:
    """URL of the database for a role."""
    return f"postgres://{role}:{password}@db.test:5432/shop{VERIFIED}"


@dataclass(frozen=True)
class Ended:
    """The end of a container."""

    code: int
    output: str

    @property
    def state(self) -> dict[str, Any]:
        """The line of JSON with the release's state."""
        (line,) = [line for line in self.output.splitlines() if '"event": "release_state"' in line]
        found: dict[str, Any] = json.loads(line)
        return found


@dataclass(frozen=True)
class Stage:
    """Database and bucket of a site, with commands and containers of two releases."""

    site: Site
    endpoint: str
    later: dict[str, str]
    """Images of the second release."""

    @property
    def store(self) -> Any:
        """A client for the bucket."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def of(self, release: int) -> Site:
        """The same network with the images of release 1 or 2."""
        return self.site if release == 1 else replace(self.site, images=self.later)

    def begin(self, *command: str, release: int = 1, role: str = "preqly_app_a", **changes: str) -> str:
        """Start a command as the migration task does; returns the container's id."""
        names = {"DATABASE_URL": OWNER + VERIFIED, "APPLICATION_DATABASE_URL": login(role)} | changes
        return self.of(release).web(*self._variables(names), command=("python", "manage.py", *command))

    def end(self, container: str) -> Ended:
        """Wait for the container to end."""
        code = int(docker("wait", container).stdout)
        logs = docker("logs", container)
        return Ended(code, logs.stdout + logs.stderr)

    def run(self, *command: str, release: int = 1, role: str = "preqly_app_a", **changes: str) -> Ended:
        """Start a command as the migration task does, and wait for it."""
        return self.end(self.begin(*command, release=release, role=role, **changes))

    def schedule(self, name: str, time: str = "", role: str = "preqly_app_a") -> Ended:
        """One run of a schedule, as EventBridge Scheduler starts it."""
        names = {"DATABASE_URL": login(role), "SECRET_KEY": KEY, "SCHEDULED_TIME": time}
        command = ("python", "-m", "django_hosting", "schedule", name)
        return self.end(self.site.web(*self._variables(names), command=command))

    def serve(self, name: str, release: int = 1, role: str = "preqly_app_a", **changes: str) -> tuple[str, int]:
        """Start application and proxy, under a role without tables; returns the application's id and the TLS port."""
        site = self.of(release)
        names = {"DATABASE_URL": login(role), "SECRET_KEY": KEY} | changes
        web = site.web(*self._variables(names), name=name)
        _, _, tls = site.proxy(UPSTREAM=f"{name}:8005")
        return web, tls

    def sql(self, statement: str, url: str = DATABASE_URL, detach: bool = False, check: bool = True) -> str:
        """Output of psql, as the server's superuser unless the URL names another role."""
        database = self.site.started[0]
        flags = ("--detach",) if detach else ()
        plain = url.partition("?")[0].replace("@db.test", "@127.0.0.1")
        done = docker("exec", *flags, database, "psql", plain, "-qAtXc", statement, check=check)
        return (done.stdout + done.stderr).strip()

    def _variables(self, changes: dict[str, str]) -> list[str]:
        found = ON_AWS | {"AWS_ENDPOINT_URL": self.endpoint, "MEDIA_BUCKET": BUCKET} | changes
        return [word for name, value in found.items() for word in ("--env", f"{name}={value}")]


def build_another(build: Build, folder: Path) -> dict[str, str]:
    """Images, per target, of a release with one static file changed and one renamed."""
    app = copy_of_the_demo(folder / "app")
    with (app / "core/static/core/site.css").open("a") as style:
        style.write(".later { color: inherit; }\n")
    (app / "core/static/core/icon.svg").rename(app / "core/static/core/emblem.svg")
    for file in [*app.rglob("*.html"), *app.rglob("*.py")]:
        if "core/icon.svg" in (text := file.read_text()):
            file.write_text(text.replace("core/icon.svg", "core/emblem.svg"))
    context = staged(app, folder / "context")
    found = {target: f"preqly-docker-tests/{target}-later" for target in ("web", "proxy")}
    for target, image in found.items():
        build(target, "--load", "--build-arg", "REVISION=later", "--tag", image, context=context)
    return found


def hashed_names(image: str) -> dict[str, str]:
    """Hashed name of each static file of a release."""
    found: dict[str, str] = json.loads(docker("run", "--rm", image, "cat", "/app/.static/staticfiles.json").stdout)[
        "paths"
    ]
    return found


def static_files(image: str, hashed: list[str], folder: Path) -> dict[str, bytes]:
    """Content of these static files in the proxy's image."""
    container = docker("create", image).stdout.strip()
    folder.mkdir()
    docker("cp", f"{container}:/srv/www/static", folder)
    docker("rm", container)
    return {name: (folder / "static" / name).read_bytes() for name in hashed}
