"""Checks of the site as a visitor's browser sees it."""

import http.client
import ssl
from collections.abc import Iterator
from typing import Any

from ops.checks.check import Check, check
from ops.stack import Stack

AREA = "Site"
SECONDS = 10
YEAR = 31_536_000
HEADERS = (
    ("The browser keeps to HTTPS for a year", "strict-transport-security", lambda value: _max_age(value) >= YEAR),
    ("The browser does not guess content types", "x-content-type-options", lambda value: value == "nosniff"),
    ("Other sites cannot frame it", "x-frame-options", lambda value: value.upper() in {"DENY", "SAMEORIGIN"}),
    ("Links tell other sites little", "referrer-policy", lambda value: value not in {"", "unsafe-url"}),
)
FIXES = {"strict-transport-security": "pulumi config set hsts 'max-age=31536000; includeSubDomains' && pulumi up"}


def checks(stack: Stack) -> Iterator[Check]:
    """The redirect of port 80, the certificate, and headers. Unknown where the name leads to no site."""
    name = _name(stack)
    if not name:
        return
    try:
        location = _get(http.client.HTTPConnection(name, timeout=SECONDS)).get("location", "")
        connection = http.client.HTTPSConnection(name, timeout=SECONDS, context=ssl.create_default_context())
        headers = _get(connection)
    except OSError as error:
        yield Check(
            area=AREA,
            rule=f"https://{name} answers",
            state="unknown",
            found=str(error),
            fix="see `python -m ops doctor`",
        )
        return
    rule = "Port 80 redirects to HTTPS"
    yield check(AREA, rule, location.startswith(f"https://{name}"), found=location)
    for rule, header, holds in HEADERS:
        value = headers.get(header, "")
        fix = FIXES.get(header, f"set it in [proxy.headers] of hosting.toml: {header}")
        yield check(AREA, rule, holds(value), found=value, fix=fix, otherwise="warning")


def _name(stack: Stack) -> str:
    """The site's main name: that of the certificate."""
    elb: Any = stack.session.client("elbv2")
    acm: Any = stack.session.client("acm")
    for arn in stack.arns("elasticloadbalancing:loadbalancer"):
        for listener in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
            for one in listener.get("Certificates", []):
                return str(acm.describe_certificate(CertificateArn=one["CertificateArn"])["Certificate"]["DomainName"])
    return ""


def _get(connection: http.client.HTTPConnection) -> dict[str, str]:
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return {name.lower(): value for name, value in answer.getheaders()}


def _max_age(value: str) -> int:
    age = value.partition("max-age=")[2].partition(";")[0].strip()
    return int(age) if age.isdecimal() else 0
