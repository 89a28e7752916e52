"""Limits of an Application Load Balancer, and what its desync mitigation refuses, for HAProxy. Pure.

Limits: docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html, "HTTP headers". Answers:
load-balancer-troubleshooting.html of the same guide. Classes of requests: load-balancer-access-logs.html,
"Classification reasons", and github.com/aws/http-desync-guardian.
"""

from collections.abc import Iterator

from embedded_cloud.agents.elb.listener_rules import PAGE, quote

REQUEST_LINE = 16 * 1024
SINGLE_HEADER = 16 * 1024
REQUEST_HEADERS = 64 * 1024
RESPONSE_HEADERS = 32 * 1024
FORWARDED_ADDRESSES = 30
"""Addresses in X-Forwarded-For; a request with more is answered with 463."""
BUFFER = 96 * 1024
"""Of HAProxy, for the largest request that is allowed and what is added to it. A larger one gets HAProxy's own 400."""
REWRITE = 8 * 1024
HEADER_LINES = 1000
"""AWS documents no number; HAProxy needs one."""

_NOT_PRINTABLE = r"[^\t\r\n\x20-\x7e]"
_SUSPICIOUS = r"(?mi)^(content_length|transfer_encoding):"


def buffers() -> list[str]:
    """Global settings with room for the largest request."""
    return [f"tune.bufsize {BUFFER}", f"tune.maxrewrite {REWRITE}", f"tune.http.maxhdr {HEADER_LINES}"]


def refuse_requests(desync_mode: str) -> Iterator[str]:
    """Rules that answer what is too large or, in the strictest mode, not as RFC 7230 has it."""
    yield 'http-request set-var-fmt(txn.line) "%[method] %[pathq] HTTP/%[req.ver]"'
    yield _answer(414, "Request-URI Too Large", f"{{ var(txn.line),length gt {REQUEST_LINE} }}")
    # A line ends with CR and LF; the pattern starts at the beginning of a line only, so that it is fast.
    one = quote(f"(?m)^[^\\n]{{{SINGLE_HEADER + 2}}}")
    yield _answer(400, "Bad Request", f"{{ req.hdrs -m reg {one} }} || {{ req.hdrs,length gt {REQUEST_HEADERS} }}")
    yield _answer(463, "", f"{{ req.hdr_cnt(x-forwarded-for) gt {FORWARDED_ADDRESSES} }}")
    if desync_mode == "strictest":
        yield from _strictest()


def refuse_responses() -> Iterator[str]:
    large = f"{{ res.hdrs,length gt {RESPONSE_HEADERS} }}"
    yield f"http-response return {_page(502, 'Bad Gateway')} if {large}"


def _strictest() -> Iterator[str]:
    """Refuse what is Acceptable or Ambiguous. HAProxy itself refuses or repairs the other classes in any mode."""
    bodies = ("content-length", "transfer-encoding")
    # GetHeadZeroContentLength, UndefinedContentLengthSemantics, UndefinedTransferEncodingSemantics
    with_body = " || ".join(f"{{ method GET HEAD }} {{ req.hdr({one}) -m found }}" for one in bodies)
    yield _answer(400, "Bad Request", with_body)
    # NonCompliantHeader, SuspiciousHeader
    named = " || ".join(f"{{ req.hdrs -m reg {quote(one)} }}" for one in (_NOT_PRINTABLE, _SUSPICIOUS))
    yield _answer(400, "Bad Request", named)


def _answer(status: int, title: str, when: str) -> str:
    return f"http-request return {_page(status, title)} if {when}"


def _page(status: int, title: str) -> str:
    page = PAGE.format(f"{status} {title}".strip())
    return f"status {status} content-type text/html string {quote(page)} hdr Server awselb/2.0"
