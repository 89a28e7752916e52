"""Report errors to Sentry."""

from config import request_id
from config.logs import without_links


def report_errors(dsn: str, release: str) -> None:
    """Send unhandled errors with the request id; no personal data, no bodies, no traces.

    Raises ValueError for an unreadable DSN.
    """
    # Imported here, because the import takes a tenth of a second on a small machine.
    import sentry_sdk  # noqa: PLC0415

    def with_request_id(event: dict[str, object], _hint: object) -> dict[str, object]:
        tags = event.setdefault("tags", {})
        if isinstance(tags, dict):
            tags["request_id"] = request_id.current.get()
        request = event.get("request")
        if isinstance(request, dict) and "url" in request:
            request["url"] = without_links(str(request["url"]))
        return event

    sentry_sdk.init(
        dsn=dsn,
        release=release,
        max_request_body_size="never",
        include_local_variables=False,
        before_send=with_request_id,
    )
