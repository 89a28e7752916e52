"""A load balancer as HAProxy's configuration, and its targets in server slots."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_cloud.agents.elb.haproxy import wanted_states
from embedded_cloud.agents.elb.haproxy_config import backend_name, render
from embedded_cloud.agents.elb.haproxy_runtime import (
    Slot,
    assign,
    capacity,
    commands,
    parse_requests,
    parse_servers_state,
    parse_workers,
    shutdowns,
)
from embedded_cloud.agents.elb.listener_rules import Ports, RuleError, acl, quote, wildcard
from embedded_cloud.agents.elb.load_balancers import Certificate, Listener, LoadBalancer, Rule, TargetGroup
from embedded_cloud.agents.elb.target_health import DRAINING_HEALTH, HEALTHY, TargetHealth

WEB = TargetGroup(
    arn="arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1234", name="web", protocol="HTTPS"
)
FORWARD = {"Type": "forward", "TargetGroupArn": WEB.arn}
PORTS = Ports({80: 8080, 443: 8443})


def balancer(
    *listeners: Listener, groups: Sequence[TargetGroup] = (WEB,), attributes: Mapping[str, str] | None = None
) -> LoadBalancer:
    return LoadBalancer(arn="arn", name="front", listeners=listeners, target_groups=groups, attributes=attributes or {})


def listener(*rules: Rule, attributes: Mapping[str, str] | None = None, **more: Any) -> Listener:
    default = Rule(conditions=(), actions=[FORWARD])
    certificates = [Certificate(names=["app.example.com"])]
    options: dict[str, Any] = {"port": 443, "protocol": "HTTPS", "certificates": certificates, **more}
    return Listener(rules=[*rules, default], attributes=attributes or {}, **options)


def lines(load_balancer: LoadBalancer, slots: Mapping[int, Slot] | None = None) -> list[str]:
    names = {backend_name(group): slots or {1: Slot()} for group in load_balancer.target_groups}
    return [line.strip() for line in render(load_balancer, names, PORTS).splitlines()]


def test_certificates_of_targets_are_not_verified() -> None:
    found = lines(balancer(listener()), {1: Slot("10.0.0.1:8443", "ready"), 2: Slot()})
    assert "server s1 10.0.0.1:8443 ssl verify none" in found
    assert "server s2 192.0.2.1:1 ssl verify none disabled" in found


def test_a_redirect_names_the_published_port_to_a_client_that_used_it() -> None:
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    rule = Rule(conditions=(), actions=[{"Type": "redirect", "RedirectConfig": redirect}])
    plain = Listener(port=80, protocol="HTTP", rules=[rule])
    answers = [line for line in lines(balancer(plain)) if "Location" in line]
    target = "%[var(txn.path)]%[var(txn.query)]"
    assert f'"https://%[var(txn.host)]:8443/{target}" if {{ var(txn.rule) -m str r0 }} {{ var(txn.local)' in answers[0]
    assert f'"https://%[var(txn.host)]:443/{target}" if {{ var(txn.rule) -m str r0 }}' in answers[1]


def test_rules_are_chosen_in_order_before_anything_answers() -> None:
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403", "MessageBody": 'no "way"'}}
    condition = {"Field": "path-pattern", "Values": ["/private/*"]}
    found = lines(balancer(listener(Rule(conditions=[condition], actions=[fixed]))))
    chosen = [line for line in found if line.startswith("http-request set-var(txn.rule)")]
    assert chosen == [
        'http-request set-var(txn.rule) str(r0) if { path -m reg "^/private/.*\\$" } !{ var(txn.rule) -m found }',
        "http-request set-var(txn.rule) str(r1) if !{ var(txn.rule) -m found }",
    ]
    assert any('return status 403 content-type "text/plain" string "no \\"way\\""' in line for line in found)
    assert "use_backend web-1234 if { var(txn.rule) -m str r1 }" in found


def test_a_fixed_response_may_have_no_body() -> None:
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    found = lines(balancer(listener(Rule(conditions=(), actions=[fixed]))))
    assert any(line.startswith("http-request return status 404 hdr Server awselb/2.0 if ") for line in found)


def test_weights_divide_the_requests() -> None:
    other = TargetGroup(arn=WEB.arn.replace("web/", "other/"), name="other", protocol="HTTP")
    groups = [{"TargetGroupArn": WEB.arn, "Weight": 3}, {"TargetGroupArn": other.arn, "Weight": 1}]
    rule = Rule(conditions=(), actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}])
    found = lines(balancer(Listener(port=80, protocol="HTTP", rules=[rule]), groups=[WEB, other]))
    drawn = [line.split(" if ", 1)[1] for line in found if line.startswith("use_backend")]
    assert [line.partition(" } ")[2] for line in drawn] == [
        "{ var(txn.draw) -m int ge 0 } { var(txn.draw) -m int lt 750 }",
        "{ var(txn.draw) -m int ge 750 } { var(txn.draw) -m int lt 1000 }",
    ]


def test_every_answer_has_the_listeners_response_headers() -> None:
    attributes = {
        "routing.http.response.strict_transport_security.header_value": "max-age=31536000; includeSubDomains",
        "routing.http.response.server.enabled": "false",
    }
    found = lines(balancer(listener(attributes=attributes)))
    header = 'set-header Strict-Transport-Security "max-age=31536000; includeSubDomains"'
    assert f"http-after-response {header}" in found
    assert "http-after-response del-header Server" in found


def test_forwarding_headers_are_appended_as_aws_does() -> None:
    found = "\n".join(lines(balancer(listener())))
    assert 'X-Forwarded-For "%[var(txn.forwarded)], %[src]"' in found
    assert "set-header X-Forwarded-Proto https" in found
    assert "set-header X-Forwarded-Port 443" in found


def test_the_clients_port_follows_its_address_when_asked() -> None:
    found = "\n".join(lines(balancer(listener(), attributes={"routing.http.xff_client_port.enabled": "true"})))
    assert 'X-Forwarded-For "%[var(txn.forwarded)], %[src]:%[src_port]"' in found


def test_attributes_of_the_load_balancer_apply() -> None:
    attributes = {
        "idle_timeout.timeout_seconds": "17",
        "routing.http.drop_invalid_header_fields.enabled": "true",
        "routing.http2.enabled": "false",
    }
    found = "\n".join(lines(balancer(listener(), attributes=attributes)))
    assert "timeout server 17s" in found
    assert 'del-header "[^A-Za-z0-9-]" -m reg' in found
    assert "alpn http/1.1" in found


def test_the_target_groups_algorithm_applies() -> None:
    group = TargetGroup(
        arn=WEB.arn,
        name="web",
        protocol="HTTP",
        attributes={"load_balancing.algorithm.type": "least_outstanding_requests"},
    )
    assert "balance leastconn" in lines(balancer(listener(), groups=[group]))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (
            {"Field": "host-header", "Values": ["*.example.com"]},
            '{ req.hdr(host),host_only -m reg -i "^.*\\\\.example\\\\.com\\$" }',
        ),
        ({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["PUT"]}}, '{ method "PUT" }'),
        ({"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}}, '{ src "10.0.0.0/8" }'),
        (
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["b?"]}},
            '{ req.fhdr(X-A) -m reg -i "^b.\\$" }',
        ),
        (
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": "b*"}]}},
            '{ query,url_dec -m reg -i "(^|&)a=b[^&]*(&|\\$)" }',
        ),
    ],
)
def test_conditions_become_acls(condition: dict[str, Any], expected: str) -> None:
    assert acl([condition]) == expected


def test_an_action_or_condition_that_is_not_emulated_is_refused_by_name() -> None:
    with pytest.raises(RuleError, match="authenticate-oidc"):
        lines(balancer(listener(Rule(conditions=(), actions=[{"Type": "authenticate-oidc"}]))))
    with pytest.raises(RuleError, match="moon-phase"):
        acl([{"Field": "moon-phase"}])


def test_any_text_is_quoted_as_one_word() -> None:
    assert quote('a "b" $c\r\n') == '"a \\"b\\" \\$c\\r\\n"'


def test_only_stars_and_question_marks_are_special_in_a_pattern() -> None:
    assert wildcard("/a.b/*/?") == r"^/a\.b/.*/.$"


A, B, C = "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"
STATES = st.dictionaries(st.sampled_from([f"10.0.0.{n}:80" for n in range(20)]), st.sampled_from(["ready", "drain"]))


def test_a_target_keeps_its_slot_while_others_come_and_go() -> None:
    slots = assign({}, {A: "ready", B: "ready"}, 4)
    at = {slot.address: number for number, slot in slots.items()}
    slots = assign(slots, {B: "drain", C: "ready"}, 4)
    assert slots[at[B]] == Slot(B, "drain")
    assert slots[at[A]] == Slot(A, "maint")


@pytest.mark.parametrize(("stickiness", "state"), [("true", "maint"), ("false", "drain")])
def test_a_draining_target_gets_no_request_with_its_cookie(stickiness: str, state: str) -> None:
    """HAProxy's drain state takes them (docs.haproxy.org/3.0/management.html, "set server ... state")."""
    healths = {"10.0.0.1": TargetHealth(state=HEALTHY), "10.0.0.2": DRAINING_HEALTH}
    group = SimpleNamespace(
        attributes={"stickiness.enabled": stickiness},
        targets={"10.0.0.1": {"Port": 80}},
        deregistered_targets={"10.0.0.2": {"Port": 80}},
        observed=healths,
    )
    assert wanted_states(group) == {A: "ready", B: state}


