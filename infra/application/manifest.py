"""`hosting.toml`: what an application declares about itself. docs/hosting-toml.md shows every key."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from infra.ecs import fargate_size, server
from infra.permissions import rules

FILE = "hosting.toml"
PUBLIC = "public"
"""Value of `media.access`: everybody may read uploads."""
Part = Literal[
    "cache",
    "client_address",
    "database",
    "email",
    "health",
    "hosts",
    "logging",
    "media",
    "metrics",
    "request_id",
    "secret_key",
    "security",
    "static",
    "timeouts",
]
"""What `django_hosting.settings` lays over the project's settings; `leave` names those that stay the project's.

The commands of a release are no such part: every deploy calls them.
"""

MOST_START_SECONDS = 300
"""startPeriod of a health check: docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html"""
MOST_MIGRATION_SECONDS = 4500
"""What a deploy by GitHub Actions has left, whose jobs end after six hours (tests/test_workflow_rules.py)."""

_MODULE = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$"
_FOLDER = r"^(\.|(?!\.{1,2}(/|$))[^/\s][^/]*(/(?!\.{1,2}(/|$))[^/]+)*)$"
_PATH = r"^/[A-Za-z0-9._~/-]*\*?$"
_SECRET_PATH = r"^(/([A-Za-z0-9._~-]+|\*))+/?$"  # noqa: S105 - a pattern of paths


def _form(pattern: str, rule: str, example: str) -> Any:
    """A field of text with a form; `$comment` in the JSON Schema is the rule in words."""
    return Field(pattern=pattern, examples=[example], json_schema_extra={"$comment": rule})


Module = Annotated[str, _form(_MODULE, "must be a dotted path", "mysite.settings")]
Callable = Annotated[str, _form(_MODULE[:-1] + r":[A-Za-z_]\w*$", "must be module:name", "mysite.wsgi:application")]
Folder = Annotated[str, _form(_FOLDER, "must be a path inside of the application, without ..", "frontend/dist")]
UrlPath = Annotated[str, _form(_PATH, "must be a path that begins with /, and may end in *", "/upload/")]
"""One path of the site, or with `*` at its end all that begin so."""
SecretPath = Annotated[
    str, _form(_SECRET_PATH, "must be a path that begins with /, with * for a whole part", "/account/reset/*/*")
]
Package = Annotated[str, _form(r"^[a-z0-9][a-z0-9+.-]+$", "must be the name of a Debian package", "libpq-dev")]
Variable = Annotated[str, _form(r"^[A-Za-z_]\w*$", "must be the name of a variable", "FEATURE_X")]
Header = Annotated[str, _form(r"^[A-Za-z][A-Za-z0-9-]*$", "must be the name of a header", "Content-Security-Policy")]
Schema = Annotated[
    str, _form(r"^(?!pg_)[a-z_][a-z0-9_]{0,62}$", "must be a lower case name that does not begin with pg_", "public")
]
Script = Annotated[str, _form(r"^[\w:.-]*$", "must be the name of a script in package.json", "build")]
PythonVersion = Annotated[str, _form(r"^3\.\d+$", "must be a minor version", "3.13")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, regex_engine="python-re")


_Part = TypeVar("_Part", bound=_Table)


class Node(_Table):
    """A build with Node that runs before Django collects static files."""

    folder: Folder = Field(default=".", description="Folder of package.json and its lock file.")
    script: Script = Field(
        default="build",
        description="Script of package.json that builds the static files. Empty builds nothing.",
    )


class Build(_Table):
    """What the build of the images needs."""

    system_packages: tuple[Package, ...] = Field(
        default=(), description="Debian packages for compiling dependencies. The images that run do not have them."
    )
    environment: dict[Variable, str] = Field(
        default={},
        description="Variables for the Node build and collectstatic. They stay in the image's history: no secrets.",
    )
    node: Node | None = Field(
        default=None,
        description="The build with Node. Without this table, a package.json beside manage.py or hosting.toml with a "
        "`build` script is built.",
    )


class Run(_Table):
    """What the application needs while it runs."""

    system_packages: tuple[Package, ...] = Field(
        default=(), description="Debian packages with the libraries and programs that the application calls."
    )
    stop_seconds: int = Field(
        default=10,
        ge=2,
        le=server.LONGEST_STOP,
        description="Time from the signal to stop to the kill, for requests in flight and what the application does "
        "at its end; 120 at most on Fargate.",
    )
    start_grace_seconds: int = Field(
        default=30,
        ge=1,
        le=MOST_START_SECONDS,
        description="Time that the application may take to start before failed health checks count.",
    )


class Database(_Table):
    """The PostgreSQL database of the stack."""

    schemas: tuple[Schema, ...] = Field(
        default=("public",),
        min_length=1,
        description="Schemas that migrations may create and the application may use, in the order of the search path.",
    )


class Static(_Table):
    """Static files, which the proxy serves."""

    folders: tuple[Folder, ...] = Field(
        default=(), description="Folders besides STATICFILES_DIRS, such as the output of a build with Node."
    )
    allow_missing: bool = Field(
        default=False, description="Accept a static file that refers to one that does not exist."
    )


class Media(_Table):
    """Uploaded files, which the proxy serves below MEDIA_URL."""

    access: Module = Field(
        default=PUBLIC,
        description="`public`, or the dotted path of a callable (request, path) that returns whether the visitor may "
        "read the file.",
        examples=["public", "documents.access.may_read"],
    )


class ProxyPath(_Table):
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


class Rate(_Table):
    """How often one visitor may call a path."""

    path: UrlPath = Field(description="A path, or with `*` at its end all that begin so.")
    methods: tuple[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], ...] = Field(
        default=("POST",), min_length=1, description="Methods that count."
    )
    per_minute: int = Field(ge=1, le=6000, description="Requests a minute; more are answered 429.")
    burst: int = Field(default=20, ge=0, le=6000, description="Requests that may come at once before the rate counts.")


class Proxy(_Table):
    """nginx in front of the application."""

    body_mib: int = Field(default=10, ge=1, le=1024, description="Largest body of a request in MiB.")
    paths: Annotated[tuple[ProxyPath, ...], AfterValidator(_separate_paths)] = Field(
        default=(), description="Paths with other limits."
    )
    rates: tuple[Rate, ...] = Field(
        default=(),
        description="Limits of the number of requests of one visitor. Those with the same numbers count together.",
    )
    headers: dict[Header, Annotated[str, Field(max_length=4000)]] = Field(
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


class Release(_Table):
    """The release's migrations."""

    migration_seconds: int = Field(
        default=3600,
        ge=60,
        le=MOST_MIGRATION_SECONDS,
        description="Longest time of the migrations of a release; then they are stopped, and the release fails.",
    )
    migration_cpu: int | None = Field(
        default=None,
        description="CPU units of the migration task on Fargate, with migration_memory; as taskCpu without.",
    )
    migration_memory: int | None = Field(
        default=None, description="Memory of that task in MiB, with migration_cpu; as taskMemory without it."
    )

    @property
    def migration_size(self) -> tuple[int, int] | None:
        """CPU units and MiB; None for the size of the web task."""
        if self.migration_cpu is None or self.migration_memory is None:
            return None
        return self.migration_cpu, self.migration_memory


