"""`[proxy]` of hosting.toml: nginx in front of the application."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from infra.application.fields import Folder, Header, HeaderValue, SecretPath, UrlPath
from infra.ecs import server
from infra.table import Table


class ProxyPath(Table):
    """Limits of one path."""

    path: UrlPath = Field(description="A path, or with `*` at its end all that begin so.")
    body_mib: int | None = Field(
        default=None, ge=1, le=1024, description="Largest request body in MiB; as `proxy.body_mib` without it."
    )
    seconds: int | None = Field(
        default=None,
        ge=1,
        le=server.LONGEST_REQUEST,
        description="Longest time of a request; as the stack's requestTimeoutSeconds without it. A rollout waits 5 s "
        "longer than the longest of all paths for the tasks that it replaces.",
    )


def _separate_paths(paths: tuple[ProxyPath, ...]) -> tuple[ProxyPath, ...]:
    """Each path is a location of nginx, which does not start with one of them twice."""
    names = [one.path for one in paths]
    if "/*" in names:
        raise ValueError("/* is the whole site; write proxy.body_mib, or set the stack's requestTimeoutSeconds")
    if own := next((name for name in names if name == "/healthz" or name.startswith("/-/")), None):
        raise ValueError(f"{own} is the platform's own; remove it")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"it has {twice} twice; write its limits into one entry")
    return paths


class Rate(Table):
    """How often one visitor may call a path."""

    path: UrlPath = Field(description="A path, or with `*` at its end all that begin so.")
    methods: tuple[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], ...] = Field(
        default=("POST",), min_length=1, description="Methods that count."
    )
    per_minute: int = Field(ge=1, le=6000, description="Requests a minute; more are answered 429.")
    burst: int = Field(default=20, ge=0, le=6000, description="Requests that may come at once before the rate counts.")


class Proxy(Table):
    """nginx in front of the application."""

    body_mib: int = Field(
        default=10,
        ge=1,
        le=1024,
        description="Largest body of a request in MiB. It also decides how many bodies above 100 kB a task takes at a "
        "time: 60 MiB of the largest that any path may have, so 12 of 5 MiB, and 6 from 10 MiB on; 4 of one visitor. "
        "More are answered 429.",
    )
    paths: Annotated[tuple[ProxyPath, ...], AfterValidator(_separate_paths)] = Field(
        default=(), description="Paths with other limits."
    )
    rates: tuple[Rate, ...] = Field(
        default=(),
        description="Limits of the number of requests of one visitor. Those with the same numbers count together.",
    )
    headers: dict[Header, HeaderValue] = Field(
        default={},
        description="Headers of responses in which the application does not set them itself. An empty value turns "
        "one of the proxy's own off.",
    )
    secret_paths: tuple[SecretPath, ...] = Field(
        default=(),
        description="Paths with a secret in them; `*` stands for one part. Logs show them up to the first `*`.",
    )
    error_pages: Folder | None = Field(
        default=None,
        description="Folder with the proxy's own error pages: <status>.html, such as 503.html, or error.html with "
        "{status} and {message} for all others.",
    )
