"""Read load balancers, listeners, rules and target groups from moto as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from embedded_cloud.api.moto_patches.acm import DEFAULT_KEY_ALGORITHM, key_algorithm

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
"""Names of this machine, which are added to every certificate of a load balancer."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of a listener. The default rule has no conditions."""

    conditions: Sequence[Mapping[str, Any]]
    actions: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate of a listener."""

    names: Sequence[str]
    key_algorithm: str = DEFAULT_KEY_ALGORITHM
    """ACM's name. A client that offers suites for the other kind of key only is refused."""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """One listener. The first rule that matches applies."""

    port: int
    protocol: str
    rules: Sequence[Rule]
    tls_policy: str = ""
    certificates: Sequence[Certificate] = ()
    """The default certificate first."""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TargetGroup:
    """A target group that a listener forwards to."""

    arn: str
    name: str
    protocol: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def balance(self) -> str:
        """HAProxy's name of the load balancing algorithm."""
        least = self.attributes.get("load_balancing.algorithm.type") == "least_outstanding_requests"
        return "leastconn" if least else "roundrobin"


@dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    arn: str
    name: str
    listeners: Sequence[Listener]
    target_groups: Sequence[TargetGroup]
    attributes: Mapping[str, str] = field(default_factory=dict)

    def attribute(self, key: str, default: str) -> str:
        return str(self.attributes.get(key) or default)


def load_balancers(elb: Any, acm: Any) -> list[LoadBalancer]:
    """Read all application load balancers, the oldest first. Hold the cloud's lock."""
    found = [balancer for balancer in elb.load_balancers.values() if balancer.type == "application"]
    return [_load_balancer(elb, acm, balancer) for balancer in found]


def target_groups_of(actions: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """Return ARN and weight of each target group that a rule's actions forward to."""
    for action in actions:
        if action.get("Type") != "forward":
            continue
        groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
        if groups:
            return [(str(group["TargetGroupArn"]), int(group.get("Weight", 1))) for group in groups]
        return [(str(action["TargetGroupArn"]), 1)]
    return []


def _load_balancer(elb: Any, acm: Any, balancer: Any) -> LoadBalancer:
    owned = balancer.listeners.values()
    listeners = [_listener(acm, listener) for listener in sorted(owned, key=lambda one: int(one.port))]
    used = {arn for listener in listeners for rule in listener.rules for arn, _ in target_groups_of(rule.actions)}
    return LoadBalancer(
        arn=balancer.arn,
        name=balancer.name,
        attributes={key: str(value) for key, value in balancer.attrs.items()},
        listeners=listeners,
        target_groups=[
            TargetGroup(
                arn=arn,
                name=group.name,
                protocol=group.protocol,
                attributes={key: str(value) for key, value in group.attributes.items()},
            )
            for arn, group in sorted(elb.target_groups.items())
            if arn in used
        ],
    )


def _listener(acm: Any, listener: Any) -> Listener:
    conditional = sorted(listener._non_default_rules.values(), key=lambda rule: int(rule.priority))
    return Listener(
        port=int(listener.port),
        protocol=listener.protocol,
        tls_policy=listener.ssl_policy or "",
        certificates=[_certificate(acm, arn) for arn in listener.certificates] if listener.protocol == "HTTPS" else (),
        attributes={key: str(value) for key, value in listener.attributes.items()},
        rules=[
            *(Rule(conditions=rule.conditions, actions=_actions(rule.actions)) for rule in conditional),
            Rule(conditions=(), actions=_actions(listener.default_actions)),
        ],
    )


def _actions(actions: Any) -> list[Mapping[str, Any]]:
    return [action.data for action in actions]


def _certificate(acm: Any, arn: Any) -> Certificate:
    """Return the names of a certificate and then of this machine, without repetition."""
    arn = arn["CertificateArn"] if isinstance(arn, Mapping) else arn
    bundle = acm._certificates.get(arn)
    names = [bundle.common_name, *bundle.sans] if bundle is not None else []
    known = list(dict.fromkeys([*(name for name in names if name), *LOCAL_NAMES]))
    return Certificate(
        names=known, key_algorithm=key_algorithm(bundle) if bundle is not None else DEFAULT_KEY_ALGORITHM
    )
