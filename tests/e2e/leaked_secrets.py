"""The search for the application's secrets in places that must not hold them."""

import json
import re
from pathlib import Path

from tests.e2e.checkout import Checkout


def leaked_secrets(checkout: Checkout) -> list[str]:
    """Names of the places that hold a secret. An empty place fails: searching it would prove nothing."""
    secrets, places = _secrets(checkout), _places(checkout)
    assert [name for name, text in places.items() if not text] == []
    return [name for name, text in places.items() if any(secret in text for secret in secrets)]


def _secrets(checkout: Checkout) -> set[str]:
    """Django's key, and the passwords of both database roles."""
    values = checkout.secret()
    urls = [url for name, url in values.items() if name.endswith("DATABASE_URL")]
    found = {values["SECRET_KEY"], *(re.split("[:@]", url)[2] for url in urls)}
    assert all(len(secret) >= 20 for secret in found)
    return found


def _places(checkout: Checkout) -> dict[str, str]:
    """Text that the stack, its commands and its containers leave behind, by place."""
    found = {
        "outputs": json.dumps(checkout.outputs()),
        "output of commands": "".join(checkout.printed),
        "logs in CloudWatch": _log_events(checkout),
        "exported state": checkout.shell("pulumi stack export").stdout,
        "task definitions": _task_definitions(checkout),
    }
    for folder in ("state", "logs", "program"):
        found[folder] = _texts(checkout.runtime.folder / folder)
    return found


def _log_events(checkout: Checkout) -> str:
    logs = checkout.aws("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    pages = [logs.filter_log_events(logGroupName=name)["events"] for name in groups]
    return "\n".join(event["message"] for events in pages for event in events)


def _task_definitions(checkout: Checkout) -> str:
    ecs = checkout.aws("ecs")
    arns = ecs.list_task_definitions()["taskDefinitionArns"]
    return json.dumps([ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in arns], default=str)


def _texts(folder: Path) -> str:
    return "".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())
