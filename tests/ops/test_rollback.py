"""`rollback` and `forward`: which release they deploy, with which settings, and the question before it."""

import json
from typing import Any

import pytest
import typer

from infra.release.record import RolledBack
from infra.release.reporting import ReleaseError
from tests.ops.conftest import Database, Ops
from tests.ops.fixtures import ROLLBACK, DeployedStack


def containers(stack: DeployedStack, arn: str) -> dict[str, Any]:
    found = stack.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"]
    return {one["name"]: one for one in found}


def test_the_previous_release_is_prepared_deployed_again_and_kept_under_its_new_number(
    stack: DeployedStack, ops: Ops, database: Database
) -> None:
    one, two = stack.deploy("one"), stack.deploy("two")
    before = stack.revisions
    assert ops(*ROLLBACK).code == 0
    latest = stack.latest
    assert (latest.number, latest.kind, latest.tag, latest.revision) == (3, "rollback", "one", "rev-one")
    assert latest.rolled_back == RolledBack(number=two.number, tag="two", sources="f0")
    # A revision with the same content is used again.
    assert (stack.runs, stack.revisions) == (latest.task_definition, before) == (one.task_definition, before)
    # The bucket keeps static files of the last releases only, so its own image publishes them again.
    assert database.prepared == database.read == [one.migration_task_definition]
    (image,) = stack.client("ecr").describe_images(repositoryName="registry-web", imageIds=[{"imageTag": "release-3"}])[
        "imageDetails"
    ]
    assert one.web_image.endswith(image["imageDigest"])


def test_the_current_settings_and_secrets_stay(stack: DeployedStack, ops: Ops, database: Database) -> None:
    one, two = stack.deploy("one", setting="a"), stack.deploy("two", setting="b")
    assert ops(*ROLLBACK).code == 0
    assert stack.runs not in (one.task_definition, two.task_definition)
    web = containers(stack, stack.runs)["web"]
    assert {each["name"]: each["value"] for each in web["environment"]} == {"RELEASE": "one", "SETTING": "b"}
    assert web["image"] == one.web_image
    assert containers(stack, stack.runs)["proxy"]["image"] == one.proxy_image
    (asked,) = database.read
    assert containers(stack, asked)["migrate"]["image"] == one.web_image
    tags = stack.ecs.list_tags_for_resource(resourceArn=stack.runs)["tags"]
    assert {"key": "Stack", "value": "prod"} in tags


def test_two_rollbacks_go_two_releases_back_and_record_the_release_of_the_sources(
    stack: DeployedStack, ops: Ops
) -> None:
    for tag in ("one", "two", "three"):
        stack.deploy(tag)
    assert ops(*ROLLBACK).code == ops(*ROLLBACK).code == 0
    latest = stack.latest
    assert (latest.tag, latest.rolled_back) == ("one", RolledBack(number=3, tag="three", sources="f0"))
    assert "There is no release to go back to" in ops.refused(ROLLBACK, 3)


@pytest.mark.parametrize("sources", ["f2", "f1"], ids=["other sources", "the same on another base image"])
def test_the_record_has_the_sources_of_both_releases(stack: DeployedStack, ops: Ops, sources: str) -> None:
    stack.deploy("a-1", sources="f1", architecture="x86_64")
    stack.deploy("b-1", sources=sources, architecture="arm64")
    assert ops(*ROLLBACK).code == 0
    latest = stack.latest
    assert (latest.tag, latest.sources, latest.architecture) == ("a-1", "f1", "x86_64")
    assert latest.rolled_back == RolledBack(number=2, tag="b-1", sources=sources)


def platform(stack: DeployedStack, arn: str) -> str:
    found = stack.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return str(found["runtimePlatform"]["cpuArchitecture"])


