"""Restore the database: beside the running one, or in place of its data."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.ecs.containers import MIGRATION_COMMAND
from infra.release.migration import one_off_task, release_state
from infra.release.migration.migration import PREPARE_COMMAND
from infra.release.migration.one_off_task import OneOffTask
from infra.release.record import ReleaseRecord
from infra.release.reporting import Reporter
from ops.backup import instances, snapshots
from ops.backup.data import Data
from ops.backup.instances import DatabaseServer
from ops.backup.postgres_client import Login, PostgresClient, wait_for_server
from ops.backup.restore_point import RestorePoint, read_window, refuse_outside
from ops.backup.stopped_site import stopped_site
from ops.database import DatabaseLogin, read_login
from ops.ecs.description import describe_service
from ops.ecs.service import EcsService
from ops.errors import Interrupted, UsageError
from ops.output import Confirm
from ops.rollback.rollback import RollbackRequest, roll_back
from ops.sessions.tunnel import open_tunnel
from ops.stack import Stack

PURPOSE = "restore"


@dataclass(frozen=True, kw_only=True)
class RestoreRequest:
    """What to restore, and where to."""

    point: RestorePoint
    tables: Sequence[str] = ()
    """Empty for everything."""
    rollback: bool = False
    """In place: deploy the release of that time, instead of migrating the data to the present one."""
    confirm: Confirm
    report: Reporter


@dataclass(frozen=True, kw_only=True)
class RestoreResult:
    """Where the data is."""

    restored: str
    instance: str
    address: str = ""
    port: int = 0
    database: str = ""
    tables: tuple[str, ...] = ()
    snapshot: str = ""
    """In place: of the data before."""

    def to_values(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class _Source:
    release: ReleaseRecord
    instance: Mapping[str, Any]
    owner: DatabaseLogin

    @property
    def server(self) -> DatabaseServer:
        return DatabaseServer.of(self.instance)


def restore_instance(stack: Stack, request: RestoreRequest) -> RestoreResult:
    """Restore into a new instance, which stays. Raises OpsError or Refused."""
    if request.tables:
        raise UsageError("A new instance has all tables. Give --into database or --into site with --table.")
    source, rds = _read(stack, request.point), stack.session.client("rds")
    request.confirm(f"Restore {request.point} into a new instance beside {source.release.database}? It costs money.")
    identifier = instances.restored_name(source.release.database, PURPOSE)
    request.report(f"Restoring {request.point} into {identifier}")
    try:
        instances.restore(stack, source.instance, request.point, identifier, PURPOSE)
        instances.wait_until_available(rds, identifier, request.report)
        made = instances.set_password(rds, identifier, source.owner.password, request.report)
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted. AWS goes on restoring {identifier}, whose owner has the password of its time. To delete it: "
            f"{instances.delete_command(identifier)}"
        ) from None
    return RestoreResult(restored=str(request.point), instance=identifier, address=made.address, port=made.port)


def restore_database(stack: Stack, request: RestoreRequest) -> RestoreResult:
    """Restore into a new database on the running instance. Raises OpsError, UsageError or Refused."""
    source = _read(stack, request.point)
    client = PostgresClient.find(source.server.version)
    name = f"restored_{datetime.now(UTC):%Y%m%d_%H%M%S}"
    request.confirm(f"Restore {request.point} into a new database {name} on {source.release.database}?")
    with _restored_script(stack, source, request, client) as script, _data(stack, source, client, request) as live:
        request.report(f"Loading into {name}")
        live.create_database(name).load(script)
    return RestoreResult(
        restored=str(request.point), instance=source.release.database, database=name, tables=tuple(request.tables)
    )


def restore_site(stack: Stack, request: RestoreRequest) -> RestoreResult:
    """Replace the site's data, or the rows of some tables. Raises OpsError, UsageError or Refused.

    The data is replaced in one transaction. The site stops for all tables, and serves on for some.
    """
    source = _read(stack, request.point)
    EcsService(stack.session, source.release).refuse_concurrent(resume=False)
    client = PostgresClient.find(source.server.version)
    request.confirm(_question(stack, request))
    with _restored_script(stack, source, request, client) as script:
        if request.tables:
            snapshot = snapshots.take(stack, source.release.database, request.report)
            with _data(stack, source, client, request) as live:
                live.replace_rows(live.chosen(request.tables), script)
        else:
            with stopped_site(stack, source.release, request.report):
                snapshot = snapshots.take(stack, source.release.database, request.report)
                with _data(stack, source, client, request) as live:
                    request.report("Replacing the data")
                    live.replace(script)
                _fit_together(stack, source, request)
    return RestoreResult(
        restored=str(request.point),
        instance=source.release.database,
        database=source.owner.database,
        tables=tuple(request.tables),
        snapshot=snapshot,
    )


def prepare_and_migrate(stack: Stack, release: ReleaseRecord, report: Reporter) -> None:
    """Give the present roles their rights on new tables, and run the migrations that the data lacks."""
    network = describe_service(stack.session, release, tasks=False).network["awsvpcConfiguration"]
    task = OneOffTask.in_network(release.cluster, release.migration_task_definition, network)
    report("Preparing the database for the present release")
    prepare = replace(task, command=PREPARE_COMMAND, what="the preparation of the release")
    state = release_state.run_and_read(stack.session, prepare)
    if state.unapplied:
        report(f"Migrating: {', '.join(state.unapplied)}")
        one_off_task.run(stack.session, replace(task, command=MIGRATION_COMMAND))


@contextmanager
def login(stack: Stack, server: DatabaseServer, owner: DatabaseLogin, report: Reporter) -> Iterator[Login]:
    """The owner's login on a private instance, through a tunnel."""
    with open_tunnel(stack, server.address, server.port, report=report) as port:
        wait_for_server(port)
        yield Login(port=port, role=owner.role, database=owner.database, password=owner.password)