class Permission(_Table):
    """An IAM policy statement of the application's task role that allows actions."""

    actions: tuple[Annotated[str, AfterValidator(rules.action)], ...] = Field(
        min_length=1, description="Actions, such as sqs:SendMessage."
    )
    resources: tuple[Annotated[str, AfterValidator(rules.resource)], ...] = Field(
        min_length=1, description="ARNs that they apply to."
    )
    conditions: Annotated[dict[str, dict[str, str | tuple[str, ...]]], AfterValidator(rules.conditions)] = Field(
        default={}, description="Condition operators with their keys and values, as in IAM."
    )


def _size_that_fargate_sells(release: Release) -> Release:
    cpu, memory = release.migration_cpu, release.migration_memory
    if cpu is None and memory is None:
        return release
    if cpu is None or memory is None:
        raise ValueError("migration_cpu and migration_memory belong together; write both or none")
    problem = fargate_size.problem(cpu, memory)
    if problem:
        raise ValueError(problem)
    return release


def _acts(table: _Part, info: ValidationInfo) -> _Part:
    """A table of a part that the platform does lay over the project's settings."""
    if info.field_name in info.data.get("leave", ()) and table != type(table)():
        raise ValueError(f'has no effect, because `leave` names "{info.field_name}"; remove one of the two')
    return table


class Manifest(_Table):
    """Everything that hosting.toml may say. Each key is optional: what it does not say is found or has a default."""

    root: Folder | None = Field(default=None, description="Folder of manage.py.")
    settings: Module | None = Field(default=None, description="Django's settings module.")
    server: Literal["wsgi", "asgi"] | None = Field(
        default=None, description="`wsgi` serves with threads; `asgi` with an event loop, and with WebSockets."
    )
    callable: Callable | None = Field(default=None, description="The WSGI or ASGI application.")
    python: PythonVersion | None = Field(default=None, description="Python's minor version.")
    dependencies: Folder | None = Field(
        default=None,
        description="File with the dependencies: uv.lock, poetry.lock, Pipfile.lock, pyproject.toml, or a "
        "requirements file of any name.",
    )
    leave: tuple[Part, ...] = Field(
        default=(), description="Parts of the settings that the platform leaves to the project."
    )
    build: Build = Build()
    run: Run = Run()
    database: Annotated[Database, AfterValidator(_acts)] = Database()
    static: Annotated[Static, AfterValidator(_acts)] = Static()
    media: Annotated[Media, AfterValidator(_acts)] = Media()
    proxy: Proxy = Proxy()
    release: Annotated[Release, AfterValidator(_size_that_fargate_sells)] = Release()
    permissions: Annotated[
        tuple[Annotated[Permission, AfterValidator(rules.statement)], ...], AfterValidator(rules.size)
    ] = Field(default=(), description="What the application may do in AWS besides its media and mail.")
