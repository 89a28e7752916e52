"""The record has each decision once, survives a restart, and does not grow for ever."""

from pathlib import Path

import pytest

from embedded_cloud.iam import record
from embedded_cloud.iam.evaluation import Request
from embedded_cloud.iam.record import Record, read


def request(resource: str) -> Request:
    return Request(action="s3:GetObject", resource=resource)


def test_a_decision_is_written_once_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "new" / "decisions.jsonl"
    for made in (Record(path), Record(path)):
        for reason in ("", "because", ""):
            made.add("role", request("a"), reason)
    assert read(path) == [("role", "s3:GetObject", "a", ""), ("role", "s3:GetObject", "a", "because")]


def test_a_line_that_a_killed_process_left_half_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    path.write_text('{"role": "r", "act')
    Record(path).add("role", request("a"), "")
    assert [one[2] for one in read(path)] == ["a"]


def test_the_older_half_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "MOST_LINES", 10)
    made = Record(tmp_path / "decisions.jsonl")
    for number in range(12):
        made.add("role", request(str(number)), "")
    assert [one[2] for one in read(tmp_path / "decisions.jsonl")] == ["5", "6", "7", "8", "9", "10", "11"]
