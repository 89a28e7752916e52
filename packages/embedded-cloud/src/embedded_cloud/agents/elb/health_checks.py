"""Health checks of targets, and the deregistration delay of those that drain."""

import functools
import http.client
import logging
import math
import ssl
import time
from collections.abc import Callable, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.elb.haproxy_config import backend_name
from embedded_cloud.agents.elb.target_health import (
    DRAINING,
    DRAINING_HEALTH,
    UNUSED_HEALTH,
    CheckSettings,
    Outcome,
    TargetHealth,
    begin,
    has_drained,
    observe,
    observed,
)
from embedded_cloud.agents.vpc.network import passes

logger = logging.getLogger(__name__)

USER_AGENT = "ELB-HealthChecker/2.0"
CHECKS_AT_ONCE = 8

Key = tuple[str, str]
"""ARN of a target group, and address and port of a target."""

WithRequests = Callable[[set[str]], set[str]]
"""Which of these targets (`ip:port`) have a request in flight."""


EndSessions = Callable[[Set[tuple[str, str]]], None]
"""Closes what is open to these targets (HAProxy's back end, and `ip:port`)."""


class HealthChecks:
    """Runs the checks that are due and records their results. Call `step` and `settle_drained` from one thread."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._clocks = context.config.clocks
        self._pool = ThreadPoolExecutor(CHECKS_AT_ONCE, thread_name_prefix="elb-check")
        self._checks: dict[Key, tuple[float, Future[Outcome] | None]] = {}

    def close(self) -> None:
        """Start no further check; running ones end with their timeout."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def step(self, used: set[str]) -> None:
        """Record finished checks and start due ones. `used`: ARNs of the target groups that a listener forwards to."""
        with self._context.lock:
            groups = list(self._context.backend("elbv2").target_groups.values())
            known = {key for group in groups for key in self._step_group(group, used)}
        for key in set(self._checks) - known:
            del self._checks[key]

    def _step_group(self, group: Any, used: set[str]) -> list[Key]:
        states = observed(group)
        for address in set(states) - set(group.targets) - set(group.deregistered_targets):
            del states[address]
        for address in group.deregistered_targets:
            self._drain(group, address)
        keys = []
        for address, target in group.targets.items():
            if group.arn not in used:
                self._write(group, address, UNUSED_HEALTH)
                continue
            key = (group.arn, f"{address}:{target['Port']}")
            keys.append(key)
            self._write(group, address, begin(states.get(address)))
            self._step_target(group, address, key)
        return keys

    def _step_target(self, group: Any, address: str, key: Key) -> None:
        settings = settings_of(group)
        started_at, running = self._checks.get(key, (-math.inf, None))
        if running is not None and running.done():
            self._checks[key] = (started_at, None)
            finished, running = running, None
            if (error := finished.exception()) is None:
                self._write(group, address, observe(observed(group)[address], finished.result(), settings))
            else:
                # Docker did not answer. The next check is due as ever.
                logger.warning("elb: the check of %s was not made: %s", key[1], error)
        if running is None and time.monotonic() - started_at >= self._clocks.shortened(settings.interval_seconds):
            self._checks[key] = (time.monotonic(), self._pool.submit(self._check, key[1], settings))

    def _check(self, address: str, settings: CheckSettings) -> Outcome:
        """Check a target, if packets of the load balancer reach it: this machine sends them in its place."""
        network = self._context.network() if self._context.network else None
        host, port = endpoint(address, settings)
        balancer, target = (network.load_balancer(), network.at(host)) if network else (None, None)
        if network and balancer and target and not passes(network, balancer, target, port):
            return Outcome(timed_out=True)
        return check(address, settings)

    def _drain(self, group: Any, address: str) -> None:
        health = observed(group).get(address)
        if health is None or health.state != DRAINING:
            self._write(group, address, DRAINING_HEALTH)

    def _write(self, group: Any, address: str, health: TargetHealth) -> None:
        states = observed(group)
        before = states.get(address)
        if before == health:
            return
        states[address] = health
        if before is None or (before.state, before.reason) != (health.state, health.reason):
            self._context.touch()

    def settle_drained(self, with_requests: WithRequests, end_sessions: EndSessions) -> None:
        """Start the deregistration delay of draining targets, and remove those that have drained.

        The end of the delay breaks what is still open, WebSockets too (ECS developer guide, "Load balancer connection
        draining").
        """
        with self._context.lock:
            draining = {target for _, _, target in self._draining()}
        in_flight = with_requests(draining) if draining and not self._clocks.idle_targets_drain else set()
        with self._context.lock:
            over = [
                (group, address, target)
                for group, address, target in self._draining()
                if self._is_over(group, address, in_flight=target in in_flight or target not in draining)
            ]
        if over:
            end_sessions({(backend_name(group), target) for group, _, target in over})
        with self._context.lock:
            for group, address, _ in over:
                self._remove(group, address)

    def _draining(self) -> list[tuple[Any, str, str]]:
        """Target group, address, and address with port of each draining target."""
        return [
            (group, address, f"{address}:{target['Port']}")
            for group in self._context.backend("elbv2").target_groups.values()
            for address, target in group.deregistered_targets.items()
            if address in observed(group) and observed(group)[address].state == DRAINING
        ]

    def _is_over(self, group: Any, address: str, *, in_flight: bool) -> bool:
        now, since = time.time(), observed(group)[address].draining_since
        delay = float(group.attributes["deregistration_delay.timeout_seconds"])
        if since is None:
            observed(group)[address] = replace(DRAINING_HEALTH, draining_since=now)
            return False
        return has_drained(now - since, delay, in_flight=in_flight, clocks=self._clocks)

    def _remove(self, group: Any, address: str) -> None:
        # It may have been registered again meanwhile.
        if group.deregistered_targets.pop(address, None) is not None:
            observed(group).pop(address, None)
            self._context.touch()


