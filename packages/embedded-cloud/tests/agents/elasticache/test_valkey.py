"""Valkey of a replication group: it accepts and refuses what ElastiCache does."""

from collections.abc import Iterator
from typing import Any

import pytest
from docker.models.containers import Container

from embedded_cloud.agents.elasticache.agent import ElastiCacheAgent
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.testing.polling import wait_until
from support.clouds import client, running_cloud

pytestmark = pytest.mark.containers

PASSWORD, NEXT = "first-generation-password", "second-generation-password"
HELD_FILE = "/held"
HELD = """
while true; do echo PING; sleep 0.05; done | {cli} > {file} 2>&1
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    """A cloud with an available server, which one user may log in to."""
    with running_cloud(tmp_path_factory.mktemp("elasticache"), ElastiCacheAgent) as cloud:
        cache = client(cloud, "elasticache")
        user(cloud, "site-default", "default", "off -@all", "password-of-nobody")
        user(cloud, "user-1", "app-1", "on ~* &* +@all -@admin", PASSWORD)
        cache.create_user_group(UserGroupId="users", Engine="valkey", UserIds=["site-default", "user-1"])
        cache.create_cache_parameter_group(
            CacheParameterGroupName="jobs", CacheParameterGroupFamily="valkey8", Description="jobs"
        )
        parameters = [{"ParameterName": "maxmemory-policy", "ParameterValue": "volatile-lru"}]
        cache.modify_cache_parameter_group(CacheParameterGroupName="jobs", ParameterNameValues=parameters)
        cache.create_replication_group(
            ReplicationGroupId="site",
            ReplicationGroupDescription="site",
            Engine="valkey",
            CacheNodeType="cache.t4g.micro",
            CacheParameterGroupName="jobs",
            TransitEncryptionEnabled=True,
            UserGroupIds=["users"],
        )
        assert group(cloud)["Status"] == "creating"
        wait_until(lambda: group(cloud)["Status"] == "available", 30)
        yield cloud


def user(cloud: EmbeddedCloud, identifier: str, name: str, access: str, password: str) -> None:
    client(cloud, "elasticache").create_user(
        UserId=identifier,
        UserName=name,
        Engine="valkey",
        AccessString=access,
        AuthenticationMode={"Type": "password", "Passwords": [password]},
    )


def group(cloud: EmbeddedCloud) -> dict[str, Any]:
    found = client(cloud, "elasticache").describe_replication_groups(ReplicationGroupId="site")["ReplicationGroups"]
    return dict(found[0])


def machine(cloud: EmbeddedCloud) -> Container:
    """A container on the network that has Valkey's client."""
    authority = cloud.context.certificates.certificate_path
    return cloud.context.docker.container("client") or cloud.context.docker.run(
        "client",
        cloud.config.images["valkey"],
        "client",
        entrypoint=["sleep", "infinity"],
        command=[],
        volumes={str(authority): {"bind": "/ca.pem", "mode": "ro"}},
        init=True,
    )


