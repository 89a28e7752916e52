"""What the machine fetches is what it asked for."""

import io
import json
from dataclasses import asdict
from typing import Any

import pytest

from infra.machine.archive import release_archive
from infra.machine.program.errors import MachineError
from infra.machine.program.machine import Machine
from infra.machine.program.release import Release, fetch
from tests.infra.machine.program.releases import RELEASE

MACHINE = Machine(region="r", bucket="b", parameter="/p", log_group="app")


class Bucket:
    """S3 with one object."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def client(self, _: str) -> "Bucket":
        return self

    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.content)}


def test_a_release_comes_back_as_it_was_written() -> None:
    archive = release_archive(json.dumps(asdict(RELEASE)))
    assert fetch(Bucket(archive.content), MACHINE, archive.key) == RELEASE


def test_content_that_is_not_what_its_name_says_is_refused() -> None:
    archive = release_archive(json.dumps(asdict(RELEASE)))
    with pytest.raises(MachineError, match="another SHA-256"):
        fetch(Bucket(archive.content + b" "), MACHINE, archive.key)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": "one"}'])
def test_half_a_release_is_refused(text: str) -> None:
    with pytest.raises(MachineError, match="not a release"):
        Release.from_json(text)