def test_the_images_run_on_the_architecture_they_were_built_for_also_the_one_off_task(
    stack: DeployedStack, ops: Ops, database: Database
) -> None:
    one = stack.deploy("one", platform="X86_64", architecture="x86_64")
    two = stack.deploy("two", platform="ARM64", architecture="arm64")
    assert ops(*ROLLBACK).code == 0
    latest = stack.latest
    assert latest.architecture == "x86_64"
    assert stack.runs == one.task_definition
    assert [platform(stack, asked) for asked in database.read] == ["X86_64"]
    assert ops("forward", "--yes").code == 0
    assert stack.runs == two.task_definition
    assert stack.record.records()[-1].architecture == "arm64"


def test_a_release_that_cannot_be_prepared_is_deployed_and_reported(
    stack: DeployedStack, ops: Ops, database: Database
) -> None:
    one = stack.deploy("one")
    stack.deploy("two")
    database.refusal = ReleaseError("bucket media does not answer")
    ended = ops(*ROLLBACK)
    assert (ended.code, stack.runs) == (0, one.task_definition)
    assert "The release could not be prepared" in ended.err
    assert "bucket media does not answer" in ended.err


def test_a_number_names_the_release(stack: DeployedStack, ops: Ops) -> None:
    one = stack.deploy("one")
    stack.deploy("two")
    stack.deploy("three")
    assert ops("rollback", "1", "--yes").code == 0
    assert stack.runs == one.task_definition


def test_the_running_release_is_not_rolled_out_again(stack: DeployedStack, ops: Ops, database: Database) -> None:
    stack.deploy("one")
    ended = ops("rollback", "1", "--yes")
    assert ended.code == 0
    assert ended.out == "Already serving: release 1 (one, revision rev-one). Nothing was touched.\n"
    assert len(stack.record.records()) == 1
    assert database.read == []


def test_without_a_terminal_it_asks_for_yes(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    two = stack.deploy("two")
    assert "give --yes" in ops.refused(["rollback"], 2)
    assert stack.runs == two.task_definition


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 3)])
def test_the_question_names_both_releases(
    stack: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch, answer: bool, code: int
) -> None:
    stack.deploy("one")
    stack.deploy("two")
    questions: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)

    def confirm(question: str, **_: Any) -> bool:
        questions.append(question)
        return answer

    monkeypatch.setattr(typer, "confirm", confirm)
    assert ops("rollback").code == code
    assert "Now:  release 2 (two, revision rev-two)" in questions[0]
    assert "Then: release 1 (one, revision rev-one)" in questions[0]


def test_scripts_read_what_serves_now(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    stack.deploy("two")
    answer = json.loads(ops(*ROLLBACK, "--json").out)
    assert answer["changed"] is True
    assert (answer["release"]["number"], answer["release"]["tag"]) == (3, "one")
    assert answer["release"]["withheld"] == {"number": 2, "tag": "two", "sources": "f0"}


def test_forward_deploys_the_release_again_in_its_own_task_definition(stack: DeployedStack, ops: Ops) -> None:
    stack.deploy("one")
    two = stack.deploy("two")
    assert ops(*ROLLBACK).code == 0
    assert ops("forward", "--yes").code == 0
    latest = stack.latest
    assert (latest.number, latest.kind, latest.tag, latest.rolled_back) == (4, "release", "two", None)
    assert stack.runs == two.task_definition


def test_forward_without_a_rollback_touches_nothing(stack: DeployedStack, ops: Ops, database: Database) -> None:
    stack.deploy("one")
    ended = ops("forward", "--yes")
    assert (ended.code, ended.out) == (
        0,
        "Already serving: release 1 (one, revision rev-one). Nothing was touched.\n",
    )
    assert database.read == []


def test_forward_refuses_a_release_that_is_no_longer_on_record(stack: DeployedStack, ops: Ops) -> None:
    stack.roll_back(stack.deploy("one"), RolledBack(number=70, tag="gone", sources="f0"))
    assert "Release 70 was rolled back, but it is no longer on record." in ops.refused(["forward", "--yes"], 3)
