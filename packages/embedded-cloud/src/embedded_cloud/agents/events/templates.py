"""Texts with variables, as EventBridge's rules and pipes make them out of an event."""

import json
import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]")


def value_at(event: Any, path: str) -> str:
    """The value of a JSON path such as `$.detail.containers[0].exitCode`; empty where the event has none."""
    for name, index in _STEP.findall(path.removeprefix("$")):
        try:
            event = event[name] if name else event[int(index)]
        except (KeyError, IndexError, TypeError):
            return ""
    return event if isinstance(event, str) else json.dumps(event)


def from_paths(template: str, paths: Mapping[str, str], event: Any) -> str:
    """The template of a rule's target with the value of each `<name>`.

    docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    return re.sub(r"<([\w-]+)>", lambda found: value_at(event, paths[found[1]]) if found[1] in paths else "", template)


def from_event(template: str, event: Any) -> str:
    """The template of a pipe with the value of each `<$.path>`.

    docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
    """
    return re.sub(r"<(\$[^>]*)>", lambda found: value_at(event, found[1]), template)
