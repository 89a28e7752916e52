import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.release.record import ReleaseRecord, RolledBack, utc_now
from tests.infra.release.records import RELEASE

BAD = RolledBack(number=3, tag="bad", sources="f1")
OTHER_VERSION = (
    '{"number":8,"kind":"rollback","at":"2026-11-21T15:00:00+00:00","tag":"aaaa-1","revision":"2c981ae","sources":"f0",'
    '"architecture":"arm64","withheld":{"number":7,"tag":"bbbb-1","sources":"f1","later":1},"web_image":"w@sha256:aa",'
    '"proxy_image":"p@sha256:bb","task_definition":"web:7","migration_task_definition":"migration:7",'
    '"heads":{"core":"0002_b"},"migrated":[],"snapshot":null,"region":"us-east-1","cluster":"c","service":"s",'
    '"secret_arn":"a","log_group":"l","database":"d","secret_version":"v-1","hosting":"fargate","bucket":"",'
    '"parameter":""}'
)
"""With keys that this version does not have."""


@given(
    heads=st.dictionaries(st.text(), st.text(), max_size=3),
    migrated=st.lists(st.text(), max_size=3),
    rolled_back=st.none() | st.builds(RolledBack, number=st.integers(), tag=st.text("abc-0"), sources=st.text("f01")),
)
def test_a_record_is_read_as_it_was_written(heads: Any, migrated: Any, rolled_back: Any) -> None:
    release = replace(RELEASE, heads=heads, migrated=migrated, rolled_back=rolled_back)
    assert ReleaseRecord.from_json(release.to_json()) == release


def test_a_record_of_another_version_is_read_without_the_keys_that_this_one_lacks() -> None:
    release = ReleaseRecord.from_json(OTHER_VERSION)
    assert (release.number, release.kind, release.heads) == (8, "rollback", {"core": "0002_b"})
    assert release.rolled_back == RolledBack(number=7, tag="bbbb-1", sources="f1")


def test_another_version_finds_every_key_that_it_requires() -> None:
    written, expected = json.loads(replace(RELEASE, rolled_back=BAD).to_json()), json.loads(OTHER_VERSION)
    assert set(expected) - set(written) == {"bucket", "parameter"}
    assert written["withheld"] == {"number": 3, "tag": "bad", "sources": "f1"}


@pytest.mark.parametrize("rolled_back", [None, BAD])
@pytest.mark.parametrize("heads", [{}, {"core": "0002_b"}])
def test_ssm_finds_no_reference_to_another_parameter_in_a_record(rolled_back: Any, heads: Any) -> None:
    value = replace(RELEASE, heads=heads, rolled_back=rolled_back).to_json()
    assert "{{" not in value
    assert "}}" not in value


def test_the_time_of_a_release_is_utc() -> None:
    assert utc_now().endswith("+00:00")
