"""The visitor's address, for limits and logs."""

import ipaddress
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

HEADER = "HTTP_X_FORWARDED_FOR"


class ClientAddressMiddleware:
    """Put the visitor's address into REMOTE_ADDR, where Django's and other packages' code looks for it.

    The proxy replaces X-Forwarded-For with the one address that it verified (docker/nginx/client_address.conf), and it
    alone reaches the application. Anything else in the header is ignored.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get(HEADER, "")
        if _is_address(given):
            request.META["REMOTE_ADDR"] = given
        return self._get_response(request)


def network(request: HttpRequest) -> str:
    """The visitor's IPv4 address or IPv6 /64 network, because an IPv6 visitor owns a whole network.

    Empty when the address is unknown.
    """
    try:
        found = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return ""
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
