"""A web ACL in front of a running load balancer: what visitors, CloudWatch and the log see."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from embedded_cloud.testing.polling import wait_until
from support.front import Front, running_front

pytestmark = pytest.mark.containers

BAD_INPUTS = "AWSManagedRulesKnownBadInputsRuleSet"
CORE = "AWSManagedRulesCommonRuleSet"
LOG = "aws-waf-logs-front"
COUNTED, BLOCKED = {"Count": {}}, {"None": {}}


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running_front(tmp_path_factory.mktemp("cloud")) as made:
        create_web_acl(made)
        yield made


@pytest.fixture
def visitor(front: Front) -> Iterator[httpx.Client]:
    with front.http_client() as client:
        yield client


def test_a_change_of_the_web_acl_acts_at_once(front: Front, visitor: httpx.Client) -> None:
    use(front, managed(BAD_INPUTS, COUNTED))
    assert visitor.request("PROPFIND", "/").status_code == 200
    use(front, managed(BAD_INPUTS, BLOCKED))
    answer = visitor.request("PROPFIND", "/")
    assert (answer.status_code, answer.headers["server"]) == (403, "awselb/2.0")
    assert "<center><h1>403 Forbidden</h1></center>" in answer.text
    assert visitor.get("/").status_code == 200


def test_bodies_are_inspected_and_arrive_whole(front: Front, visitor: httpx.Client) -> None:
    use(front, managed(BAD_INPUTS, BLOCKED), managed(CORE, COUNTED, 1))
    assert visitor.post("/", content=b"x=${jndi:ldap://example.com/}").status_code == 403
    assert visitor.post("/", content=b"a" * 300_000).status_code == 200
    attack = b"x=${jndi:ldap://example.com/}"
    head = b"POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: %d\r\n\r\n" % len(attack)
    assert front.send(head, attack[:9], attack[9:]).startswith(b"HTTP/1.1 403 ")
    # The first 8 KB are inspected.
    assert visitor.post("/", content=b"a" * 8192 + b"${jndi:ldap://example.com/}").status_code == 200
    use(front, managed(CORE, BLOCKED))
    assert visitor.post("/", content=b"a" * 8193).status_code == 403
    assert visitor.post("/", content=(b"a" * 5000 for _ in range(2))).status_code == 403
    assert visitor.post("/", content=b"a" * 8192).status_code == 200


def test_redirects_are_inspected_too(front: Front) -> None:
    use(front, managed(BAD_INPUTS, BLOCKED))
    plain = f"http://localhost:{front.config.http_port}/"
    assert [httpx.request(method, plain).status_code for method in ("PROPFIND", "GET")] == [403, 301]


def test_a_client_above_the_rate_is_blocked_until_its_window_passes(front: Front, visitor: httpx.Client) -> None:
    limit = {"Limit": 10, "EvaluationWindowSec": 60, "AggregateKeyType": "FORWARDED_IP"}
    forwarded = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "NO_MATCH"}
    statement = {"RateBasedStatement": {**limit, "ForwardedIPConfig": forwarded}}
    use(front, {"Name": "rate", "Priority": 0, "Statement": statement, "Action": {"Block": {}}, **visible("rate")})

    def codes(address: str, times: int) -> list[int]:
        return [visitor.get("/", headers={"X-Forwarded-For": address}).status_code for _ in range(times)]

    assert codes("203.0.113.9", 12) == [200] * 10 + [403] * 2
    assert codes("203.0.113.10", 1) == [200]


def test_metrics_and_log_show_what_was_counted_and_blocked(front: Front, visitor: httpx.Client) -> None:
    use(front, managed(BAD_INPUTS, BLOCKED, 0, "bad"), managed(CORE, COUNTED, 1, "core"))
    visitor.request("PROPFIND", "/", params={"secret": "1"}, headers={"Cookie": "sessionid=secret"})
    visitor.get("/debug.log")
    visitor.get("/plain")
    wait_until(lambda: metric(front, "BlockedRequests", "bad") == metric(front, "CountedRequests", "core") == 1, 30)
    assert metric(front, "AllowedRequests", "Default_Action") >= 2
    records = [json.loads(event["message"]) for event in front.logs.filter_log_events(logGroupName=LOG)["events"]]
    last = {(one["action"], one["httpRequest"]["uri"]): one for one in records}
    assert last["BLOCK", "/"]["terminatingRuleId"] == BAD_INPUTS
    assert {"name": "cookie", "value": "REDACTED"} in last["BLOCK", "/"]["httpRequest"]["headers"]
    assert last["ALLOW", "/debug.log"]["nonTerminatingMatchingRules"][0]["ruleId"] == CORE
    assert ("ALLOW", "/plain") not in last


def test_without_an_answer_in_time_a_request_passes_and_without_a_web_acl_nothing_is_asked(
    front: Front, visitor: httpx.Client
) -> None:
    use(front, managed(BAD_INPUTS, BLOCKED))
    with front.cloud.context.lock:
        began = time.monotonic()
        assert visitor.request("PROPFIND", "/").status_code == 200
        assert 4 < time.monotonic() - began < 15
    front.wafv2.disassociate_web_acl(ResourceArn=front.load_balancer)
    wait_until(lambda: "spoe" not in front.configuration(), 30)
    wait_until(lambda: visitor.request("PROPFIND", "/").status_code == 200, 30)


def create_web_acl(front: Front) -> None:
    default = {"Name": "front", "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}}
    made = front.wafv2.create_web_acl(**default, **visible("front-metric"), Rules=[])["Summary"]
    front.__dict__["acl"] = made
    front.logs.create_log_group(logGroupName=LOG)
    conditions = [{"ActionCondition": {"Action": action}} for action in ("BLOCK", "COUNT")]
    kept = [{"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": conditions}]
    configuration = {
        "ResourceArn": made["ARN"],
        "LogDestinationConfigs": [f"arn:aws:logs:us-east-1:123456789012:log-group:{LOG}"],
        "RedactedFields": [{"SingleHeader": {"Name": "cookie"}}],
        "LoggingFilter": {"DefaultBehavior": "DROP", "Filters": kept},
    }
    front.wafv2.put_logging_configuration(LoggingConfiguration=configuration)
    front.wafv2.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=front.load_balancer)
    front.wait_until_configured("filter spoe")
    use(front, managed(BAD_INPUTS, BLOCKED))
    # On a busy machine the former worker, which asks nobody, takes connections for longer.
    plain = f"http://localhost:{front.config.http_port}/"
    wait_until(lambda: httpx.request("PROPFIND", plain).status_code == 403, 30)


def use(front: Front, *rules: dict[str, Any]) -> None:
    known = {"Name": "front", "Scope": "REGIONAL", "Id": front.acl["Id"]}
    token = front.wafv2.get_web_acl(**known)["LockToken"]
    more = {"DefaultAction": {"Allow": {}}, **visible("front-metric")}
    front.wafv2.update_web_acl(**known, LockToken=token, Rules=list(rules), **more)


def managed(name: str, override: dict[str, Any], priority: int = 0, metric_name: str = "") -> dict[str, Any]:
    statement = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name}}
    rule = {"Name": name, "Priority": priority, "Statement": statement, "OverrideAction": override}
    return {**rule, **visible(metric_name or name)}


def visible(name: str) -> dict[str, Any]:
    shown = {"CloudWatchMetricsEnabled": True, "SampledRequestsEnabled": True, "MetricName": name}
    return {"VisibilityConfig": shown}


def metric(front: Front, name: str, rule: str) -> float:
    """The sum of a metric, as a dashboard reads it."""
    values = {"WebACL": "front-metric", "Region": "us-east-1", "Rule": rule}
    now = datetime.now(UTC)
    found = front.cloudwatch.get_metric_statistics(
        Namespace="AWS/WAFV2",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in values.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=7200,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])
