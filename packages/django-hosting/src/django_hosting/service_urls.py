"""URLs of mail servers and databases, with the credentials in them.

Uses the standard library only, because the program that deploys the application checks its URLs with this module too.
Messages never contain a part of the URL, because any part may belong to a password.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

ENCODING_RULE = (
    "user and password take letters, digits and -._~!$&'()*+,;=: as they are; every other character is percent-encoded "
    "(/ is %2F, ? is %3F, # is %23, @ is %40, % is %25). "
    "python3 -c \"import getpass, urllib.parse as u; print(u.quote(getpass.getpass(), safe=''))\" asks for one and "
    "prints it encoded"
)
"""RFC 3986, section 3.2.1. A colon in the user is encoded too: the first one ends the user."""
SMTP = ("smtp+tls", "smtp+ssl", "smtp")
"""Mail server with STARTTLS, with TLS from the first byte, without TLS."""
PORTS: Mapping[str, frozenset[int]] = {"smtp+tls": frozenset({25, 587, 2587}), "smtp+ssl": frozenset({465, 2465})}
"""Ports of RFC 8314 and of Amazon SES, by scheme. https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html"""
MAIL = (*SMTP, "ses", "filemail", "consolemail", "memorymail", "dummymail", "unset")
DATABASE_EXAMPLE = "postgres://<user>:<password>@<host>:5432/<name>"
POSTGRES = ("postgres", "postgresql")
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
"""https://www.postgresql.org/docs/current/libpq-ssl.html"""

# RFC 3986, appendix B.
_URL = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_ENCODED = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*")
_PLACE = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*))(:[^:]*)?")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")


class UrlError(ValueError):
    """Why a URL is refused."""


@dataclass(frozen=True)
class Server:
    """A server and its credentials, decoded; `user` and `password` are empty without any."""

    host: str
    """Name in small letters, IPv4 address, or IPv6 address without brackets."""
    port: int
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Mail:
    """How mail is sent."""

    scheme: str
    """One of MAIL."""
    server: Server | None = None
    """For the schemes of SMTP."""
    folder: str = ""
    """Absolute path, for filemail."""


@dataclass(frozen=True)
class Database:
    """A PostgreSQL database, or SQLite when `server` is None."""

    name: str
    server: Server | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    """Options of libpq, such as sslmode."""


def mail(url: str) -> Mail:
    """Read the URL of a mail transport. Raises UrlError."""
    scheme, authority, path, query, fragment = _parts(url, MAIL)
    if scheme in SMTP:
        if path not in ("", "/") or query is not None or fragment is not None:
            raise UrlError("has a path, an option or a fragment after the port; the scheme alone decides about TLS")
        return Mail(scheme, _mail_server(authority))
    if scheme == "filemail":
        if authority or query is not None or fragment is not None or not path.strip("/"):
            raise UrlError("is not filemail:///<folder>, with an absolute path")
        return Mail(scheme, folder="/" + _path(path.lstrip("/"), "the folder"))
    if url != f"{scheme}://":
        raise UrlError(f"is not {scheme}:// alone")
    return Mail(scheme)


def database(url: str) -> Database:
    """Read the URL of a database. Raises UrlError."""
    if url == "sqlite://:memory:":
        return Database(":memory:")
    scheme, authority, path, query, fragment = _parts(url, (*POSTGRES, "sqlite"))
    if fragment is not None:
        raise UrlError(f'has a "#": {ENCODING_RULE}')
    if scheme == "sqlite":
        if authority or query is not None or len(path) < 2:
            raise UrlError("is neither sqlite:///<path> nor sqlite://:memory:")
        return Database(_path(path[1:], "the path"))
    server = _server(authority, default_port=5432)
    if not server.user:
        raise UrlError(f"has no user: {DATABASE_EXAMPLE}")
    if not path[1:]:
        raise UrlError(f"names no database: {DATABASE_EXAMPLE}")
    return Database(_decoded(path[1:], "the database's name"), server, _options(query or ""))


