"""Names of the stack's buckets on the real engine: new ones carry the stack's name, those with files keep theirs."""

import re
from collections.abc import Iterator

import pulumi
import pytest

from embedded_cloud.testing.engine_stack import EngineStack, engine_stack, needs_engine
from infra.foundation.private_bucket import private_bucket

pytestmark = needs_engine


def program() -> None:
    private_bucket("media-files", "media", force_destroy=False, opts=pulumi.ResourceOptions(protect=True))


def without_a_prefix() -> None:
    """The same bucket as an automatic name makes it."""

    def drop(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        return pulumi.ResourceTransformationResult({**args.props, "bucket_prefix": None}, args.opts)

    pulumi.runtime.register_stack_transformation(drop)
    program()


@pytest.fixture
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineStack]:
    with engine_stack(tmp_path_factory.mktemp("buckets"), "preqly") as running:
        yield running


def bucket(cloud: EngineStack) -> str:
    (found,) = cloud.client("s3").list_buckets()["Buckets"]
    return str(found["Name"])


def test_a_new_bucket_carries_project_and_stack(cloud: EngineStack) -> None:
    cloud.up(program)
    name = bucket(cloud)
    assert re.fullmatch(r"preqly-test-media-\w{26}", name)
    _, changes = cloud.up(program)
    assert set(changes) == {"same"}


def test_a_bucket_with_another_name_stays_with_its_files(cloud: EngineStack) -> None:
    cloud.up(without_a_prefix)
    name, s3 = bucket(cloud), cloud.client("s3")
    assert name.startswith("media-files-")
    s3.put_object(Bucket=name, Key="passport.jpg", Body=b"1")
    for _ in range(2):
        # A replacement would be refused: the bucket is protected.
        _, changes = cloud.up(program)
        assert set(changes) == {"same"}
        # As a deploy of the pipeline does.
        cloud.stack.refresh()
    assert bucket(cloud) == name
    assert s3.get_object(Bucket=name, Key="passport.jpg")["Body"].read() == b"1"
