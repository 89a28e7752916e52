"""The containers of a task, described once for every kind of hosting. Pure: no resources."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

PROXY_PORT = 8443
"""Where the proxy speaks TLS; the only port of a task that others reach."""
WEB_PORT = 8005
"""Where gunicorn listens, on the task's own loopback."""
MIGRATION_COMMAND = ("python", "manage.py", "migrate", "--noinput")
OWNER_KEY = "OWNER_DATABASE_URL"
"""Key of the one value that is read as it is now, whatever version of the secret a release names.

The owner's password is changed in place, early in an update: once that has happened no other one opens the database, to
no release. All other values belong to a release and stay beside those of the next one.
"""
WEB_SECRETS = {
    "DATABASE_URL": "DATABASE_URL",
    "EMAIL_URL": "EMAIL_URL",
    "SECRET_KEY": "SECRET_KEY",
    "SECRET_KEY_FALLBACKS": "SECRET_KEY_FALLBACKS",
}
"""Variables of what serves, and the keys of the application's secret that hold their values."""
MIGRATION_SECRETS = {
    **WEB_SECRETS,
    "DATABASE_URL": OWNER_KEY,
    "APPLICATION_DATABASE_URL": "DATABASE_URL",
}
"""Those of the tasks around a release: they alone are told the role that owns the tables."""
SECRET_KEYS = tuple(sorted({*WEB_SECRETS.values(), *MIGRATION_SECRETS.values()}))
"""Keys of the application's secret."""

# What the agent of ECS Exec writes to when the root is read-only (aws/containers-roadmap#1359).
EXEC_PATHS = {
    "exec-agents": "/managed-agents",
    "exec-state": "/var/lib/amazon/ssm",
    "exec-logs": "/var/log/amazon/ssm",
}

# Wider than ECS.8, which knows three names only.
_SECRET_NAME = re.compile(r"SECRET|PASSWORD|PASSWD|TOKEN|KEY|CREDENTIAL|DATABASE_URL|EMAIL_URL|ECS_ENGINE_AUTH", re.I)
_URL_WITH_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@")


class WorkloadError(ValueError):
    """A container is described in a way the product refuses; the message is for the operator."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container of a task. Raises WorkloadError when a variable in the clear looks like a secret."""

    name: str
    image: str
    """Reference by digest."""
    environment: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Variables whose values the platform reads from the application's secret: name to key."""
    port: int | None = None
    """The port others reach; None keeps the container to its own task."""
    command: tuple[str, ...] = ()
    """Replaces the image's command; empty keeps it."""
    starts_after: tuple[str, ...] = ()
    health_checked: bool = True
    volumes: Mapping[str, str] = field(default_factory=dict)
    """Empty writable volumes: name to path. They belong to root."""

    def __post_init__(self) -> None:
        for name, value in self.environment.items():
            if _SECRET_NAME.search(name) or _URL_WITH_PASSWORD.search(value):
                raise WorkloadError(
                    f"container {self.name}: variable {name} looks like a secret, and task definitions can be read by "
                    "everyone with ecs:DescribeTaskDefinition. Add it to the application's secret (infra/secrets.py) "
                    "and name it in `secrets`."
                )


@dataclass(frozen=True, kw_only=True)
class Release:
    """One release of the application in one place, all in plain values."""

    web_image: str
    proxy_image: str
    version: str
    """Tag of the web image."""
    domains: tuple[str, ...]
    """Names the site answers under, the first is the main one."""
    allowed_hosts: tuple[str, ...]
    """Further Host names the application accepts."""
    sender: str
    """The address the site's mail comes from."""
    media_bucket: str
    vpc_cidr: str
    """Whose forwarding headers the proxy believes: the load balancer lives there."""
    cpu: int
    """CPU units of the task (1024 = one vCPU)."""


def web_service(release: Release) -> tuple[Container, ...]:
    """The containers that serve the site: nginx in front of gunicorn."""
    web = Container(
        name="web",
        image=release.web_image,
        environment=_application_environment(release),
        secrets=WEB_SECRETS,
        volumes=EXEC_PATHS,
    )
    proxy = Container(
        name="proxy",
        image=release.proxy_image,
        environment={"TRUSTED_PROXIES": release.vpc_cidr, "UPSTREAM": f"127.0.0.1:{WEB_PORT}"},
        port=PROXY_PORT,
        starts_after=(web.name,),
    )
    return web, proxy


def migration(release: Release) -> tuple[Container, ...]:
    """The one-off task that brings the database to this release, and other commands around it."""
    return (
        Container(
            name="migrate",
            image=release.web_image,
            environment=_application_environment(release),
            secrets=MIGRATION_SECRETS,
            command=MIGRATION_COMMAND,
            health_checked=False,
        ),
    )


def _application_environment(release: Release) -> dict[str, str]:
    vcpus = max(1, release.cpu // 1024)
    return {
        "ALLOWED_HOSTS": ",".join((*release.domains, *release.allowed_hosts)),
        "CSRF_TRUSTED_ORIGINS": ",".join(f"https://{domain}" for domain in release.domains),
        "DEFAULT_FROM_EMAIL": release.sender,
        "MEDIA_BUCKET": release.media_bucket,
        "RELEASE": release.version,
        # Two processes of two threads per vCPU cost the fewest CPU milliseconds per request.
        "WEB_CONCURRENCY": str(2 * vcpus),
        "WEB_THREADS": "2",
    }