def postgres_url(server: Server, name: str, options: Mapping[str, str]) -> str:
    """Return the URL that `database` reads back as these values."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    credentials = f"{quote(server.user, safe='')}:{quote(server.password, safe='')}"
    return (
        f"postgres://{credentials}@{host}:{server.port}/{quote(name, safe='')}?{urlencode(options, safe='/')}"
    ).removesuffix("?")


def _parts(url: str, schemes: tuple[str, ...]) -> tuple[str, str, str, str | None, str | None]:
    """Scheme, authority, path, query and fragment; the last two are None when their mark is missing."""
    found = _URL.fullmatch(url)
    if found is None or found[1] not in schemes:
        if url.startswith("smtps://"):
            raise UrlError(
                "begins with smtps://, which is STARTTLS to some and TLS to others: smtp+tls:// or smtp+ssl://"
            )
        raise UrlError(f"does not begin with one of {', '.join(f'{scheme}://' for scheme in schemes)}")
    scheme, authority, path, query, fragment = found.groups()
    # The password ended early at its own "/", "?" or "#".
    if any("@" in (part or "") for part in (path, query, fragment)):
        raise UrlError(f'has a "/", "?" or "#" before the "@": {ENCODING_RULE}')
    return scheme, authority, path, query, fragment


def _server(authority: str, *, default_port: int | None) -> Server:
    """Read `user:password@host:port`."""
    credentials, at, place = authority.rpartition("@")
    host, port = _host_and_port(place, default_port)
    if not at:
        return Server(host, port, "", "")
    user, colon, password = credentials.partition(":")
    if not user:
        raise UrlError('has an empty user before the "@"')
    if colon and not password:
        raise UrlError("has an empty password")
    return Server(host, port, _decoded(user, "the user"), _decoded(password, "the password"))


def _mail_server(authority: str) -> Server:
    server = _server(authority, default_port=None)
    if server.user and not server.password:
        raise UrlError("has a user without a password, and Django then logs in with neither")
    if not (server.user + server.password).isascii():
        raise UrlError("has a user or a password with characters that are not ASCII, and Python's smtplib sends none")
    return server


def _host_and_port(place: str, default_port: int | None) -> tuple[str, int]:
    found = _PLACE.fullmatch(place)
    if found is None:
        raise UrlError("has no readable host: an IPv6 address stands in brackets, such as [2001:db8::1]")
    ipv6, name, port = found.groups()
    if port is None and default_port is None:
        raise UrlError("names no port after the host, such as :587 for smtp+tls:// or :465 for smtp+ssl://")
    number = port[1:] if port is not None else str(default_port)
    if not re.fullmatch(r"[0-9]{1,5}", number) or not 1 <= int(number) <= 65535:
        raise UrlError(f"has a port that is no number from 1 to 65535; if it is part of the password, {ENCODING_RULE}")
    return _host(name, ipv6), int(number)


def _host(name: str | None, ipv6: str | None) -> str:
    try:
        if ipv6 is not None:
            if "%" in ipv6:
                raise UrlError("has an IPv6 address with a zone")
            return str(ipaddress.IPv6Address(ipv6))
        if name and re.fullmatch(r"[0-9.]+", name):
            return str(ipaddress.IPv4Address(name))
    except ipaddress.AddressValueError:
        raise UrlError("has a host that is no IP address") from None
    if not name or not _NAME.fullmatch(name):
        raise UrlError("has no host, or one that is no host name")
    return name.lower()


def _options(query: str) -> dict[str, str]:
    if not query:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise UrlError("has options that are not name=value&name=value") from None
    options = dict(pairs)
    if len(options) != len(pairs):
        raise UrlError("has an option twice")
    if options.get("sslmode", SSL_MODES[0]) not in SSL_MODES:
        raise UrlError(f"has an sslmode other than {', '.join(SSL_MODES)}")
    if not re.fullmatch(r"[0-9]{1,9}", options.get("connect_timeout", "0")):
        raise UrlError("has a connect_timeout that is no number of seconds")
    return options


def _path(text: str, what: str) -> str:
    return _decoded(text.replace("/", "%2F"), what)


def _decoded(text: str, what: str) -> str:
    if not _ENCODED.fullmatch(text):
        raise UrlError(f"cannot be read: {what} holds a character that is not encoded; {ENCODING_RULE}")
    try:
        decoded = unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise UrlError(f"cannot be read: {what} is not percent-encoded UTF-8") from None
    if re.search(r"[\x00-\x1f\x7f-\x9f]", decoded):
        raise UrlError(f"cannot be read: {what} holds a control character, such as the line end of a copied text")
    return decoded
