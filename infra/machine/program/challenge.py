"""DNS-01: the record by which a host's zone proves to the ACME server whose it is. Called by certbot, for each host."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import MachineError

CHANGES = "PREQLY_CHANGES"
"""Variable that names the file with the ids of one request's changes."""
TTL_SECONDS = 60
SYNC_SECONDS = 180
"""Route 53 says that all its servers have a change within 60 seconds, nearly always."""
POLL_SECONDS = 3.0


def prove(session: Any, zone_id: str, told: Mapping[str, str]) -> str:
    """Put the host's record there; the last host waits until all of them are on every name server.

    `told` is what certbot says in its hooks' environment. Raises MachineError when a change takes too long.
    """
    changes = Path(told[CHANGES])
    with changes.open("a") as file:
        file.write(_change(session, zone_id, told, "UPSERT") + "\n")
    if told.get("CERTBOT_REMAINING_CHALLENGES", "0") == "0":
        for change in changes.read_text().split():
            _wait(session, change)
    return f"proves {told['CERTBOT_DOMAIN']}"


def unprove(session: Any, zone_id: str, told: Mapping[str, str]) -> str:
    """Take the host's record away."""
    _change(session, zone_id, told, "DELETE")
    return f"proved {told['CERTBOT_DOMAIN']}"


def _change(session: Any, zone_id: str, told: Mapping[str, str], action: str) -> str:
    record = {
        "Name": f"_acme-challenge.{told['CERTBOT_DOMAIN']}",
        "Type": "TXT",
        "TTL": TTL_SECONDS,
        "ResourceRecords": [{"Value": f'"{told["CERTBOT_VALIDATION"]}"'}],
    }
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    answer = session.client("route53").change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch=batch)
    return str(answer["ChangeInfo"]["Id"])


def _wait(session: Any, change: str) -> None:
    route53, deadline = session.client("route53"), time.monotonic() + SYNC_SECONDS
    while route53.get_change(Id=change)["ChangeInfo"]["Status"] != "INSYNC":
        if time.monotonic() > deadline:
            raise MachineError(f"Route 53 has not put change {change} on its name servers within {SYNC_SECONDS} s")
        time.sleep(POLL_SECONDS)
