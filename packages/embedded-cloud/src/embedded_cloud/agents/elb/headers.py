"""Headers that an Application Load Balancer adds to requests and answers, for HAProxy. Pure."""

import re
from collections.abc import Iterator

from embedded_cloud.agents.elb.limits import FORWARDED_ADDRESSES
from embedded_cloud.agents.elb.listener_rules import quote
from embedded_cloud.agents.elb.load_balancers import Listener, LoadBalancer

KEEP_ALIVE_SECONDS = "3600"
_TLS_HEADERS = "routing.http.x_amzn_tls_version_and_cipher_suite"
_RESPONSE_HEADER = re.compile(r"routing\.http\.response\.(?P<name>[a-z_]+)\.header_value")


def keep_alive(balancer: LoadBalancer) -> Iterator[str]:
    """Close a connection with the first answer after its longest life, as an application load balancer does."""
    seconds = balancer.attribute("client_keep_alive.seconds", KEEP_ALIVE_SECONDS)
    yield "http-request set-var(sess.began) date if !{ var(sess.began) -m found }"
    yield f"http-after-response set-header Connection close if {{ date,sub(sess.began) ge {seconds} }}"


def request_headers(balancer: LoadBalancer, listener: Listener, scheme: str) -> Iterator[str]:
    if balancer.attribute("routing.http.drop_invalid_header_fields.enabled", "false") == "true":
        yield f"http-request del-header {quote('[^A-Za-z0-9-]')} -m reg"
    mode = balancer.attribute("routing.http.xff_header_processing.mode", "append")
    if mode == "remove":
        yield "http-request del-header X-Forwarded-For"
    elif mode == "append":
        yield from _append_client(balancer.attribute("routing.http.xff_client_port.enabled", "false") == "true")
    yield f"http-request set-header X-Forwarded-Proto {scheme}"
    yield f"http-request set-header X-Forwarded-Port {listener.port}"
    if listener.protocol == "HTTPS" and balancer.attribute(f"{_TLS_HEADERS}.enabled", "false") == "true":
        yield "http-request set-header X-Amzn-Tls-Version %[ssl_fc_protocol]"
        yield "http-request set-header X-Amzn-Tls-Cipher-Suite %[ssl_fc_cipher]"
    yield "http-request set-header X-Amzn-Trace-Id Root=%[unique-id] unless { req.hdr(x-amzn-trace-id) -m found }"


def _append_client(with_port: bool) -> Iterator[str]:
    """Join the lines of X-Forwarded-For to one, in their order, and end it with the client's address.

    There are no more lines than addresses: a request with more is refused.
    """
    client = "%[src]:%[src_port]" if with_port else "%[src]"
    lines, joined = "req.fhdr_cnt(x-forwarded-for)", "var(txn.forwarded)"
    yield f"http-request set-var(txn.forwarded) req.fhdr(x-forwarded-for,1) if {{ {lines} ge 1 }}"
    for number in range(2, FORWARDED_ADDRESSES + 1):
        both = f'"%[{joined}], %[req.fhdr(x-forwarded-for,{number})]"'
        yield f"http-request set-var-fmt(txn.forwarded) {both} if {{ {lines} ge {number} }}"
    yield f'http-request set-header X-Forwarded-For "%[{joined}], {client}" if {{ {joined} -m found }}'
    yield f"http-request set-header X-Forwarded-For {client} if !{{ {joined} -m found }}"


def response_headers(listener: Listener) -> Iterator[str]:
    for key, value in sorted(listener.attributes.items()):
        header = _RESPONSE_HEADER.fullmatch(key)
        if header and value:
            name = "-".join(part.capitalize() for part in header["name"].split("_"))
            yield f"http-after-response set-header {name} {quote(value.replace('%', '%%'))}"
    if listener.attributes.get("routing.http.response.server.enabled") == "false":
        yield "http-after-response del-header Server"
