"""The search for secrets where none may be, on either kind of hosting."""

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from tests.e2e.checkout import Checkout


def canaries(checkout: Checkout) -> set[str]:
    """Of the application's secret what must not be read anywhere else."""
    values = checkout.secret()
    found = {values["SECRET_KEY"], *(password(url) for name, url in values.items() if name.endswith("DATABASE_URL"))}
    assert all(len(canary) >= 20 for canary in found)
    return found


def password(url: str) -> str:
    """Of a database's URL."""
    return re.split("[:@]", url)[2]


def places(checkout: Checkout) -> dict[str, str]:
    """What either kind of hosting leaves behind, by where that is."""
    found = {
        "outputs": json.dumps(checkout.outputs()),
        "what commands printed": "".join(checkout.said),
        "logs in CloudWatch": log_events(checkout),
        "exported state": checkout.shell("pulumi stack export").stdout,
    }
    for folder in ("state", "logs", "program"):
        found[folder] = texts(checkout.runtime.folder / folder)
    return found


def found_in(searched: Mapping[str, str], secrets: Collection[str]) -> list[str]:
    """The places in which a secret is. Each must hold something: one that is empty proves nothing."""
    assert {where for where, text in searched.items() if not text} == set()
    return [where for where, text in searched.items() if any(secret in text for secret in secrets)]


def log_events(checkout: Checkout) -> str:
    """Every line of every log group."""
    logs = checkout.aws("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    pages = [logs.filter_log_events(logGroupName=name)["events"] for name in groups]
    return "\n".join(event["message"] for events in pages for event in events)


def texts(folder: Path) -> str:
    """Every file of a folder."""
    return "".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())
