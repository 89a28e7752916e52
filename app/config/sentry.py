"""Report errors to Sentry."""

import re
from collections.abc import Mapping
from typing import Any

_LINK = re.compile(r"(/account/password/reset/)[^/\s]+/[^/\s]+|(/account/sign-up/confirm/)[^/\s]+")


def report_errors(dsn: str, release: str) -> None:
    """Send unhandled errors with the request id; no personal data, no bodies, no traces.

    Raises SystemExit for an unreadable DSN.
    """
    # Imported here, because the import takes a tenth of a second on a small machine.
    import sentry_sdk  # noqa: PLC0415

    try:
        sentry_sdk.init(
            dsn=dsn,
            release=release,
            max_request_body_size="never",
            include_local_variables=False,
            before_send=with_request_id,
        )
    except ValueError:
        example = "SENTRY_DSN=https://<key>@<host>/<project>"
        raise SystemExit(f"Environment variable SENTRY_DSN: cannot be read. Example: {example}") from None


def with_request_id(event: dict[str, Any], _hint: object) -> dict[str, Any]:
    """Tag the event with the id under which the platform logs the request, and shorten links that are secrets."""
    request = event.get("request")
    if isinstance(request, dict):
        headers = request.get("headers")
        names = {str(name).lower(): value for name, value in headers.items()} if isinstance(headers, Mapping) else {}
        event.setdefault("tags", {})["request_id"] = names.get("x-request-id", "-")
        if "url" in request:
            request["url"] = _LINK.sub(r"\1\2...", str(request["url"]))
    return event
