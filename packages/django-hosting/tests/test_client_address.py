"""The visitor's address."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from django_hosting.client_address import ClientAddressMiddleware


def seen(header: str | None) -> HttpRequest:
    """The request as the application sees it behind the proxy."""
    headers = {} if header is None else {"x-forwarded-for": header}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="127.0.0.1")
    ClientAddressMiddleware(lambda _request: HttpResponse())(request)
    return request


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("198.51.100.9", "198.51.100.9"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2:3::4"),
        (None, "127.0.0.1"),
        ("", "127.0.0.1"),
        ("198.51.100.9, 203.0.113.7", "127.0.0.1"),
        ("evil", "127.0.0.1"),
    ],
)
def test_the_proxys_one_address_is_the_visitors(header: str | None, address: str) -> None:
    assert seen(header).META["REMOTE_ADDR"] == address
