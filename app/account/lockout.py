"""Lockout after too many wrong passwords, counted in the database for all tasks and workers."""

import ipaddress
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

FAILURES = 5
PAUSE = timedelta(minutes=15)
NAME_LENGTH = 254
"""Longest e-mail address (https://docs.djangoproject.com/en/5.2/ref/models/fields/#emailfield); axes stores 255."""
MESSAGE = "Too many wrong passwords. Please try again in 15 minutes, or ask for a new password."


def name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """Return the attempted login name, in the database's spelling and cut to NAME_LENGTH."""
    given = (credentials or {}).get("username") or (request.POST.get("username", "") if request else "")
    return str(given).strip().lower()[:NAME_LENGTH]


def network(request: HttpRequest) -> str:
    """Return the visitor's IPv4 address or IPv6 /64 network, because an IPv6 visitor owns a whole network.

    Empty when the address is unknown. Where the site is hosted, REMOTE_ADDR is the address that the proxy verified.
    """
    try:
        found = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return ""
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)


def refuse(_request: HttpRequest, _credentials: dict[str, Any] | None) -> HttpResponse:
    """Answer 429 with a link to the password reset, which still works."""
    # Without the request, so that the page does not depend on the visitor.
    page = render(None, "account/locked.html", {"message": MESSAGE}, status=429)
    page["Retry-After"] = str(int(PAUSE.total_seconds()))
    page["Cache-Control"] = "no-store"
    return page
