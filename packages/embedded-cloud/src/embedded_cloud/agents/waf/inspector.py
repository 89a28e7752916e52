"""Inspects the requests of a load balancer with its web ACL, and publishes metrics and log."""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.waf.haproxy import BLOCKED
from embedded_cloud.agents.waf.log_record import keeps, record
from embedded_cloud.agents.waf.publisher import Publisher, Record
from embedded_cloud.agents.waf.rates import Rates
from embedded_cloud.agents.waf.request import WebRequest
from embedded_cloud.agents.waf.server import SpopServer
from embedded_cloud.agents.waf.spop import Value
from embedded_cloud.agents.waf.statements import Inspection
from embedded_cloud.agents.waf.web_acl import BLOCK, Decision, RuleGroup, WebAcl, action_of, decide, metric_of, metrics
from embedded_cloud.config import REGION

_LOGS = ":logs:"


class Inspector:
    """Serves one load balancer. It reads the web ACL for each request, so that a change acts at once."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._server: SpopServer | None = None
        self._host = ""
        self._balancer = ""
        self._rates = Rates()
        self._publisher = Publisher(context)

    def address_for(self, balancer: str) -> str:
        """Return where HAProxy reaches the inspector (`host:port`); empty without a web ACL."""
        with self._context.lock:
            acl = self._context.backend("wafv2").get_web_acl_for_resource(balancer)
        self._balancer = balancer
        if acl is None:
            return ""
        if self._server is None:
            self._start()
        return f"{self._host}:{self._server.port}" if self._server else ""

    def _start(self) -> None:
        self._host = urlsplit(self._context.container_endpoint).hostname or ""
        with suppress(OSError):
            self._server = SpopServer(self._context.docker.gateway, self._answer)
            return
        # Docker runs in a virtual machine, which has the gateway's address and leads to this one.
        self._server = SpopServer("127.0.0.1", self._answer)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def _answer(self, arguments: Mapping[str, Value]) -> Mapping[str, Value]:
        request = web_request(arguments, (self._context.config.http_port, self._context.config.https_port))
        with self._context.lock:
            waf = self._context.backend("wafv2")
            stored = waf.get_web_acl_for_resource(self._balancer)
            if stored is None:
                return {}
            acl = read_web_acl(stored, waf)
            inspection = self._inspection(request, acl, waf)
            logging = waf.logging_configurations.get(acl.arn)
        decision = decide(acl, inspection)
        self._note(acl, request, decision, logging)
        return {BLOCKED: True} if decision.action == BLOCK else {}

    def _inspection(self, request: WebRequest, acl: WebAcl, waf: Any) -> Inspection:
        return Inspection(
            request=request,
            namespace=acl.label_namespace,
            rates=self._rates,
            now=time.monotonic(),
            ip_sets={one.arn: list(one.addresses) for one in waf.ip_sets.values()},
            regex_sets={
                one.arn: [pattern["RegexString"] for pattern in one.regular_expressions]
                for one in waf.regex_pattern_sets.values()
            },
        )

    def _note(self, acl: WebAcl, request: WebRequest, decision: Decision, logging: Any) -> None:
        source = f"{acl.arn.split(':')[4]}-{self._balancer.partition(':loadbalancer/')[2]}"
        milliseconds = int(time.time() * 1000)
        records: list[Record] = []
        if logging is not None and keeps(logging.logging_filter, decision):
            hidden = logging.redacted_fields or ()
            text = record(acl, request, decision, source=source, milliseconds=milliseconds, redacted=hidden)
            groups = [arn.partition(":log-group:")[2] for arn in logging.log_destination_configs if _LOGS in arn]
            event = {"timestamp": milliseconds, "message": text}
            records = [(group.removesuffix(":*"), f"{REGION}_{acl.name}_0", event) for group in groups]
        self._publisher.note(((name, acl.metric or acl.name, rule) for name, rule in metrics(acl, decision)), records)

    def publish(self) -> None:
        """Put what has gathered into CloudWatch, if it is time."""
        self._publisher.publish()


def read_web_acl(stored: Any, waf: Any) -> WebAcl:
    """Read moto's web ACL and the rule groups that it may refer to. Hold the cloud's lock."""
    return WebAcl(
        arn=stored.arn,
        name=stored.name,
        metric=metric_of({"VisibilityConfig": stored.visibility_config}),
        label_namespace=stored.label_namespace,
        default_action=action_of(stored.default_action) or "ALLOW",
        rules=[rule.to_dict() for rule in stored.rules],
        rule_groups={
            group.arn: RuleGroup(label_namespace=group.label_namespace, rules=[rule.to_dict() for rule in group.rules])
            for group in waf.rule_groups.values()
        },
    )


def web_request(arguments: Mapping[str, Value], published_ports: tuple[int, ...]) -> WebRequest:
    """Return the request that HAProxy's message describes."""
    lines = str(arguments.get("headers") or "").split("\r\n")
    headers = [(name, value.strip()) for name, mark, value in (line.partition(":") for line in lines) if mark]
    body = arguments.get("body") or b""
    text = body.decode("latin-1") if isinstance(body, bytes) else str(body)
    host = next((value for name, value in headers if name.lower() == "host"), "")
    return WebRequest(
        client=str(arguments.get("client") or ""),
        method=str(arguments.get("method") or ""),
        path=str(arguments.get("path") or ""),
        query=str(arguments.get("query") or ""),
        version=str(arguments.get("version") or "1.1"),
        headers=headers,
        body=text,
        body_size=max(int(arguments.get("size") or 0), len(text)),
        scheme="https" if arguments.get("secure") else "http",
        request_id=str(arguments.get("id") or ""),
        published=any(host.endswith(f":{port}") for port in published_ports),
    )
