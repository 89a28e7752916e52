"""PostgreSQL of a DB instance: it accepts and refuses what RDS does."""

from collections.abc import Iterator

import pytest

from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.testing.polling import wait_until
from support.clouds import client
from support.databases import PASSWORD, available, instance, psql, set_parameters, wait_until_available

pytestmark = pytest.mark.containers


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    """A cloud with an available database."""
    with available(tmp_path_factory.mktemp("rds")) as cloud:
        yield cloud


def test_clients_verify_the_servers_name_with_the_clouds_authority(running: EmbeddedCloud) -> None:
    assert psql(running, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == "t"


def test_connections_without_tls_are_refused(running: EmbeddedCloud) -> None:
    assert "no encryption" in psql(running, "SELECT 1", mode="disable")


def test_a_wrong_password_is_refused(running: EmbeddedCloud) -> None:
    assert "password authentication failed" in psql(running, "SELECT 1", password="wrong")


def test_the_master_user_owns_its_database_and_is_no_superuser(running: EmbeddedCloud) -> None:
    sql = "SELECT rolsuper, rolcreatedb, pg_get_userbyid(datdba) FROM pg_roles, pg_database"
    assert psql(running, f"{sql} WHERE rolname = 'example' AND datname = 'example'") == "f|t|example"


def test_settings_that_postgresql_knows_are_applied_from_the_start(running: EmbeddedCloud) -> None:
    names = ("log_min_duration_statement", "max_connections", "shared_preload_libraries")
    shown = psql(running, f"SELECT {', '.join(f'current_setting({name!r})' for name in names)}")
    assert shown == "500ms|77|pg_stat_statements"


def test_the_password_shows_neither_in_inspect_nor_among_the_processes(running: EmbeddedCloud) -> None:
    (container,) = running.context.docker.containers("database")
    container.reload()
    assert PASSWORD not in str(container.attrs)
    assert PASSWORD not in str(container.top())
    assert container.exec_run(["grep", "-r", PASSWORD, "/embedded-cloud", "/var/lib/postgresql/data/pgdata"])[0] == 1


def test_the_database_is_published_on_no_port_of_the_machine(running: EmbeddedCloud) -> None:
    (container,) = running.context.docker.containers("database")
    container.reload()
    assert container.attrs["HostConfig"]["PortBindings"] in (None, {})


def test_tls_may_be_left_to_the_client_when_the_parameter_says_so(running: EmbeddedCloud) -> None:
    set_parameters(running, {"rds.force_ssl": "0"})
    wait_until(lambda: psql(running, "SELECT 1", mode="disable") == "1")
    set_parameters(running, {"rds.force_ssl": "1"})
    wait_until(lambda: "no encryption" in psql(running, "SELECT 1", mode="disable"))


def test_a_changed_static_parameter_waits_for_the_restart_that_another_class_brings(running: EmbeddedCloud) -> None:
    set_parameters(running, {"max_connections": "88"})
    set_parameters(running, {"log_min_duration_statement": "600"})
    wait_until(lambda: psql(running, "SHOW log_min_duration_statement") == "600ms")
    assert psql(running, "SHOW max_connections") == "77"
    client(running, "rds").modify_db_instance(
        DBInstanceIdentifier="site", DBInstanceClass="db.t4g.small", ApplyImmediately=True
    )
    wait_until_available(running)
    assert psql(running, "SHOW max_connections") == "88"


def test_a_changed_password_replaces_the_old_one(running: EmbeddedCloud) -> None:
    rds = client(running, "rds")
    rds.modify_db_instance(DBInstanceIdentifier="site", MasterUserPassword="second-Password2", ApplyImmediately=True)
    assert instance(running)["DBInstanceStatus"] == "resetting-master-credentials"
    wait_until_available(running)
    assert psql(running, "SELECT 1", password="second-Password2") == "1"
    assert "password authentication failed" in psql(running, "SELECT 1")
    rds.modify_db_instance(DBInstanceIdentifier="site", MasterUserPassword=PASSWORD, ApplyImmediately=True)
    wait_until_available(running)


def test_the_servers_log_reaches_cloudwatch_without_the_password(running: EmbeddedCloud) -> None:
    def messages() -> list[str]:
        stream = {"logGroupName": "/aws/rds/instance/site/postgresql", "logStreamName": "site.0"}
        try:
            return [event["message"] for event in client(running, "logs").get_log_events(**stream)["events"]]
        except client(running, "logs").exceptions.ResourceNotFoundException:
            return []

    psql(running, "SELECT nothing_of_this_name")
    wait_until(lambda: any("nothing_of_this_name" in message for message in messages()))
    assert not any(PASSWORD in message for message in messages())
