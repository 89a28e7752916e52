"""The containers of the web and migration tasks. Pure: no resources."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.ecs import server
from infra.release.spec import ReleaseSpec
from infra.secrets.detection import why_secret
from infra.secrets.reference import VERSION_LABEL

PROXY_PORT = 8443
"""HTTPS port of the proxy, the only port of a task that the load balancer reaches."""
WEB_PORT = 8005
"""Port of gunicorn on the task's loopback interface."""
MIGRATION_COMMAND = ("python", "manage.py", "migrate", "--noinput")
HEALTH_CHECK = ("CMD", "/usr/local/bin/healthcheck")
"""Of the images of web and proxy, whether they answer."""
PROXY_TMP_MIB = 128
"""Room in nginx.conf for 60 MB of uploads, 16 MB of cached pages, and responses that visitors take slowly."""
OWNER_KEY = "OWNER_DATABASE_URL"
"""Key of the one value that containers read without a version of the secret.

A rotation changes the owner's password in place, so an earlier version of this value opens the database to no release.
All other values stay valid beside those of the next release.
"""
WEB_SECRETS = {
    "DATABASE_URL": "DATABASE_URL",
    "EMAIL_URL": "EMAIL_URL",
    "SECRET_KEY": "SECRET_KEY",
    "SECRET_KEY_FALLBACKS": "SECRET_KEY_FALLBACKS",
}
"""Secret variables of the web container, with their keys in the application's secret."""
MIGRATION_SECRETS = {
    **WEB_SECRETS,
    "DATABASE_URL": OWNER_KEY,
    "APPLICATION_DATABASE_URL": "DATABASE_URL",
}
"""Those of the migration container, the only one that connects as the owner of the tables."""
SECRET_KEYS = tuple(sorted({*WEB_SECRETS.values(), *MIGRATION_SECRETS.values()}))
"""Keys of the application's secret."""

# The agent of ECS Exec writes here, also with a read-only root (aws/containers-roadmap#1359).
EXEC_PATHS = {
    "exec-agents": "/managed-agents",
    "exec-state": "/var/lib/amazon/ssm",
    "exec-logs": "/var/log/amazon/ssm",
}
# Uploads wait here until the application has read them: on the task's disk, because hosting.toml may allow bodies that
# are larger than its memory. The image says who owns it (docker/Dockerfile).
UPLOAD_PATHS = {"uploads": "/srv/uploads"}
WEB_VOLUMES = {**EXEC_PATHS, **UPLOAD_PATHS}


class ContainerError(ValueError):
    """A container has a secret among its plain environment variables."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container of a task. Raises ContainerError when a plain environment variable looks like a secret."""

    name: str
    image: str
    """Reference by digest."""
    environment: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Variables that ECS reads from the application's secret: name to key."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Variables that ECS reads from other secrets: name to `valueFrom`."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Docker labels."""
    public: Collection[str] = ()
    """Plain variables that may look like secrets."""
    port: int | None = None
    """Port that the load balancer reaches; None for a container that serves its own task only."""
    command: tuple[str, ...] = ()
    """Overrides the image's command; empty keeps it."""
    starts_after: tuple[str, ...] = ()
    health_check: tuple[str, ...] = HEALTH_CHECK
    """In ECS's form; empty for a container that ends by itself."""
    start_seconds: int = 30
    """Time that the start may take before failed health checks count."""
    stop_seconds: int = 10
    """Time from the signal to stop to the kill."""
    tmp_mib: int = 64
    """Size of /tmp, in the task's memory."""
    init: bool = False
    """Whether an init passes signals on: one that a first process does not handle is lost, so it would not stop."""
    volumes: Mapping[str, str] = field(default_factory=dict)
    """Empty writable volumes: name to path. Root owns them, unless the image declares the path as a volume."""

    def __post_init__(self) -> None:
        for name, value in self.environment.items():
            if name not in self.public and why_secret(name, value):
                raise ContainerError(
                    f"container {self.name}: variable {name} looks like a secret, and everyone with "
                    "ecs:DescribeTaskDefinition can read plain variables. Add it to the application's secret "
                    "(infra/data/application_secrets.py) and to WEB_SECRETS (infra/ecs/containers.py)."
                )