def test_a_slot_in_maintenance_is_not_given_away_while_its_target_drains() -> None:
    slots = assign(assign({}, {A: "ready", B: "ready"}, 2), {A: "ready"}, 2)
    slots = assign(slots, {A: "maint", C: "ready"}, 2)
    assert slots == {1: Slot(A, "maint"), 2: Slot(C, "ready")}


def test_an_unchanged_assignment_needs_no_command() -> None:
    slots = assign({}, {A: "ready"}, 4)
    assert list(commands("web", slots, assign(slots, {A: "ready"}, 4))) == []


def test_a_slot_takes_requests_only_once_it_has_its_address() -> None:
    lines = list(commands("web", {}, {1: Slot(A, "ready")}))
    assert lines == [
        "set server web/s1 state maint",
        "set server web/s1 addr 10.0.0.1 port 80",
        "set server web/s1 state ready",
    ]


@given(st.lists(STATES, min_size=1, max_size=6))
def test_every_wanted_target_has_exactly_one_slot(steps: list[dict[str, str]]) -> None:
    slots: dict[int, Slot] = {}
    for wanted in steps:
        slots = assign(slots, wanted, capacity(len(wanted)))
        served = {slot.address: slot.state for slot in slots.values() if slot.state != "maint"}
        assert served == wanted
        assert sum(slot.state != "maint" for slot in slots.values()) == len(wanted)


