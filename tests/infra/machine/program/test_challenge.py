"""The records that prove the hosts, on Route 53."""

from pathlib import Path
from typing import Any

import pytest

from infra.machine.program import challenge
from infra.machine.program.errors import MachineError


class Route53:
    """Takes changes; each is on the name servers after `slow` more questions."""

    def __init__(self, slow: int = 0) -> None:
        self.slow = slow
        self.changes: list[dict[str, Any]] = []
        self.asked: list[str] = []

    def client(self, _: str) -> "Route53":
        return self

    def change_resource_record_sets(self, HostedZoneId: str, ChangeBatch: Any) -> Any:  # noqa: N803 - boto3's names
        self.changes += [{"zone": HostedZoneId, **one} for one in ChangeBatch["Changes"]]
        return {"ChangeInfo": {"Id": f"/change/C{len(self.changes)}"}}

    def get_change(self, Id: str) -> Any:  # noqa: N803 - boto3's name
        self.asked.append(Id)
        return {"ChangeInfo": {"Status": "INSYNC" if self.asked.count(Id) > self.slow else "PENDING"}}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenge, "POLL_SECONDS", 0.0)


def told(tmp_path: Path, host: str, remaining: int = 0) -> dict[str, str]:
    return {
        "CERTBOT_DOMAIN": host,
        "CERTBOT_VALIDATION": "proof",
        "CERTBOT_REMAINING_CHALLENGES": str(remaining),
        "PREQLY_CHANGES": str(tmp_path / "changes"),
    }


def test_a_host_is_proven_by_one_record_and_nothing_else_of_the_zone_is_touched(tmp_path: Path) -> None:
    route53 = Route53()
    challenge.prove(route53, "Z1", told(tmp_path, "app.preqly.com"))
    challenge.unprove(route53, "Z1", told(tmp_path, "app.preqly.com"))
    assert [one["Action"] for one in route53.changes] == ["UPSERT", "DELETE"]
    assert {one["zone"] for one in route53.changes} == {"Z1"}
    first, last = (one["ResourceRecordSet"] for one in route53.changes)
    assert first == last, "or Route 53 would not delete it"
    assert (first["Name"], first["Type"]) == ("_acme-challenge.app.preqly.com", "TXT")
    assert first["ResourceRecords"] == [{"Value": '"proof"'}]


def test_the_last_host_waits_for_all_changes_and_the_others_for_none(tmp_path: Path) -> None:
    route53 = Route53(slow=2)
    challenge.prove(route53, "Z1", told(tmp_path, "a.preqly.com", remaining=1))
    assert route53.asked == []
    challenge.prove(route53, "Z1", told(tmp_path, "b.preqly.com"))
    assert route53.asked == ["/change/C1"] * 3 + ["/change/C2"] * 3


def test_a_change_that_never_arrives_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenge, "SYNC_SECONDS", 0)
    with pytest.raises(MachineError, match=r"Route 53 has not put change /change/C1 on its name servers"):
        challenge.prove(Route53(slow=10**9), "Z1", told(tmp_path, "app.preqly.com"))