def command_line(cloud: EmbeddedCloud, name: str, options: str = "--tls --cacert /ca.pem") -> str:
    address = group(cloud)["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
    login = f"--user {name} --no-auth-warning" if name else ""
    return f"valkey-cli -h {address} -p 6379 {options} {login}"


def ask(
    cloud: EmbeddedCloud,
    command: str,
    name: str = "app-1",
    password: str = PASSWORD,
    options: str = "--tls --cacert /ca.pem",
) -> str:
    """What the server answers, or why it does not."""
    environment = {"REDISCLI_AUTH": password, "VALKEYCLI_AUTH": password} if name else {}
    line = f"{command_line(cloud, name, options)} {command}"
    _, output = machine(cloud).exec_run(["sh", "-c", line], environment=environment)
    return str(output.decode().strip())


def test_clients_verify_the_servers_name_with_the_clouds_authority(running: EmbeddedCloud) -> None:
    assert ask(running, "PING") == "PONG"


def test_connections_without_tls_are_refused(running: EmbeddedCloud) -> None:
    assert "PONG" not in ask(running, "PING", options="")


@pytest.mark.parametrize(("name", "password"), [("", ""), ("default", "password-of-nobody"), ("app-1", "wrong")])
def test_nobody_else_logs_in(running: EmbeddedCloud, name: str, password: str) -> None:
    assert "PONG" not in ask(running, "PING", name, password)


def test_the_user_has_the_commands_of_its_access_string(running: EmbeddedCloud) -> None:
    assert ask(running, "SET key value") == "OK"
    assert "NOPERM" in ask(running, "ACL LIST")


def test_parameters_of_the_group_apply(running: EmbeddedCloud) -> None:
    assert "maxmemory_policy:volatile-lru" in ask(running, "INFO memory")


def fill(cloud: EmbeddedCloud, options: str = "") -> str:
    """Write more than the server's memory; what it says to the last write."""
    script = "for i=1,200 do redis.call('SET', ARGV[1]..i, string.rep('x', 100000), unpack(ARGV, 2)) end"
    for name in "abcd":
        said = ask(cloud, f"""EVAL "{script}" 0 {name} {options}""")
    return said


def test_keys_without_an_expiry_are_never_evicted_and_writes_are_refused_when_only_they_are_left(
    running: EmbeddedCloud,
) -> None:
    ask(running, "RPUSH queue job")
    assert "OOM" not in fill(running, "EX 3600")
    assert "evicted_keys:0\r" not in ask(running, "INFO stats")
    assert ask(running, "LLEN queue") == "1"
    assert "OOM" in fill(running)
    assert ask(running, "LLEN queue") == "1"
    ask(running, "FLUSHDB")


def test_a_connection_survives_the_next_generations_user_and_ends_with_its_own(running: EmbeddedCloud) -> None:
    cache, place = client(running, "elasticache"), machine(running)
    held = HELD.format(cli=command_line(running, "app-1"), file=HELD_FILE)
    place.exec_run(["sh", "-c", held], environment={"REDISCLI_AUTH": PASSWORD, "VALKEYCLI_AUTH": PASSWORD}, detach=True)
    wait_until(lambda: answers(place) > 3)
    user(running, "user-2", "app-2", "on ~* &* +@all -@admin", NEXT)
    change(running, UserIdsToAdd=["user-2"])
    assert ask(running, "PING", "app-2", NEXT) == "PONG"
    seen = answers(place)
    wait_until(lambda: answers(place) > seen + 10)
    assert ask(running, "PING") == "PONG", "new connections of the earlier generation"
    assert failures(place) == []
    change(running, UserIdsToRemove=["user-1"])
    wait_until(lambda: failures(place))
    assert "PONG" not in ask(running, "PING")
    assert ask(running, "PING", "app-2", NEXT) == "PONG"
    cache.delete_user(UserId="user-1")


def change(cloud: EmbeddedCloud, **users: list[str]) -> None:
    cache = client(cloud, "elasticache")
    assert cache.modify_user_group(UserGroupId="users", **users)["Status"] == "modifying"
    wait_until(lambda: cache.describe_user_groups(UserGroupId="users")["UserGroups"][0]["Status"] == "active", 30)


def answers(place: Container) -> int:
    return len([line for line in lines(place) if line == "PONG"])


def failures(place: Container) -> list[str]:
    return [line for line in lines(place) if line != "PONG"]


def lines(place: Container) -> list[str]:
    _, output = place.exec_run(["cat", HELD_FILE])
    return [line for line in output.decode().splitlines() if line.strip()]


def test_passwords_show_neither_in_inspect_nor_among_the_processes(running: EmbeddedCloud) -> None:
    (container,) = running.context.docker.containers("cache")
    container.reload()
    assert NEXT not in str(container.attrs)
    assert NEXT not in str(container.top())
    assert container.exec_run(["grep", "-r", NEXT, "/embedded-cloud"])[0] == 1
    assert container.attrs["HostConfig"]["PortBindings"] in (None, {})


def test_a_node_that_dies_is_replaced_without_its_data(running: EmbeddedCloud) -> None:
    ask(running, "SET kept no", "app-2", NEXT)
    (container,) = running.context.docker.containers("cache")
    container.kill()
    wait_until(lambda: ask(running, "PING", "app-2", NEXT) == "PONG", 30)
    assert ask(running, "EXISTS kept", "app-2", NEXT) == "0"


def test_a_deleted_group_leaves_no_container_and_no_user_group_that_waits_for_it(running: EmbeddedCloud) -> None:
    cache = client(running, "elasticache")
    cache.delete_replication_group(ReplicationGroupId="site")
    cache.modify_user_group(UserGroupId="users", UserIdsToRemove=["user-2"])
    wait_until(lambda: not running.context.docker.containers("cache"), 30)
    wait_until(lambda: cache.describe_user_groups()["UserGroups"][0]["Status"] == "active", 10)
    assert cache.describe_replication_groups()["ReplicationGroups"] == []
