"""Host names and origins as Django compares them with a request; a value of another form would match none.

Uses the standard library only.
"""

import ipaddress
import re
from urllib.parse import urlsplit

# What Django accepts in a Host header: django.http.request.host_validation_re.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_PORTS = {"http": 80, "https": 443}


class HostError(ValueError):
    """Why a name matches no request. `right` is the value that was probably meant, or empty."""

    def __init__(self, problem: str, right: str) -> None:
        super().__init__(problem)
        self.right = right


def allowed_host(text: str) -> str:
    """Return an entry of ALLOWED_HOSTS in small letters; `.example.com` stands for all names below, too.

    Raises HostError. https://docs.djangoproject.com/en/5.2/ref/settings/#allowed-hosts
    """
    host = text.lower()
    if _is_host(host.removeprefix(".") if not host.startswith("..") else host):
        return host
    raise HostError(_host_problem(host), _bare(host))


def trusted_origin(text: str) -> str:
    """Return an entry of CSRF_TRUSTED_ORIGINS: scheme, host, and the port unless it is the scheme's own.

    Raises HostError. https://docs.djangoproject.com/en/5.2/ref/settings/#csrf-trusted-origins
    """
    origin = text.lower()
    scheme, mark, place = origin.partition("://")
    right = _origin(scheme if scheme in _PORTS else "https", place if mark else origin)
    if not mark:
        raise HostError("has no scheme", right)
    if scheme not in _PORTS:
        raise HostError("has a scheme other than https and http", right)
    if origin == right:
        return origin
    if re.fullmatch(r"[^\s/?#]*[/?#]\S*", place):
        raise HostError("has a path or a slash after the host", right)
    if right and place.rpartition(":")[0] == right.partition("://")[2]:
        raise HostError("has the port that its scheme has anyway, and browsers leave it out", right)
    raise HostError(_host_problem(place.removeprefix("*."), port=True), right)


def _is_host(host: str) -> bool:
    return bool(_NAME.fullmatch(host)) or (host[:1] == "[" and host == _ipv6(host.strip("[]")))


def _ipv6(text: str) -> str:
    """The address as browsers send it, or an empty string."""
    try:
        return f"[{ipaddress.IPv6Address(text)}]" if "%" not in text else ""
    except ipaddress.AddressValueError:
        return ""


def _host_problem(host: str, *, port: bool = False) -> str:
    """What keeps Django from ever matching this host."""
    signs = (
        ("*" in host, 'has a "*", with which a visitor could choose the links in mails'),
        (re.search(r"\s", host), "has a space inside: separate entries by commas"),
        ("://" in host, "has a scheme"),
        (re.search(r"[/?#@]", host), "has more than a host"),
        (_ipv6(host.strip("[]")), "is an IPv6 address that browsers write otherwise"),
        (not port and re.search(r":\d*\Z", host), "has a port"),
        (host.endswith("."), "ends in a dot"),
        (not host.isascii(), "has letters that browsers send in another form (xn--...)"),
    )
    return next((problem for sign, problem in signs if sign), "is no host name")


def _bare(text: str) -> str:
    """The host in a text that holds more, or an empty string."""
    text = re.split(r"[/?#\s]", text.partition("://")[2] or text)[0].rpartition("@")[2]
    if address := _ipv6(text.strip("[]")):
        return address
    host = re.sub(r":\d*\Z", "", text).rstrip(".")
    if host.startswith("*."):
        host = host[1:]
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return ""
    return host if _is_host(host.removeprefix(".")) or _ipv6(host.strip("[]")) == host else ""


def _origin(scheme: str, place: str) -> str:
    """Scheme, host and port of a text that holds more, or an empty string."""
    wildcard = "*." if place.startswith("*.") else ""
    try:
        parts = urlsplit(f"{scheme}://{place.removeprefix('*.')}")
        port = parts.port
    except ValueError:
        return ""
    host = _bare(f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or "").removeprefix(".")
    if not host:
        return ""
    return f"{scheme}://{wildcard}{host}" + (f":{port}" if port not in (None, _PORTS[scheme]) else "")
