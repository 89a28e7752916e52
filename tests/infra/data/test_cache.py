"""The cache: private, encrypted, with one user per generation of secrets, and never evicting jobs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pulumi
import pulumi_aws as aws
import pulumi_random as random
import pytest

from embedded_cloud.testing.engine_stack import EngineStack, engine_stack, needs_engine
from infra.data.cache import Cache, CacheArgs
from infra.data.cache_urls import CA_BUNDLE, cache_url
from tests.recorder import Recorder, new_engine

GROUP, USER = "elasticache/replicationGroup:ReplicationGroup", "elasticache/user:User"
ARGS = CacheArgs(
    subnet_ids=["subnet-a", "subnet-b"],
    security_group_id="sg-cache",
    key_arn="key-arn",
    node_type="cache.t4g.micro",
    replicas=0,
    snapshot_days=1,
    password="canary-of-this-generation",
    disabled_password="canary-of-nobody",
    generation=1,
    protect=True,
)


def declare(**changes: Any) -> tuple[Recorder, Any]:
    """The recorded cache, and its nodes and URLs."""
    engine = new_engine()

    def program() -> Any:
        cache = Cache("cache", replace(ARGS, **changes))
        return {"nodes": cache.node_ids, **cache.urls}

    return engine, engine.run(program)


@pytest.fixture(scope="module")
def recorded() -> tuple[Recorder, Any]:
    """A protected cache of one node."""
    return declare()


def test_it_is_private_encrypted_and_off_cluster_mode(recorded: tuple[Recorder, Any]) -> None:
    engine, _ = recorded
    group = engine.one(GROUP)
    assert (group["engine"], group["port"], group["securityGroupIds"]) == ("valkey", 6379, ["sg-cache"])
    assert (group["transitEncryptionEnabled"], group["transitEncryptionMode"]) == (True, "required")
    assert (group["atRestEncryptionEnabled"], group["kmsKeyId"]) == (True, "key-arn")
    assert "clusterMode" not in group
    assert engine.one("elasticache/subnetGroup:SubnetGroup")["subnetIds"] == ["subnet-a", "subnet-b"]
    assert engine.options(GROUP, "cache-valkey").protect
    assert list(engine.options(GROUP, "cache-valkey").ignoreChanges) == ["engineVersion"]


@pytest.mark.parametrize(("replicas", "failover"), [(0, False), (1, True), (3, True)])
def test_a_replica_brings_failover_and_a_line_of_metrics(replicas: int, failover: bool) -> None:
    engine, found = declare(replicas=replicas)
    group = engine.one(GROUP)
    assert (group["automaticFailoverEnabled"], group["multiAzEnabled"]) == (failover, failover)
    assert group["numCacheClusters"] == len(found["nodes"]) == replicas + 1
    assert found["nodes"][-1].endswith(f"-{replicas + 1:03d}")


def test_only_keys_with_an_expiry_are_evicted(recorded: tuple[Recorder, Any]) -> None:
    engine, _ = recorded
    parameters = engine.one("elasticache/parameterGroup:ParameterGroup")
    assert (parameters["family"], parameters["parameters"]) == (
        "valkey8",
        [{"name": "maxmemory-policy", "value": "volatile-lru"}],
    )


def test_one_user_logs_in_and_administers_nothing(recorded: tuple[Recorder, Any]) -> None:
    engine, _ = recorded
    users = {one.inputs["userName"]: engine.plain(one.inputs)["accessString"] for one in engine.all(USER)}
    assert users == {"default": "off -@all", "app-1": "on ~* &* +@all -@admin -flushall -swapdb"}


def test_the_urls_are_secrets_with_a_database_each_and_verify_the_server(recorded: tuple[Recorder, Any]) -> None:
    _, found = recorded
    databases = {}
    for name in ("CACHE_URL", "REDIS_URL"):
        url = urlsplit(found[name])
        databases[name] = url.path
        assert (url.scheme, url.username, url.password) == ("rediss", "app-1", "canary-of-this-generation")
        assert (url.hostname, url.port) == ("master.cache-valkey.a1b2c3.use1.cache.amazonaws.com", 6379)
        assert parse_qs(url.query) == {
            "ssl_cert_reqs": ["required"],
            "ssl_check_hostname": ["true"],
            "ssl_ca_certs": [CA_BUNDLE],
        }
    assert databases == {"CACHE_URL": "/0", "REDIS_URL": "/1"}


def test_user_and_password_are_encoded() -> None:
    assert urlsplit(cache_url("host", "a@b", "p/w:", 0)).netloc == "a%40b:p%2Fw%3A@host:6379"


def site(generation: int, *, fails: bool = False) -> Callable[[], None]:
    """A program with a cache, and a resource in the place of the service that gets its URL."""

    def program() -> None:
        vpc = aws.ec2.Vpc("network", cidr_block="10.20.0.0/16")
        subnets = [
            aws.ec2.Subnet(f"subnet-{zone}", vpc_id=vpc.id, cidr_block=f"10.20.{index}.0/24", availability_zone=zone)
            for index, zone in enumerate(("us-east-1a", "us-east-1b"))
        ]
        args = replace(
            ARGS,
            subnet_ids=pulumi.Output.all(*(subnet.id for subnet in subnets)),
            security_group_id=aws.ec2.SecurityGroup("group", vpc_id=vpc.id, description="cache").id,
            key_arn=aws.kms.Key("key").arn,
            password=f"password-of-generation-{generation}",
            generation=generation,
            protect=False,
        )
        url = Cache("cache", args).urls["CACHE_URL"]
        random.RandomId("service", byte_length=-1 if fails else 4, keepers={"url": url})

    return program


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineStack]:
    """A deployed cache of the first generation."""
    with engine_stack(tmp_path_factory.mktemp("cache"), "preqly") as stack:
        stack.up(site(1))
        yield stack


def members(stack: EngineStack) -> set[str]:
    (group,) = stack.client("elasticache").describe_user_groups()["UserGroups"]
    return {name.rpartition("preqly-test-")[2] for name in group["UserIds"]}


@pytest.mark.engine
class TestRotation:
    """On the real engine; the tests run in this order."""

    pytestmark = needs_engine

    def test_a_service_that_does_not_start_leaves_both_generations_users(self, stack: EngineStack) -> None:
        stack.refused("up", site(2, fails=True))
        assert members(stack) == {"default", "user-1", "user-2"}

    def test_the_earlier_user_goes_after_the_service_has_changed(self, stack: EngineStack) -> None:
        steps, _ = stack.up(site(2))
        assert members(stack) == {"default", "user-2"}
        changed = max(index for index, step in enumerate(steps) if step.endswith(" service") and "delete" not in step)
        gone = [index for index, step in enumerate(steps) if step == "delete cache-user-1"]
        assert len(gone) == 2
        assert min(gone) > changed

    def test_the_next_update_changes_nothing(self, stack: EngineStack) -> None:
        assert set(stack.up(site(2))[1]) == {"same"}
