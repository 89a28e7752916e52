"""Hosts and origins: what is taken matches the requests it names, what would match none is refused."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from django_hosting.host_names import HostError, allowed_host, trusted_origin


def answers(allowed: str, host: str) -> bool:
    request = HttpRequest()
    request.META = {"HTTP_HOST": host, "SERVER_PORT": "80"}
    with override_settings(ALLOWED_HOSTS=[allowed]):
        try:
            return bool(request.get_host())
        except Exception:  # noqa: BLE001 - Django's error is a subclass of SuspiciousOperation
            return False


def trusts(trusted: str, origin: str) -> bool:
    request = HttpRequest()
    request.META = {"HTTP_HOST": "other.example", "HTTP_ORIGIN": origin, "SERVER_PORT": "80"}
    with override_settings(CSRF_TRUSTED_ORIGINS=[trusted], ALLOWED_HOSTS=["other.example"]):
        return bool(CsrfViewMiddleware(lambda _: None)._origin_verified(request))


HOSTS_REFUSED = [
    ("films.example.com:8080", "has a port", "films.example.com"),
    ("https://films.example.com", "has a scheme", "films.example.com"),
    ("https://Films.example.com:8443/login", "has a scheme", "films.example.com"),
    ("films.example.com/", "more than a host", "films.example.com"),
    ("ann@films.example.com", "more than a host", "films.example.com"),
    ("*", "links in mails", ""),
    ("*.example.com", "links in mails", ".example.com"),
    ("a.example.com b.example.com", "separate entries by commas", "a.example.com"),
    ("films.example.com.", "ends in a dot", "films.example.com"),
    ("my_site", "is no host name", ""),
    ("-films", "is no host name", ""),
    ("films..example", "is no host name", ""),
    ("..films.example", "is no host name", ""),
    ("kino-m\u00fcnchen.example", "another form", "xn--kino-mnchen-yhb.example"),
    ("::1", "browsers write otherwise", "[::1]"),
    ("[0:0:0:0:0:0:0:1]", "browsers write otherwise", "[::1]"),
    ("[::1]:8443", "has a port", "[::1]"),
]
ORIGINS_REFUSED = [
    ("films.example.com", "has no scheme", "https://films.example.com"),
    ("https://films.example.com/", "a path or a slash", "https://films.example.com"),
    ("https://films.example.com:8443/login?next=/", "a path or a slash", "https://films.example.com:8443"),
    ("https://films.example.com:443", "browsers leave it out", "https://films.example.com"),
    ("http://films.example.com:80", "browsers leave it out", "http://films.example.com"),
    ("ftp://films.example.com", "other than https and http", "https://films.example.com"),
    ("https://", "is no host name", ""),
    ("https://*", "links in mails", ""),
    ("https://films.example.com.", "ends in a dot", "https://films.example.com"),
    ("https://films.example.com https://b.example", "space inside", "https://films.example.com"),
    ("https://kino-m\u00fcnchen.example", "another form", "https://xn--kino-mnchen-yhb.example"),
]


@pytest.mark.parametrize(
    ("read", "text", "why", "right"),
    [*((allowed_host, *case) for case in HOSTS_REFUSED), *((trusted_origin, *case) for case in ORIGINS_REFUSED)],
)
def test_a_host_that_no_request_matches_is_refused_with_the_right_form(
    read: Callable[[str], str], text: str, why: str, right: str
) -> None:
    with pytest.raises(HostError) as refused:
        read(text)
    assert why in str(refused.value)
    assert refused.value.right == right
    assert not right or read(right) == right


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("films.example.com", "films.example.com"),
        ("Films.Example.com", "films.example.com:8443"),
        (".example.com", "films.example.com"),
        ("localhost", "localhost:8080"),
        ("192.0.2.1", "192.0.2.1"),
        ("[::1]", "[::1]:8443"),
    ],
)
def test_a_host_that_is_taken_matches_its_requests(text: str, host: str) -> None:
    assert answers(allowed_host(text), host)


@given(text=st.text(st.sampled_from("aZ0-._:/*[]@ \u00e9"), min_size=1, max_size=12))
def test_any_host_that_is_taken_answers_under_its_own_name(text: str) -> None:
    try:
        host = allowed_host(text)
    except HostError as refused:
        text = refused.right
        if not text:
            return
        host = allowed_host(text)
    assert answers(host, text.removeprefix("."))


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://films.example.com", "https://films.example.com"),
        ("HTTPS://Films.example.com:8443", "https://films.example.com:8443"),
        ("http://localhost", "http://localhost"),
        ("https://*.example.com", "https://films.example.com"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_an_origin_that_is_taken_is_trusted(text: str, origin: str) -> None:
    assert trusts(trusted_origin(text), origin)


@given(text=st.text(st.sampled_from("aZ0-._:/*[]@ \u00e9"), max_size=12), scheme=st.sampled_from(["https", "http"]))
def test_any_origin_that_is_taken_is_trusted_as_browsers_send_it(text: str, scheme: str) -> None:
    try:
        origin = trusted_origin(f"{scheme}://{text}")
    except HostError:
        return
    assert trusts(origin, origin.replace("*.", "films."))
