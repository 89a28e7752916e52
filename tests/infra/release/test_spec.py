from dataclasses import replace

import pytest

from infra.release.record import ReleaseRecord, RolledBack
from infra.release.reporting import ReleaseError
from infra.release.spec import ReleaseSpec, select_release
from tests.infra.release.records import RELEASE

BUILT = ReleaseSpec(
    web_image="registry/web@sha256:cc",
    proxy_image="registry/proxy@sha256:dd",
    tag="cccc-1",
    revision="later",
    sources="f1",
    architecture="arm64",
)


def after_rollback(tag: str, sources: str) -> ReleaseRecord:
    """RELEASE, brought back by a rollback that undid release 7."""
    return replace(RELEASE, kind="rollback", rolled_back=RolledBack(number=7, tag=tag, sources=sources))


def test_without_a_rollback_the_sources_are_deployed() -> None:
    assert select_release(BUILT, None) == BUILT
    assert select_release(BUILT, RELEASE) == BUILT


@pytest.mark.parametrize(
    ("tag", "sources"),
    [
        ("cccc-1", "f1"),
        # Their second tag, when other sources were deployed in between.
        ("cccc-2", "f1"),
        # Their tag on another base image.
        ("bbbb-1", "f1"),
    ],
)
def test_sources_that_were_rolled_back_are_not_deployed_again(tag: str, sources: str) -> None:
    latest = after_rollback(tag, sources)
    assert select_release(BUILT, latest) == ReleaseSpec(
        web_image=RELEASE.web_image,
        proxy_image=RELEASE.proxy_image,
        tag=RELEASE.tag,
        revision=RELEASE.revision,
        sources="f0",
        architecture="arm64",
        rolled_back=latest.rolled_back,
    )


def test_changed_sources_are_deployed_after_a_rollback() -> None:
    assert select_release(BUILT, after_rollback("bbbb-1", "f2")) == BUILT


def test_another_setting_fixes_a_setting_that_was_rolled_back() -> None:
    """The release on record has the same sources: the rollback undid only the base image of release 7."""
    latest = replace(after_rollback("bbbb-1", "f1"), sources="f1")
    assert select_release(BUILT, latest) == BUILT
    assert select_release(replace(BUILT, tag="bbbb-2"), latest).tag == RELEASE.tag


def test_tasks_of_another_architecture_do_not_get_the_release_on_record() -> None:
    latest = replace(after_rollback("cccc-1", "f1"), architecture="x86_64")
    with pytest.raises(ReleaseError, match=r"is built for x86_64, not arm64\..*architecture x86_64.*ops forward"):
        select_release(BUILT, latest)


def test_the_record_of_a_release_has_its_sources_and_architecture() -> None:
    where = {"task_definition": "w:1", "migration_task_definition": "m:1", "region": "us-east-1", "cluster": "c"}
    record = BUILT.to_record(**where, service="s", secret_arn="a", log_group="l", database="d", secret_version="v-1")
    assert (record.sources, record.architecture, record.tag) == ("f1", "arm64", "cccc-1")
