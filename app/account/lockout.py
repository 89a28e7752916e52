"""What happens after too many wrong passwords; counted in the database, so for all tasks and workers together."""

import ipaddress
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

FAILURES = 5
PAUSE = timedelta(minutes=15)
NAME_LENGTH = 254
"""Of an e-mail address (https://docs.djangoproject.com/en/5.2/ref/models/fields/#emailfield); axes has 255 for it."""
MESSAGE = "Too many wrong passwords. Please try again in 15 minutes, or ask for a new password."


def address(request: HttpRequest) -> str:
    """The visitor's address; of IPv6 the network, because everyone there has more addresses than can be counted.

    The proxy puts it alone into this header, in place of whatever the visitor sent.
    """
    given = request.META.get("HTTP_X_FORWARDED_FOR") or request.META.get("REMOTE_ADDR", "")
    try:
        found = ipaddress.ip_address(given)
    except ValueError:
        return ""
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)


def name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """The account that is tried, in the one spelling that the database has; no longer than an account's can be."""
    given = (credentials or {}).get("username") or (request.POST.get("username", "") if request else "")
    return str(given).strip().lower()[:NAME_LENGTH]


def refuse(_request: HttpRequest, _credentials: dict[str, Any] | None) -> HttpResponse:
    """429 with a way out: a link by mail works all the same."""
    # Without the request: the page must not depend on who asks.
    page = render(None, "account/locked.html", {"message": MESSAGE}, status=429)
    page["Retry-After"] = str(int(PAUSE.total_seconds()))
    page["Cache-Control"] = "no-store"
    return page
