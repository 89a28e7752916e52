"""What `make up` says about itself."""

import pytest

from local.status import what_is_emulated

OFFICIAL = {"python": "python:3.13-slim-trixie", "nginx": "nginx:1.28-trixie"}
STANDIN = {"python": "preqly-standin/python:trixie", "nginx": "nginx:1.28-trixie"}


def test_what_is_emulated_is_said_plainly() -> None:
    said = what_is_emulated(OFFICIAL)
    assert "Emulated: AWS's API (moto) and Pulumi's aws, random and docker providers." in said
    assert "stand in" not in said


def test_what_is_real_is_said_of_either_kind_of_hosting() -> None:
    assert "load balancer, tasks, PostgreSQL" in what_is_emulated(OFFICIAL)
    assert "the EC2 instance with a Docker engine of its own" in what_is_emulated(OFFICIAL, "vm")


def test_official_providers_are_not_called_emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDERS", "official")
    assert "Emulated: AWS's API (moto)." in what_is_emulated(OFFICIAL)


def test_each_stand_in_is_named_and_nothing_else() -> None:
    assert what_is_emulated(STANDIN).endswith("Debian's packages stand in for: preqly-standin/python:trixie.")
