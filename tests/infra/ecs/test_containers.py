from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.ecs import server
from infra.ecs.container_definitions import SecretsAndLogs, container_definitions
from infra.ecs.containers import Container, ContainerError, application_environment


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY",
        "DATABASE_URL",
        "database_url",
        "DJANGO_SUPERUSER_PASSWORD",
        "API_TOKEN",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "ECS_ENGINE_AUTH_DATA",
        "GOOGLE_CREDENTIALS",
        "EMAIL_URL",
    ],
)
def test_a_secret_in_a_plain_variable_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ContainerError, match=rf"container web: variable {name} .* Add it to the application's secret"):
        Container(name="web", image="i", environment={name: "x"})


def test_a_url_with_a_password_is_refused_whatever_its_name() -> None:
    with pytest.raises(ContainerError, match="CACHE"):
        Container(name="web", image="i", environment={"CACHE": "redis://user:hunter2@cache:6379/0"})
    Container(name="web", image="i", environment={"HELP": "https://preqly.com/help"})


@given(st.text(), st.text())
def test_the_refusal_never_repeats_the_value(name: str, value: str) -> None:
    marker = f"canary-{value}"
    with pytest.raises(ContainerError) as refusal:
        Container(name="web", image="i", environment={f"{name}PASSWORD": marker})
    assert marker not in str(refusal.value)


@pytest.mark.parametrize(("cpu", "processes"), [(256, "2"), (1024, "2"), (2048, "4"), (16384, "32")])
def test_processes_follow_the_vcpus(cpu: int, processes: str) -> None:
    variables = application_environment(
        domains=["a"], allowed_hosts=[], sender="s", media_bucket="m", cpu=cpu, threads=3, request_timeout=30
    )
    assert variables["WEB_CONCURRENCY"] == processes
    assert server.database_connections(cpu, 3) == 3 * int(processes)


def test_the_same_containers_give_the_same_text_whatever_the_order_of_their_variables() -> None:
    args = SecretsAndLogs(secret_arn="arn", secret_version="v-1", log_group="g", region="r", stream_prefix="web")
    one = Container(name="web", image="i", environment={"A": "1", "B": "2"}, secrets={"X": "1", "Y": "2"})
    two = replace(one, environment={"B": "2", "A": "1"}, secrets={"Y": "2", "X": "1"})
    assert container_definitions([one], args) == container_definitions([two], args)
