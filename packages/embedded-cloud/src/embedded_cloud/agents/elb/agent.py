"""The agent of Elastic Load Balancing: checks targets, and runs the site's load balancer as an HAProxy."""

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.elb import target_health
from embedded_cloud.agents.elb.haproxy import HaProxy
from embedded_cloud.agents.elb.health_checks import HealthChecks
from embedded_cloud.agents.elb.load_balancers import load_balancers
from embedded_cloud.agents.waf.inspector import Inspector


class ElbAgent:
    """Makes load balancers answer, and reports the health of their targets.

    The machine has one pair of published ports, so one load balancer answers: the oldest with listeners.
    """

    name = "elb"

    def __init__(self, context: CloudContext) -> None:
        target_health.apply()
        self._context = context
        self._checks = HealthChecks(context)
        self._proxy = HaProxy(context)
        self._inspector = Inspector(context)

    def reconcile(self) -> None:
        """Run one pass: check targets, then bring HAProxy to moto's state, and publish what WAF has seen."""
        try:
            self._serve()
        finally:
            # HAProxy may refuse its configuration; what it has asked about counts all the same.
            self._inspector.publish()

    def _serve(self) -> None:
        with self._context.lock:
            balancers = load_balancers(self._context.backend("elbv2"), self._context.backend("acm"))
        self._checks.step({group.arn for balancer in balancers for group in balancer.target_groups})
        serving = next((one for one in balancers if one.listeners), None)
        if serving is not None:
            self._proxy.serve(serving, self._inspector.address_for(serving.arn))
        elif not balancers:
            self._proxy.remove()
        # HAProxy sends deregistered targets no new requests from here on, so their delay may begin.
        self._checks.settle_drained(self._proxy.with_requests, self._proxy.end_sessions)

    def close(self) -> None:
        self._checks.close()
        self._inspector.close()
