"""Elastic Load Balancing: what its load balancers do in an embedded cloud."""

from embedded_cloud.api.tls_policies import POLICIES
from embedded_cloud.emulation import Emulation
from embedded_cloud.providers.aws.elb.balancer import ATTRIBUTES

ACTING = (
    "clientKeepAlive desyncMitigationMode dropInvalidHeaderFields enableDeletionProtection enableHttp2 "
    "enableTlsVersionAndCipherSuiteHeaders enableXffClientPort idleTimeout xffHeaderProcessingMode"
)
"""Attributes that the agent of the load balancer, or this entry, brings about."""


def _silent_attributes() -> list[str]:
    return [name for name in dict.fromkeys(name.split(".")[0] for name in ATTRIBUTES) if name not in ACTING.split()]


EMULATION = Emulation(
    service="Elastic Load Balancing",
    types="aws:lb/",
    acts=(
        "one Application Load Balancer, the oldest with listeners, is HAProxy on the published ports",
        f"{len(POLICIES)} security policies decide versions, suites and groups, also post-quantum ones",
        (
            "AWS's limits: 414 above 16 KB of request line, 400 above 16 KB of a header or 64 KB of all, 463 above 30 "
            "forwarded addresses, 502 above 32 KB of headers in an answer"
        ),
        f"the attributes {', '.join(ACTING.split())}",
        "rules, weights, health checks, `least_outstanding_requests`, stickiness by the load balancer's cookie",
        (
            "the end of the deregistration delay breaks what is open, WebSockets too; on faster clocks "
            "(`EMBEDDED_CLOUD_TIME_FACTOR`) draining ends with the last request in flight, and no later than the delay"
        ),
        "X-Forwarded-For ends with the client's address, here Docker's gateway",
    ),
    stored=(
        f"the attributes {', '.join(_silent_attributes())}",
        (
            "of target groups: slow start, anomaly mitigation, `weighted_random`, cross-zone balancing, the versions "
            "HTTP/2 and gRPC"
        ),
        "further load balancers, listeners on ports but 80 and 443",
        "the page of a 400 for what HAProxy cannot parse, and 414 above 90 KB of request line: they are HAProxy's",
        (
            "the modes `monitor` and `defensive`: HAProxy refuses malformed requests, repairs ambiguous ones in any; "
            "`strictest` refuses bodies of GET and HEAD and header fields that are not ASCII too"
        ),
    ),
    refused=(
        "an unknown security policy (`SSLPolicyNotFound`); those for RFC 9151 are not known",
        "a second listener on a port, names that are taken",
        "network and gateway load balancers do not answer; actions that authenticate are named in the log",
    ),
)
