"""Render a load balancer as HAProxy's configuration. Pure."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from embedded_cloud.agents.elb import headers, limits
from embedded_cloud.agents.elb.haproxy_runtime import ADMIN_PORT, Slots, server_lines
from embedded_cloud.agents.elb.listener_rules import CHOSEN, LOCAL_HOST, PAGE, Ports, RuleError, acl, quote, respond
from embedded_cloud.agents.elb.load_balancers import Listener, LoadBalancer, Rule, TargetGroup, target_groups_of
from embedded_cloud.agents.elb.tls import bind_options
from embedded_cloud.agents.waf import haproxy as waf

CERTIFICATE_FOLDER = "/usr/local/etc/haproxy/certificates"
IDLE_SECONDS = "60"
CONNECT_SECONDS = 10
"""Time in which an application load balancer has to reach a target before it answers 504."""
DRAWS = 1000
"""Number of equal shares that requests to weighted target groups are divided into."""
BAD_GATEWAY = "502 Bad Gateway"
# HAProxy answers 503 for an unreachable target. A load balancer answers 502 when refused and 504 without an answer.
_REFUSED, _NO_ANSWER = "{ txn.sess_term_state -m beg SC }", "{ txn.sess_term_state -m beg sC }"


class Grouped(Protocol):
    """A target group: as read, or moto's."""

    @property
    def arn(self) -> str: ...


_NO_TARGET = (
    "return status 503 content-type text/html "
    f"string {quote(PAGE.format('503 Service Temporarily Unavailable'))} hdr Server awselb/2.0"
)


def backend_name(group: Grouped) -> str:
    """Return HAProxy's name for a target group: the unique part of its ARN."""
    return "-".join(group.arn.rsplit("/", 2)[-2:])


def certificate_files(listener: Listener) -> list[str]:
    """Return the paths of a listener's certificates in the container, the default certificate first."""
    return [f"{CERTIFICATE_FOLDER}/{listener.port}-{index}.pem" for index in range(len(listener.certificates))]


def render(balancer: LoadBalancer, slots: Mapping[str, Slots], ports: Ports, inspector: str = "") -> str:
    """Return HAProxy's configuration; `slots` are the servers that each back end starts with. Raises RuleError.

    `inspector`: address of the one that inspects requests with a web ACL; empty without one.
    """
    sections = [
        _global(),
        _defaults(balancer),
        *(_frontend(balancer, listener, ports, bool(inspector)) for listener in balancer.listeners),
        *(_backend(group, slots[backend_name(group)]) for group in balancer.target_groups),
        *([waf.backend(inspector)] if inspector else []),
    ]
    return "\n\n".join(section[0] + "".join(f"\n    {line}" for line in section[1:]) for section in sections) + "\n"


def _global() -> list[str]:
    return [
        "global",
        f"stats socket ipv4@127.0.0.1:{ADMIN_PORT} level admin",
        "user haproxy",
        "group haproxy",
        "maxconn 4000",
        "nbthread 2",
        # Bounds how long the old worker lives after a reload.
        "hard-stop-after 60s",
        *limits.buffers(),
        # An application load balancer takes WebSockets over HTTP/1.1 only, and browsers ask over HTTP/2 where offered.
        "h2-workaround-bogus-websocket-clients",
    ]


def _defaults(balancer: LoadBalancer) -> list[str]:
    idle = balancer.attribute("idle_timeout.timeout_seconds", IDLE_SECONDS)
    return [
        "defaults",
        "mode http",
        f"timeout connect {CONNECT_SECONDS}s",
        f"timeout client {idle}s",
        f"timeout server {idle}s",
        f"timeout http-request {idle}s",
        f"timeout http-keep-alive {idle}s",
        # Only failed connections are retried on another target, never a request that was sent.
        "retries 3",
        "option redispatch 1",
        # After a reload an open connection is closed with its next answer, so no request is lost.
        "option idle-close-on-response",
        "retry-on conn-failure",
        "unique-id-format 1-%{+X}Ts-%[uuid,regsub(-,,g),bytes(0,24)]",
        _error_page(400, "400 Bad Request"),
        _error_page(408, "408 Request Time-out"),
        _error_page(502, BAD_GATEWAY),
        # A 503 of HAProxy means an unreachable target; the front end corrects the status to 502 or 504.
        _error_page(503, BAD_GATEWAY),
        _error_page(504, "504 Gateway Time-out"),
    ]


def _error_page(status: int, title: str) -> str:
    return f"http-error status {status} content-type text/html string {quote(PAGE.format(title))} hdr Server awselb/2.0"