def _read(stack: Stack, point: RestorePoint) -> _Source:
    """The source, after every check that needs no restored instance. Raises UsageError or Refused."""
    release = stack.history()[-1]
    rds: Any = stack.session.client("rds")
    described = instances.describe(rds, release.database)
    refuse_outside(point, read_window(rds, release.database), release.database)
    if point.snapshot and snapshots.find_snapshot(rds, point.snapshot) is None:
        raise UsageError(f"Snapshot {point.snapshot} does not exist. `python -m ops backups` lists them.")
    return _Source(release=release, instance=described, owner=read_login(stack.session, release, owner=True))


@contextmanager
def _data(stack: Stack, source: _Source, client: PostgresClient, request: RestoreRequest) -> Iterator[Data]:
    with login(stack, source.server, source.owner, request.report) as connection:
        yield Data(client, connection)


@contextmanager
def _restored_script(stack: Stack, source: _Source, request: RestoreRequest, client: PostgresClient) -> Iterator[Path]:
    """The restored data as a file of SQL that only you can read. The instance that it comes from is deleted last."""
    with TemporaryDirectory(prefix="restore-") as folder:
        script = Path(folder, "restored.sql")
        restored = instances.temporary(
            stack, source.instance, request.point, PURPOSE, source.owner.password, request.report
        )
        with restored as server:
            with login(stack, server, source.owner, request.report) as connection:
                data = Data(client, connection)
                request.report(f"Reading {server.identifier}")
                data.write_script(script, data.chosen(request.tables))
            # Its deletion takes minutes, and nobody has to wait for it.
            yield script


def _fit_together(stack: Stack, source: _Source, request: RestoreRequest) -> None:
    then = _release_of(stack, request.point)
    if request.rollback and then.number != source.release.number:
        roll_back(stack, then.number, RollbackRequest(confirm=lambda _: None, report=request.report))
    else:
        prepare_and_migrate(stack, source.release, request.report)


def _release_of(stack: Stack, point: RestorePoint) -> ReleaseRecord:
    """The release that served at this moment, else the first on record."""
    moment, history = point.moment, stack.history()
    if point.snapshot:
        found = snapshots.find_snapshot(stack.session.client("rds"), point.snapshot) or {}
        moment = found.get("SnapshotCreateTime")
    served = [one for one in history if moment is None or datetime.fromisoformat(one.at) <= moment]
    return served[-1] if served else history[0]


def _question(stack: Stack, request: RestoreRequest) -> str:
    if request.tables:
        return (
            f"Replace all rows of {', '.join(request.tables)} by those of {request.point}? Later ones are lost. The "
            "site serves on."
        )
    then = _release_of(stack, request.point)
    later = [name for one in stack.history() if one.number > then.number for name in one.migrated]
    release = f"Release {then.number} is deployed again." if request.rollback else ""
    again = f"Migrations since then run again: {', '.join(later)}; --rollback deploys release {then.number} instead."
    return (
        f"Replace ALL data of stack {stack.name} by that of {request.point}? What was written since is lost. The site "
        f"is down meanwhile, a snapshot is taken first. {release if request.rollback else again if later else ''}"
    ).strip()
