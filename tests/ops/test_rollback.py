"""`rollback`: which release comes back, with what, and the question before it."""

import json
from typing import Any

import pytest
import typer

from infra.release.errors import ReleaseError
from infra.release.record import Withheld
from tests.ops.conftest import Database, Ops
from tests.ops.rollbacks import BACK, revisions
from tests.ops.stand import Stand


def containers(stand: Stand, arn: str) -> dict[str, Any]:
    found = stand.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"]
    return {one["name"]: one for one in found}


def test_without_a_number_the_release_before_comes_back_and_the_undone_one_is_withheld(stand: Stand, ops: Ops) -> None:
    one, two = stand.deploy("one"), stand.deploy("two")
    assert ops(*BACK).code == 0
    latest = stand.record.latest()
    assert latest is not None
    assert (latest.number, latest.kind, latest.tag, latest.revision) == (3, "rollback", "one", "rev-one")
    assert latest.withheld == Withheld(number=two.number, tag="two")
    assert stand.runs == latest.task_definition == one.task_definition


def test_a_revision_that_says_the_same_is_used_again(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    stand.deploy("two")
    before = revisions(stand)
    assert ops(*BACK).code == 0
    assert revisions(stand) == before


def test_the_settings_and_secrets_of_now_are_kept(stand: Stand, ops: Ops, database: Database) -> None:
    one, two = stand.deploy("one", setting="a"), stand.deploy("two", setting="b")
    assert ops(*BACK).code == 0
    assert stand.runs not in (one.task_definition, two.task_definition)
    web = containers(stand, stand.runs)["web"]
    assert {each["name"]: each["value"] for each in web["environment"]} == {"RELEASE": "one", "SETTING": "b"}
    assert web["image"] == one.web_image
    assert containers(stand, stand.runs)["proxy"]["image"] == one.proxy_image
    (asked,) = database.asked
    assert containers(stand, asked)["migrate"]["image"] == one.web_image
    tags = stand.ecs.list_tags_for_resource(resourceArn=stand.runs)["tags"]
    assert {"key": "Stack", "value": "prod"} in tags


def test_two_rollbacks_go_two_releases_back_and_withhold_what_the_sources_say(stand: Stand, ops: Ops) -> None:
    for tag in ("one", "two", "three"):
        stand.deploy(tag)
    assert ops(*BACK).code == ops(*BACK).code == 0
    latest = stand.record.latest()
    assert latest is not None
    assert (latest.tag, latest.withheld) == ("one", Withheld(number=3, tag="three"))
    assert "There is no release to go back to" in ops.refused(BACK, 3)


def test_the_record_says_from_which_sources_what_serves_and_what_is_withheld_was_built(stand: Stand, ops: Ops) -> None:
    stand.deploy("one", sources="f1", architecture="x86_64")
    stand.deploy("two", sources="f2", architecture="arm64")
    assert ops(*BACK).code == 0
    latest = stand.record.latest()
    assert latest is not None
    assert (latest.sources, latest.architecture) == ("f1", "x86_64")
    assert latest.withheld == Withheld(number=2, tag="two", sources="f2")


def test_the_same_sources_on_another_base_image_are_withheld_too(stand: Stand, ops: Ops) -> None:
    stand.deploy("a-1", sources="f1")
    stand.deploy("b-1", sources="f1")
    assert ops(*BACK).code == 0
    latest = stand.record.latest()
    assert latest is not None
    assert (latest.tag, latest.withheld) == ("a-1", Withheld(number=2, tag="b-1", sources="f1"))


def platform(stand: Stand, arn: str) -> str:
    found = stand.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return str(found["runtimePlatform"]["cpuArchitecture"])


@pytest.mark.parametrize("recorded", ["x86_64", ""])
def test_the_images_run_on_the_architecture_they_were_built_for_also_the_one_off_task(
    stand: Stand, ops: Ops, database: Database, recorded: str
) -> None:
    """Records of before it was kept name a task definition that says it."""
    one = stand.deploy("one", platform="X86_64", architecture=recorded)
    two = stand.deploy("two", platform="ARM64", architecture="arm64")
    assert ops(*BACK).code == 0
    latest = stand.record.latest()
    assert latest is not None
    assert latest.architecture == "x86_64"
    assert stand.runs == one.task_definition
    assert [platform(stand, asked) for asked in database.asked] == ["X86_64"]
    assert ops("forward", "--yes").code == 0
    assert stand.runs == two.task_definition
    assert stand.record.history()[-1].architecture == "arm64"


def test_the_release_is_prepared_with_its_own_image_before_it_serves(
    stand: Stand, ops: Ops, database: Database
) -> None:
    """Its static files may be gone from the bucket since: only the last releases' are kept."""
    one = stand.deploy("one")
    stand.deploy("two")
    assert ops(*BACK).code == 0
    assert database.prepared == database.asked == [one.migration_task_definition]


def test_one_that_cannot_be_prepared_comes_back_all_the_same_and_says_so(
    stand: Stand, ops: Ops, database: Database
) -> None:
    one = stand.deploy("one")
    stand.deploy("two")
    database.refusal = ReleaseError("bucket media does not answer")
    ended = ops(*BACK)
    assert (ended.code, stand.runs) == (0, one.task_definition)
    assert "The release could not be prepared" in ended.err
    assert "bucket media does not answer" in ended.err


def test_what_is_refused_is_not_prepared(stand: Stand, ops: Ops, database: Database) -> None:
    stand.deploy("one")
    stand.deploy("two")
    database.is_in(unknown=["core.0003_x"])
    ops.refused(BACK, 3)
    assert database.prepared == []


def test_a_number_names_the_release(stand: Stand, ops: Ops) -> None:
    one = stand.deploy("one")
    stand.deploy("two")
    stand.deploy("three")
    assert ops("rollback", "1", "--yes").code == 0
    assert stand.runs == one.task_definition


def test_the_images_that_serve_again_are_kept_under_the_new_number(stand: Stand, ops: Ops) -> None:
    one = stand.deploy("one")
    stand.deploy("two")
    assert ops(*BACK).code == 0
    (image,) = stand.client("ecr").describe_images(repositoryName="registry-web", imageIds=[{"imageTag": "release-3"}])[
        "imageDetails"
    ]
    assert one.web_image.endswith(image["imageDigest"])


def test_the_running_release_is_not_rolled_out_again(stand: Stand, ops: Ops, database: Database) -> None:
    stand.deploy("one")
    ended = ops("rollback", "1", "--yes")
    assert ended.code == 0
    assert ended.out == "release 1 (one, revision rev-one) is what serves already. Nothing was touched.\n"
    assert len(stand.record.history()) == 1
    assert database.asked == []


def test_nobody_is_asked_where_nobody_is(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    two = stand.deploy("two")
    assert "give --yes" in ops.refused(["rollback"], 2)
    assert stand.runs == two.task_definition


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 3)])
def test_a_person_is_asked_with_both_releases_named(
    stand: Stand, ops: Ops, monkeypatch: pytest.MonkeyPatch, answer: bool, code: int
) -> None:
    stand.deploy("one")
    stand.deploy("two")
    questions: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)

    def confirm(question: str, **_: Any) -> bool:
        questions.append(question)
        return answer

    monkeypatch.setattr(typer, "confirm", confirm)
    assert ops("rollback").code == code
    assert "Now:  release 2 (two, revision rev-two)" in questions[0]
    assert "Then: release 1 (one, revision rev-one)" in questions[0]


def test_scripts_read_what_serves_now(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    stand.deploy("two")
    answer = json.loads(ops(*BACK, "--json").out)
    assert answer["changed"] is True
    assert (answer["release"]["number"], answer["release"]["tag"]) == (3, "one")
    assert answer["release"]["withheld"] == {"number": 2, "tag": "two", "sources": ""}
