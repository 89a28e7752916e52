"""What HAProxy needs to have each request inspected. Pure."""

from collections.abc import Iterator

from embedded_cloud.agents.elb.listener_rules import PAGE, quote
from embedded_cloud.agents.waf.request import BODY_LIMIT

FILE = "/usr/local/etc/haproxy/waf.cfg"
_ENGINE, _MESSAGE, _BACKEND = "waf", "inspect", "waf-inspector"
BLOCKED = "blocked"
"""Variable that the answer sets."""
ANSWER_SECONDS = 5
"""Without an answer in time the request passes: a cloud whose process has ended keeps serving."""

ENGINE_FILE = f"""[{_ENGINE}]
spoe-agent {_ENGINE}
    groups {_MESSAGE}
    option var-prefix {_ENGINE}
    option set-on-error failed
    timeout hello 2s
    timeout idle 2m
    timeout processing {ANSWER_SECONDS}s
    use-backend {_BACKEND}

spoe-group {_MESSAGE}
    messages {_MESSAGE}

spoe-message {_MESSAGE}
    args client=src method=method path=path query=query version=req.ver headers=req.hdrs \
body=req.body,bytes(0,{BODY_LIMIT}) size=req.body_size secure=ssl_fc id=unique-id
"""


def front_lines(idle_seconds: str) -> Iterator[str]:
    """Rules of a front end: ask, and answer what is blocked."""
    yield f"filter spoe engine {_ENGINE} config {FILE}"
    yield f"http-request wait-for-body time {idle_seconds}s at-least {BODY_LIMIT + 1}"
    yield f"http-request send-spoe-group {_ENGINE} {_MESSAGE}"
    page = quote(PAGE.format("403 Forbidden"))
    answer = f"status 403 content-type text/html string {page} hdr Server awselb/2.0"
    yield f"http-request return {answer} if {{ var(txn.{_ENGINE}.{BLOCKED}) -m bool }}"


def backend(address: str) -> list[str]:
    """The back end of the inspector, at `host:port`."""
    return [
        f"backend {_BACKEND}",
        "mode tcp",
        "timeout connect 1s",
        "timeout server 3m",
        f"server inspector {address}",
    ]