def _frontend(balancer: LoadBalancer, listener: Listener, ports: Ports, inspected: bool) -> list[str]:
    scheme = "https" if listener.protocol == "HTTPS" else "http"
    published = ports.seen_by_client(str(listener.port))
    return [
        f"frontend port-{listener.port}",
        _bind(balancer, listener),
        *limits.refuse_requests(balancer.attribute("routing.http.desync_mitigation_mode", "defensive")),
        *(waf.front_lines(balancer.attribute("idle_timeout.timeout_seconds", IDLE_SECONDS)) if inspected else ()),
        *headers.keep_alive(balancer),
        *headers.request_headers(balancer, listener, scheme),
        f"http-request set-var(txn.local) bool(true) if {{ req.hdr(host) -m reg -i {quote(LOCAL_HOST)} }}",
        f"http-request set-var(txn.local) bool(true) if {{ req.hdr(host) -m end {quote(':' + published)} }}",
        "http-request set-var(txn.host) req.hdr(host),host_only",
        "http-request set-var(txn.path) path,bytes(1)",
        "http-request set-var-fmt(txn.query) ?%[query] if { query -m found }",
        *_choose(listener),
        *_act(balancer, listener, scheme, ports),
        *limits.refuse_responses(),
        *headers.response_headers(listener),
        f'http-after-response set-status 502 reason "Bad Gateway" if {{ status 503 }} {_REFUSED}',
        f'http-after-response set-status 504 reason "Gateway Time-out" if {{ status 503 }} {_NO_ANSWER}',
    ]


def _bind(balancer: LoadBalancer, listener: Listener) -> str:
    if listener.protocol != "HTTPS":
        return f"bind :{listener.port}"
    certificates = " ".join(f"crt {path}" for path in certificate_files(listener))
    http2 = balancer.attribute("routing.http2.enabled", "true") == "true"
    protocols = "h2,http/1.1" if http2 else "http/1.1"
    return f"bind :{listener.port} ssl {certificates} {bind_options(listener.tls_policy)} alpn {protocols}"


def _choose(listener: Listener) -> Iterator[str]:
    """Choose the rule first, because HAProxy answers all redirects before it looks at any back end."""
    for index, rule in enumerate(listener.rules):
        conditions = " ".join(part for part in (acl(rule.conditions), f"!{{ var({CHOSEN}) -m found }}") if part)
        yield f"http-request set-var({CHOSEN}) str(r{index}) if {conditions}"


def _act(balancer: LoadBalancer, listener: Listener, scheme: str, ports: Ports) -> Iterator[str]:
    if any(len(target_groups_of(rule.actions)) > 1 for rule in listener.rules):
        yield f"http-request set-var(txn.draw) rand({DRAWS})"
    forwards: list[str] = []
    for index, rule in enumerate(listener.rules):
        when = f"{{ var({CHOSEN}) -m str r{index} }}"
        if target_groups_of(rule.actions):
            forwards += _forward(balancer, rule, when)
        else:
            for action in rule.actions:
                yield from respond(action, scheme, listener.port, ports, when)
    yield from forwards


def _forward(balancer: LoadBalancer, rule: Rule, when: str) -> Iterator[str]:
    groups = {group.arn: group for group in balancer.target_groups}
    weights = [(arn, weight) for arn, weight in target_groups_of(rule.actions) if weight > 0]
    total, below = sum(weight for _, weight in weights), 0
    for arn, weight in weights:
        if arn not in groups:
            raise RuleError(f"a listener of {balancer.name} forwards to {arn}, which does not exist")
        drawn = f"{when} {_share(below, below + weight, total)}" if len(weights) > 1 else when
        below += weight
        name = backend_name(groups[arn])
        yield f"http-request {_NO_TARGET} if {drawn} {{ nbsrv({name}) lt 1 }}"
        yield f"use_backend {name} if {drawn}"


def _share(low: int, high: int, total: int) -> str:
    draw = "var(txn.draw) -m int"
    return f"{{ {draw} ge {DRAWS * low // total} }} {{ {draw} lt {DRAWS * high // total} }}"


def _backend(group: TargetGroup, slots: Slots) -> list[str]:
    # An application load balancer does not verify the certificates of its targets either.
    options = ["ssl verify none"] if group.protocol == "HTTPS" else []
    lines = [f"backend {backend_name(group)}", f"balance {group.balance}", "http-reuse safe"]
    if group.attributes.get("stickiness.enabled") == "true":
        seconds = group.attributes.get("stickiness.lb_cookie.duration_seconds", "86400")
        lines.append(f"cookie AWSALB insert nocache maxlife {seconds}s")
        return [*lines, *(f"{line} cookie s{number}" for number, line in enumerate(server_lines(slots, options), 1))]
    return [*lines, *server_lines(slots, options)]
