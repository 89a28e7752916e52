"""The same containers as on ECS, as a slot of the machine."""

from typing import Any

import pytest

from infra.machine.compose import ComposeTarget, render_compose, secret_keys
from infra.machine.program.slot_containers import DRAIN_SECONDS, STOP_SECONDS
from infra.workload import PROXY_PORT, Container

WEB = Container(name="web", image="r/web@sha256:1", environment={"PRICE": "5$"}, secrets={"SECRET_KEY": "SECRET_KEY"})
PROXY = Container(
    name="proxy",
    image="r/proxy@sha256:2",
    environment={"TRUSTED_PROXIES": "10.20.0.0/16", "UPSTREAM": "127.0.0.1:8005"},
    port=PROXY_PORT,
    starts_after=("web",),
)
MIGRATE = Container(
    name="migrate",
    image="r/web@sha256:1",
    environment={},
    secrets={"DATABASE_URL": "OWNER_DATABASE_URL"},
    command=("python", "manage.py", "migrate"),
    health_checked=False,
)
TARGET = ComposeTarget(
    region="eu-west-1", log_group="app", memory=512, hosts=("app.preqly.com", "www.preqly.com", "localhost")
)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = render_compose([WEB, PROXY], [MIGRATE], TARGET, PROXY.image)["services"]
    return found


def test_containers_of_a_slot_share_one_network_at_the_slots_address(services: dict[str, Any]) -> None:
    assert services["network"]["networks"] == {"slots": {"ipv4_address": "${SLOT_ADDRESS}"}}
    assert services["web"]["network_mode"] == services["proxy"]["network_mode"] == "service:network"


def test_no_container_publishes_a_port_or_may_do_more_than_on_ecs(services: dict[str, Any]) -> None:
    for service in services.values():
        assert "ports" not in service
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] == "10001:10001"
        assert service["mem_limit"]


def test_a_secret_is_a_file_in_memory_and_never_a_variable(services: dict[str, Any]) -> None:
    environment = services["web"]["environment"]
    assert environment["SECRET_KEY_FILE"] == "/run/secrets/SECRET_KEY"
    assert "SECRET_KEY" not in environment
    assert services["web"]["volumes"] == ["${SLOT_SECRETS}/web:/run/secrets:ro"]
    assert secret_keys([WEB, PROXY, MIGRATE]) == {
        "web": {"SECRET_KEY": "SECRET_KEY"},
        "migrate": {"DATABASE_URL": "OWNER_DATABASE_URL"},
    }


def test_the_proxy_ends_tls_and_believes_nobodys_forwarding_headers(services: dict[str, Any]) -> None:
    environment = services["proxy"]["environment"]
    assert environment["TLS_CERTIFICATE"] == "/run/certificate/cert.pem"
    assert environment["TRUSTED_PROXIES"] == ""
    assert services["proxy"]["volumes"] == ["/run/preqly/certificate:/run/certificate:ro"]


def test_plain_http_is_sent_on_for_the_sites_names_alone(services: dict[str, Any]) -> None:
    assert services["proxy"]["environment"]["REDIRECT_HOSTS"] == "app.preqly.com,www.preqly.com,localhost"
    assert "REDIRECT_HOSTS" not in services["web"]["environment"]


def test_a_request_ends_whole_if_a_deploy_would_wait_for_it(services: dict[str, Any]) -> None:
    assert services["proxy"]["environment"]["SHUTDOWN_SECONDS"] == str(DRAIN_SECONDS)
    assert STOP_SECONDS > DRAIN_SECONDS, "or Docker kills nginx first"


def test_a_one_off_container_waits_to_be_run(services: dict[str, Any]) -> None:
    assert services["migrate"]["profiles"] == ["once"]
    assert services["migrate"]["command"] == ["python", "manage.py", "migrate"]
    assert services["migrate"]["healthcheck"] == {"disable": True}


def test_a_dollar_in_a_value_is_not_a_variable_of_compose(services: dict[str, Any]) -> None:
    assert services["web"]["environment"]["PRICE"] == "5$$"


def test_logs_go_where_those_of_ecs_go(services: dict[str, Any]) -> None:
    options = services["web"]["logging"]["options"]
    assert options["awslogs-group"] == "app"
    assert options["awslogs-stream"] == "web/web/${SLOT_STREAM}"
    assert options["mode"] == "non-blocking"
    assert services["migrate"]["logging"]["options"]["awslogs-stream"] == "migration/migrate/${SLOT_STREAM}"


def test_each_is_told_where_its_own_role_is_and_no_document_says_it(services: dict[str, Any]) -> None:
    paths = {
        name: one["environment"]["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
        for name, one in services.items()
        if "environment" in one
    }
    assert paths == {"web": "${SLOT_CREDENTIALS}", "proxy": "${SLOT_CREDENTIALS}", "migrate": "${SLOT_PREPARATION}"}
