"""The machine's bucket: closed, and nothing in it under a name that could mean something else later."""

import base64
from typing import Any

import pulumi
import pytest

from infra.machine.archive import program_archive, release_archive
from infra.machine.store import MachineStore, MachineStoreArgs

OBJECT = "s3/bucketObjectv2:BucketObjectv2"


@pytest.fixture
def key(engine: Any) -> str:
    def program() -> pulumi.Output[str]:
        return MachineStore("machine", MachineStoreArgs(protect=True)).release(pulumi.Output.from_input("{}"))

    found: str = engine.run(program)
    return found


def test_the_program_is_there_under_the_name_of_its_content(engine: Any, key: str) -> None:
    stored = engine.one(OBJECT, "machine-program")
    assert stored["key"] == program_archive().key
    assert base64.b64decode(stored["contentBase64"]) == program_archive().content


def test_a_release_is_there_under_the_name_of_its_content(engine: Any, key: str) -> None:
    assert key == release_archive("{}").key == engine.one(OBJECT, "machine-release")["key"]


def test_what_was_put_there_stays_for_a_machine_that_starts_again(engine: Any, key: str) -> None:
    for name in ("machine-program", "machine-release"):
        assert engine.options(OBJECT, name).retainOnDelete


def test_nobody_else_reads_the_bucket(engine: Any, key: str) -> None:
    assert engine.one("s3/bucketPublicAccessBlock:BucketPublicAccessBlock")["restrictPublicBuckets"] is True
    assert "SecureTransport" in engine.one("s3/bucketPolicy:BucketPolicy")["policy"]
    assert engine.one("s3/bucket:Bucket")["forceDestroy"] is False
