"""Names that hold the project's and the stack's name: bounded, legal, and different for different stacks."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import naming

PULUMI_NAMES = st.from_regex(r"[A-Za-z0-9_.-]{1,100}", fullmatch=True)
LIMITS = {
    naming.configuration_set: naming.CONFIGURATION_SET_LENGTH,
    naming.dashboard: naming.DASHBOARD_LENGTH,
    lambda project, stack: naming.task_family(project, stack, "migration"): naming.FAMILY_LENGTH,
    lambda project, stack: naming.role_name(project, stack, "preview"): naming.ROLE_LENGTH,
    lambda project, stack: naming.policy_name(project, stack, "deploy-services"): naming.POLICY_LENGTH,
    lambda project, stack: naming.bucket_prefix(project, stack, naming.ACCESS_LOG_BUCKET): naming.BUCKET_PREFIX_LENGTH,
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (naming.configuration_set("preqly", "prod"), "preqly-prod"),
        (naming.dashboard("preqly", "local"), "preqly-local"),
        (naming.task_family("preqly", "prod", "web"), "preqly-prod-web"),
        (naming.task_family("preqly", "pr-12", "migration"), "preqly-pr-12-migration"),
        (naming.role_name("preqly", "prod", "deploy"), "preqly-prod-deploy"),
        (naming.policy_name("preqly", "prod", "deploy-services"), "preqly-prod-deploy-services"),
        (naming.bucket_prefix("preqly", "prod", "media"), "preqly-prod-media-"),
        (naming.bucket_prefix("preqly", "prod", "access-logs"), "preqly-prod-access-logs-"),
        (naming.parameter_name("preqly", "prod"), "/preqly/prod/releases"),
        (naming.database_name("preqly"), "preqly"),
        (naming.name_tag("preqly", "prod", "web-service"), "preqly-prod-web-service"),
        (naming.own_tag("preqly", naming.MIGRATION_TAG), "preqly:migration"),
    ],
)
def test_names_of_ordinary_stacks_stay_because_another_name_replaces_the_resource(name: str, expected: str) -> None:
    assert name == expected


@pytest.mark.parametrize("make", LIMITS)
@given(project=PULUMI_NAMES, stack=PULUMI_NAMES)
def test_every_name_is_legal_and_short_enough(make: Callable[[str, str], str], project: str, stack: str) -> None:
    assert re.fullmatch(rf"[A-Za-z0-9_-]{{1,{LIMITS[make]}}}", make(project, stack))


@pytest.mark.parametrize("make", LIMITS)
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("preqly", "a.b"), ("preqly", "a-b")),
        (("preqly", "a.b"), ("preqly", "a..b")),
        (("a-b", "c"), ("a", "b-c")),
        (("a.b", "c"), ("a", "b.c")),
        (("preqly", "x" * 99 + "1"), ("preqly", "x" * 99 + "2")),
        (("p" * 100, "prod"), ("p" * 100, "qa")),
    ],
)
def test_similar_stacks_have_different_names(
    make: Callable[[str, str], str], one: tuple[str, str], other: tuple[str, str]
) -> None:
    assert make(*one) != make(*other)


@given(project=PULUMI_NAMES, stack=PULUMI_NAMES)
def test_a_bucket_has_a_name_that_s3_takes(project: str, stack: str) -> None:
    prefix = naming.bucket_prefix(project, stack, naming.ACCESS_LOG_BUCKET)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{2,62}", prefix + "0" * naming.BUCKET_SUFFIX_LENGTH)


def test_stacks_that_differ_in_capitals_have_different_buckets() -> None:
    names = {naming.bucket_prefix("preqly", stack, "media") for stack in ("prod", "Prod", "PROD")}
    assert len(names) == 3
    assert all(name.startswith("preqly-prod-") for name in names)


def test_a_shortened_name_keeps_its_role() -> None:
    assert naming.task_family("p" * 100, "s" * 100, "web").endswith("-web")
    assert len(naming.physical_name("p" * 100, "s" * 100, "deploy", limit=64)) == 64


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        ("My-Site.2", "mysite2"),
        ("2films", "db2films"),
        ("---", "dbsite"),
        ("user", "usersite"),
        ("p" * 100, "p" * naming.DATABASE_NAME_LENGTH),
    ],
)
def test_a_database_is_named_after_the_project_as_far_as_rds_allows(project: str, expected: str) -> None:
    assert naming.database_name(project) == expected


def test_an_own_tag_is_found_under_any_project() -> None:
    tags = {"Project": "films", "films:migration": "family:3"}
    assert naming.own_tag_value(tags, naming.MIGRATION_TAG) == "family:3"
    assert naming.own_tag_value({"migration": "x"}, naming.MIGRATION_TAG) is None