def settings_of(group: Any) -> CheckSettings:
    """Read the health check settings of moto's target group."""
    matcher = getattr(group, "matcher", None) or {}
    return CheckSettings(
        protocol=group.health_check_protocol or group.protocol,
        port=str(group.health_check_port or "traffic-port"),
        path=group.health_check_path or "/",
        matcher=matcher.get("HttpCode") or "200",
        interval_seconds=float(group.health_check_interval_seconds),
        timeout_seconds=float(group.health_check_timeout_seconds),
        healthy_threshold=int(group.healthy_threshold_count),
        unhealthy_threshold=int(group.unhealthy_threshold_count),
    )


def endpoint(address: str, settings: CheckSettings) -> tuple[str, int]:
    """Return host and port that the check of a target (`ip:port`) connects to."""
    host, _, port = address.rpartition(":")
    return host, int(port if settings.port == "traffic-port" else settings.port)


def check(address: str, settings: CheckSettings) -> Outcome:
    """Check one target (`ip:port`). Never raises."""
    connection = _connection(settings, *endpoint(address, settings))
    try:
        connection.request("GET", settings.path, headers={"User-Agent": USER_AGENT, "Connection": "close"})
        return Outcome(connection.getresponse().status)
    except TimeoutError:
        return Outcome(timed_out=True)
    except (OSError, http.client.HTTPException):
        return Outcome()
    finally:
        connection.close()


def _connection(settings: CheckSettings, host: str, port: int) -> http.client.HTTPConnection:
    if settings.protocol == "HTTPS":
        return http.client.HTTPSConnection(host, port, timeout=settings.timeout_seconds, context=_tls())
    return http.client.HTTPConnection(host, port, timeout=settings.timeout_seconds)


@functools.cache
def _tls() -> ssl.SSLContext:
    """An application load balancer does not verify the certificates of its targets, so no authority is read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
