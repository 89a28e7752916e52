"""The settings that `make up` gives the program."""

import pytest

from local import up
from local.endpoints import Endpoints

ENDPOINTS = Endpoints(api="http://127.0.0.1:1", providers={}, acme="https://172.17.0.1:2/directory")
IMAGES = {"python": "python:x", "nginx": "nginx:x"}


def test_a_machine_asks_the_embedded_clouds_acme_server_for_its_certificate() -> None:
    settings = up._settings(IMAGES, "vm", ENDPOINTS)
    assert settings["preqly:acmeServer"] == ENDPOINTS.acme
    assert settings["preqly:hosting"] == "vm"
    assert settings["preqly:vmInstanceType"]


@pytest.mark.parametrize("setting", ["acmeServer", "vmInstanceType"])
def test_fargate_is_told_nothing_of_machines(setting: str) -> None:
    assert f"preqly:{setting}" not in up._settings(IMAGES, "fargate", ENDPOINTS)
