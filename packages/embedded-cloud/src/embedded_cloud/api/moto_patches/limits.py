"""Limits of AWS that moto lacks: length of log streams and of parameters."""

from typing import Any

from moto.logs.models import LogsBackend
from moto.ssm.exceptions import ValidationException
from moto.ssm.models import SimpleSystemManagerBackend

from embedded_cloud.api.moto_patches.replace import Method, check_before, wrap_method

KEPT_EVENTS = 5000
"""Latest events per log stream; older ones are dropped."""
STANDARD_CHARACTERS = 4096
"""Maximum of a Standard parameter (AWS documentation: "Managing parameter tiers")."""


def apply() -> None:
    wrap_method(LogsBackend, "put_log_events", _put_log_events)
    check_before(SimpleSystemManagerBackend, "put_parameter", _put_parameter)


def _put_log_events(
    original: Method, self: LogsBackend, log_group_name: str, log_stream_name: str, log_events: list[dict[str, Any]]
) -> Any:
    answer = original(self, log_group_name, log_stream_name, log_events)
    del self.groups[log_group_name].streams[log_stream_name].events[:-KEPT_EVENTS]
    return answer


def _put_parameter(ssm: SimpleSystemManagerBackend, value: str, tier: str | None) -> None:
    if (tier or ssm.default_parameter_tier) == "Standard" and len(value) > STANDARD_CHARACTERS:
        raise ValidationException(
            f"Standard tier parameters support a maximum parameter value of {STANDARD_CHARACTERS} characters. To "
            "create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more "
            "information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/"
            "parameter-store-advanced-parameters.html"
        )
