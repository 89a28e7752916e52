"""The statement that `make up` prints: what is emulated and what is real."""

import pytest

from local.status import what_is_emulated

OFFICIAL = {"python": "python:3.13-slim-trixie", "nginx": "nginx:1.28-trixie"}
STANDIN = {"python": "embedded-cloud/python:trixie", "nginx": "nginx:1.28-trixie"}


def test_emulated_and_real_parts_are_named() -> None:
    text = what_is_emulated(OFFICIAL)
    assert "Emulated: AWS's API (moto) and Pulumi's aws, random and docker providers." in text
    assert "the images, every container (load balancer, tasks, PostgreSQL, Valkey)" in text
    assert "stand in" not in text


def test_official_providers_are_not_called_emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDERS", "official")
    assert "Emulated: AWS's API (moto)." in what_is_emulated(OFFICIAL)


def test_only_stand_in_images_are_named() -> None:
    assert what_is_emulated(STANDIN).endswith("Debian's packages stand in for: embedded-cloud/python:trixie.")
