"""The memory of creations that the engine may not have saved."""

from pathlib import Path

from local.provider.journal import Created, Journal, digest

URN = "urn:pulumi:dev::preqly::aws:ec2/vpc:Vpc::net"
CREATED = Created("aws:ec2/vpc:Vpc", "vpc-1", "net-1234567", digest({"cidrBlock": "10.0.0.0/16"}))


def test_a_creation_is_remembered_until_the_engine_names_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.json")
    journal.add(URN, CREATED)
    journal.acknowledge(URN, "vpc-0")
    assert journal.find(URN, CREATED.token) == CREATED
    journal.acknowledge(URN, "vpc-1")
    assert journal.find(URN, CREATED.token) is None


def test_a_restart_of_the_process_forgets_nothing(tmp_path: Path) -> None:
    Journal(tmp_path / "journal.json").add(URN, CREATED)
    assert Journal(tmp_path / "journal.json").find(URN, CREATED.token) == CREATED


def test_another_type_under_the_same_urn_is_not_taken_for_it() -> None:
    journal = Journal()
    journal.add(URN, CREATED)
    assert journal.find(URN, "aws:ec2/subnet:Subnet") is None


def test_no_input_is_written_in_the_clear(tmp_path: Path) -> None:
    Journal(tmp_path / "journal.json").add(URN, Created("t", "id", "", digest({"password": "hunter2"})))
    assert "hunter2" not in (tmp_path / "journal.json").read_text()


def test_a_digest_depends_on_values_not_on_marks_of_the_provider() -> None:
    assert digest({"a": 1, "__defaults": ["a"]}) == digest({"a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
