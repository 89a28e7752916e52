"""The visitor's address, for limits and logs."""

import ipaddress

from django.http import HttpRequest

from django_hosting.middleware import Middleware

HEADER = "HTTP_X_FORWARDED_FOR"


class ClientAddressMiddleware(Middleware):
    """Put the visitor's address into REMOTE_ADDR, where Django's and other packages' code looks for it.

    The proxy replaces X-Forwarded-For with the one address that it verified (docker/nginx/client_address.conf), and it
    alone reaches the application. Anything else in the header is ignored.
    """

    def before(self, request: HttpRequest) -> None:
        """Change the request."""
        given = request.META.get(HEADER, "")
        if _is_address(given):
            request.META["REMOTE_ADDR"] = given


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
