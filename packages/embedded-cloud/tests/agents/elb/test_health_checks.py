"""Health checks and the state of a target."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from embedded_cloud.agents.elb.health_checks import HealthChecks, check
from embedded_cloud.agents.elb.target_health import (
    DRAINING_HEALTH,
    UNUSED_HEALTH,
    CheckSettings,
    Outcome,
    TargetHealth,
    begin,
    has_drained,
    observe,
    observed,
    passes,
)
from embedded_cloud.agents.vpc.network import Network
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.config import Clocks
from embedded_cloud.testing.polling import wait_until
from support.clouds import client, free_port, two_subnets

SETTINGS = CheckSettings(
    protocol="HTTP",
    port="traffic-port",
    path="/healthz",
    matcher="200",
    interval_seconds=5,
    timeout_seconds=1,
    healthy_threshold=3,
    unhealthy_threshold=2,
)
PASS, FAIL = Outcome(200), Outcome(502)


def after(*outcomes: Outcome, health: TargetHealth | None = None) -> TargetHealth:
    state = begin(health)
    for outcome in outcomes:
        state = observe(state, outcome, SETTINGS)
    return state


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ("P", "healthy"),
        ("F", "initial"),
        ("FF", "unhealthy"),
        ("PF", "healthy"),
        ("PFPF", "healthy"),
        ("PFF", "unhealthy"),
        ("FFPP", "unhealthy"),
        ("FFPPP", "healthy"),
    ],
)
def test_a_new_target_needs_one_pass_and_later_the_thresholds_count(outcomes: str, state: str) -> None:
    assert after(*(PASS if one == "P" else FAIL for one in outcomes)).state == state


@pytest.mark.parametrize(
    ("outcome", "reason", "description"),
    [
        (Outcome(502), "Target.ResponseCodeMismatch", "Health checks failed with these codes: [502]"),
        (Outcome(timed_out=True), "Target.Timeout", "Request timed out"),
        (Outcome(), "Target.FailedHealthChecks", "Health checks failed"),
    ],
)
def test_an_unhealthy_target_says_why(outcome: Outcome, reason: str, description: str) -> None:
    found = after(outcome, outcome)
    assert (found.reason, found.description) == (reason, description)


@pytest.mark.parametrize("before", [DRAINING_HEALTH, UNUSED_HEALTH, None])
def test_a_target_that_comes_into_use_starts_as_initial(before: TargetHealth | None) -> None:
    assert begin(before).state == "initial"


@pytest.mark.parametrize(
    ("factor", "waited", "in_flight", "over"),
    [
        (1, 9, False, False),
        (1, 10, False, True),
        (1, 10, True, True),
        (2, 0, False, True),
        (2, 9, True, False),
        (2, 10, True, True),
    ],
    ids=[
        "at AWS's own time a target without a request drains for the whole delay",
        "and no longer",
        "also with a request",
        "on faster clocks a target without a request is drained",
        "with one it drains for longer than the shortened delay",
        "and no longer than the delay",
    ],
)
def test_draining_ends(factor: float, waited: float, in_flight: bool, over: bool) -> None:
    assert has_drained(waited, 10, in_flight=in_flight, clocks=Clocks(factor)) is over


@pytest.mark.parametrize(
    ("matcher", "status", "expected"),
    [("200", 200, True), ("200", 204, False), ("200-299", 204, True), ("200,301", 301, True), ("200,301", 302, False)],
)
def test_the_matcher_lists_codes_and_ranges(matcher: str, status: int, expected: bool) -> None:
    assert passes(Outcome(status), matcher) is expected


def test_a_check_that_could_not_be_made_is_made_again(cloud: EmbeddedCloud) -> None:
    """Docker did not answer once."""
    answers: list[Network | None] = [None]

    def network() -> Network:
        if answers:
            answers.pop()
            raise OSError("Docker does not answer")
        return Network()

    elbv2 = client(cloud, "elbv2")
    vpc, _ = two_subnets(client(cloud, "ec2"), "10.20")
    made = elbv2.create_target_group(Name="web", Protocol="HTTP", Port=free_port(), VpcId=vpc, TargetType="ip")
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    elbv2.modify_target_group(TargetGroupArn=arn, HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=2)
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": "127.0.0.1"}])
    group = cloud.context.backend("elbv2").target_groups[arn]
    checks = HealthChecks(replace(cloud.context, network=network))

    def is_unhealthy() -> bool:
        checks.step({arn})
        return observed(group)["127.0.0.1"].state == "unhealthy"

    wait_until(is_unhealthy, 30)
    assert answers == []
    checks.close()


def test_a_check_requests_the_path_as_a_load_balancer_does() -> None:
    with _answering(204) as (address, seen):
        assert check(address, SETTINGS) == Outcome(204)
    assert seen == [("/healthz", "ELB-HealthChecker/2.0")]


def test_a_target_that_refuses_fails_its_check() -> None:
    with _answering(200) as (address, _):
        pass
    assert check(address, SETTINGS) == Outcome()


@contextmanager
def _answering(status: int) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    seen: list[tuple[str, str]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers["User-Agent"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()
