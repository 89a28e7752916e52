"""CloudWatch Logs: streams that clients write to are limited in length."""

from collections.abc import Callable
from typing import Any

from moto.logs.models import LogsBackend

from embedded_cloud.api.moto_patches.replace import replace_method

Method = Callable[..., Any]

KEPT_EVENTS = 5000
"""Latest events per stream; older ones are dropped."""


def apply() -> None:
    """Patch log streams. Idempotent."""
    replace_method(LogsBackend, "put_log_events", _put)


def _put(original: Method) -> Method:
    def put(self: LogsBackend, log_group_name: str, log_stream_name: str, log_events: list[dict[str, Any]]) -> Any:
        answer = original(self, log_group_name, log_stream_name, log_events)
        del self.groups[log_group_name].streams[log_stream_name].events[:-KEPT_EVENTS]
        return answer

    return put