@dataclass(frozen=True, kw_only=True)
class Variables:
    """The application's own variables, for every container that runs its code."""

    plain: Mapping[str, str] = field(default_factory=dict)
    public: Collection[str] = ()
    """Names in `plain` that may look like secrets."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Secrets: name to `valueFrom`."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Version that AWS has now of each secret whose reference names none, by variable."""

    def of_container(self, environment: Mapping[str, str]) -> dict[str, Any]:
        """Arguments of a container that has these variables and the platform's."""
        return {
            "environment": {**self.plain, **environment},
            "public": self.public,
            "references": self.references,
            "labels": {f"{VERSION_LABEL}{name}": version for name, version in self.versions.items()},
        }


NO_VARIABLES = Variables()


def platform_variables() -> frozenset[str]:
    """Names of the variables that the platform gives to the containers of the application."""
    plain = application_environment(
        domains=(), allowed_hosts=(), sender="", media_bucket="", cpu=1024, threads=1, request_timeout=1
    )
    return frozenset((*plain, *MIGRATION_SECRETS, "RELEASE"))


def application_environment(
    *,
    domains: Sequence[str],
    allowed_hosts: Sequence[str],
    sender: str,
    media_bucket: str,
    cpu: int,
    threads: int,
    request_timeout: int,
) -> dict[str, str]:
    """Plain variables of the application.

    `domains` starts with the main one; `cpu` is in units (1024 = one vCPU), `threads` count for each process, and
    `request_timeout` is in seconds.
    """
    return {
        "ALLOWED_HOSTS": ",".join((*domains, *allowed_hosts)),
        "CSRF_TRUSTED_ORIGINS": ",".join(f"https://{domain}" for domain in domains),
        "DEFAULT_FROM_EMAIL": sender,
        "MEDIA_BUCKET": media_bucket,
        "WEB_CONCURRENCY": str(server.workers(cpu)),
        "WEB_THREADS": str(threads),
        "REQUEST_TIMEOUT": str(request_timeout),
    }


def web_containers(
    spec: ReleaseSpec,
    environment: Mapping[str, str],
    vpc_cidr: str,
    trusted_proxies: Sequence[str] = (),
    variables: Variables = NO_VARIABLES,
    sockets: bool = False,
) -> tuple[Container, ...]:
    """The containers of a serving task: nginx in front of gunicorn.

    The load balancer is in `vpc_cidr`; nginx believes what it adds to the forwarding headers. `trusted_proxies` are the
    networks of a CDN in front of the load balancer. `sockets` says whether the application has WebSockets.
    """
    web = Container(
        name="web",
        image=spec.web_image,
        **variables.of_container({**environment, "RELEASE": spec.tag}),
        secrets=WEB_SECRETS,
        volumes=WEB_VOLUMES,
    )
    proxy = Container(
        name="proxy",
        image=spec.proxy_image,
        environment={
            # The images of every release on record know this name; a rollback starts them with today's variables.
            "TRUSTED_PROXIES": vpc_cidr,
            "CDN_NETWORKS": ",".join(trusted_proxies),
            "REQUEST_TIMEOUT": environment["REQUEST_TIMEOUT"],
            "UPSTREAM": f"127.0.0.1:{WEB_PORT}",
        },
        port=PROXY_PORT,
        tmp_mib=PROXY_TMP_MIB,
        # ECS stops in reverse: the proxy lets requests end first. It would wait for WebSockets in vain, which the
        # application closes after its own signal, so with them both get it at once.
        # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
        starts_after=() if sockets else (web.name,),
    )
    return web, proxy


def command_container(
    name: str,
    command: tuple[str, ...],
    spec: ReleaseSpec,
    environment: Mapping[str, str],
    variables: Variables = NO_VARIABLES,
) -> Container:
    """A container that runs a command in the release's image, with its variables and secrets."""
    return Container(
        name=name,
        image=spec.web_image,
        **variables.of_container({**environment, "RELEASE": spec.tag}),
        secrets=WEB_SECRETS,
        command=command,
        health_check=(),
        init=True,
        volumes=EXEC_PATHS,
    )