def test_more_targets_than_slots_make_more_slots() -> None:
    assert (capacity(0), capacity(40), capacity(41)) == (40, 40, 80)


def test_the_state_of_haproxys_servers_is_read() -> None:
    text = (
        "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state ...\n"
        "4 web 1 s1 10.0.0.1 2 0 1 1 30 1 0 0 0 0 0 0 - 8000 - 0 0 - - 0\n"
        "4 web 2 s2 10.0.0.2 2 8 1 1 30 1 0 0 0 0 0 0 - 8000 - 0 0 - - 0\n"
        "4 web 3 s3 192.0.2.1 0 5 1 1 30 1 0 0 0 0 0 0 - 1 - 0 0 - - 0\n"
    )
    assert parse_servers_state(text) == {
        "web": {1: Slot("10.0.0.1:8000", "ready"), 2: Slot("10.0.0.2:8000", "drain"), 3: Slot("192.0.2.1:1", "maint")}
    }


def test_a_server_with_a_request_in_flight_is_told_from_one_with_an_idle_connection() -> None:
    new = "# pxname,svname,qcur,qmax,scur,smax,addr,\nweb,s1,0,0,2,3,10.0.0.1:8000,\nweb,s2,0,0,0,3,10.0.0.2:8000,\n\n"
    former = "# pxname,svname,qcur,qmax,scur,smax,addr,\nweb,s1,0,0,,,10.0.0.1:8000,\nweb,s2,0,0,1,3,10.0.0.3:8000,\n\n"
    gone = "Can't find the target PID matching the prefix '@!9'\n"
    assert parse_requests(new + former) == {"10.0.0.1:8000", "10.0.0.3:8000"}
    assert parse_requests(gone) == set()


def test_the_sessions_of_drained_targets_are_shut_down_in_each_worker() -> None:
    processes = (
        "#<PID> <type> <reloads> <uptime>\n1 master 1 0d00h\n# workers\n24 worker 0 0d\n# old workers\n8 worker 1 0d\n"
    )
    assert parse_workers(processes) == ["24", "8"]
    stat = "# pxname,svname,scur,addr,\nweb,s1,1,10.0.0.1:8000,\nother,s1,1,10.0.0.1:8000,\nweb,s2,1,10.0.0.2:8000,\n"
    sessions = "0x1: proto=tcpv4 src=10.0.0.9:1 fe=port-443 be=web srv=s1 ts=00\n0x2: proto=tcpv4 fe=x be=web srv=s2\n"
    sessions += "0x3: proto=tcpv4 fe=x be=other srv=s1\n0x4: proto=tcpv4 fe=x be=<NONE> srv=<none>\n"
    assert shutdowns(stat, sessions, {("web", "10.0.0.1:8000")}) == ["shutdown session 0x1"]
    assert shutdowns("", sessions, {("web", "10.0.0.1:8000")}) == []


def test_with_a_web_acl_each_request_is_inspected_before_a_rule_answers() -> None:
    slots = {backend_name(WEB): {1: Slot()}}
    asked = "http-request send-spoe-group waf inspect"
    assert asked not in render(balancer(listener()), slots, PORTS)
    found = [line.strip() for line in render(balancer(listener()), slots, PORTS, "10.0.0.1:7000").splitlines()]
    assert "server inspector 10.0.0.1:7000" in found
    blocked = next(at for at, line in enumerate(found) if line.endswith("if { var(txn.waf.blocked) -m bool }"))
    chosen = next(at for at, line in enumerate(found) if "set-var(txn.rule)" in line)
    assert found.index(asked) < blocked < chosen
