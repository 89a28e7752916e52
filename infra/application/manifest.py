"""`hosting.toml`: what an application declares about itself. docs/hosting-toml.md shows every key."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from infra.application.fields import (
    Callable,
    Folder,
    Module,
    Package,
    PythonVersion,
    Schema,
    Script,
    Variable,
)
from infra.application.processes import Processes
from infra.application.proxy import Proxy
from infra.application.schedules import Schedules
from infra.ecs import fargate_size, server
from infra.permissions.statements import Permissions
from infra.table import Table

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


class Node(Table):
    """A build with Node that runs before Django collects static files."""

    folder: Folder = Field(default=".", description="Folder of package.json and its lock file.")
    script: Script = Field(
        default="build",
        description="Script of package.json that builds the static files. Empty builds nothing.",
    )


class Build(Table):
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


class Run(Table):
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


class Database(Table):
    """The PostgreSQL database of the stack."""

    schemas: tuple[Schema, ...] = Field(
        default=("public",),
        min_length=1,
        description="Schemas that migrations may create and the application may use, in the order of the search path.",
    )


class Static(Table):
    """Static files, which the proxy serves."""

    folders: tuple[Folder, ...] = Field(
        default=(), description="Folders besides STATICFILES_DIRS, such as the output of a build with Node."
    )
    allow_missing: bool = Field(
        default=False, description="Accept a static file that refers to one that does not exist."
    )


class Media(Table):
    """Uploaded files, which the proxy serves below MEDIA_URL."""

    access: Module = Field(
        default=PUBLIC,
        description="`public`, or the dotted path of a callable (request, path) that returns whether the visitor may "
        "read the file.",
        examples=["public", "documents.access.may_read"],
    )


class Release(Table):
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


def _acts(table: Table, info: ValidationInfo) -> Table:
    """A table of a part that the platform does lay over the project's settings."""
    if info.field_name in info.data.get("leave", ()) and table != type(table)():
        raise ValueError(f'has no effect, because `leave` names "{info.field_name}"; remove one of the two')
    return table


class Manifest(Table):
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
    permissions: Permissions = Field(
        default=(), description="What the application may do in AWS besides its media and mail."
    )
    processes: Processes = Field(
        default={}, description="What runs besides the web server, by name, such as workers of a queue."
    )
    schedules: Schedules = Field(default={}, description="Commands that run at a time, by name.")

    @property
    def cache_queues(self) -> tuple[str, ...]:
        """Lists in the cache whose length a process scales by, sorted."""
        backlogs = (process.backlog for process in self.processes.values())
        return tuple(sorted({one.cache for one in backlogs if one and one.cache}))
