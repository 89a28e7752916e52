"""Rollback and forward of a stack with `hosting: vm`."""

import json
from typing import Any

import pytest
import typer

from infra.machine.archive import release_archive
from infra.release.record import Withheld
from infra.release.shipped import Shipped, shipped
from tests.ops.conftest import Ops
from tests.ops.machine_stand import BUCKET, MachineStand
from tests.ops.rollbacks import BACK
from tests.ops.stand import Stand


def latest(stand: Stand) -> Any:
    return stand.record.latest()


def test_without_a_number_the_release_before_comes_back_and_the_undone_one_is_withheld(
    stand: MachineStand, ops: Ops
) -> None:
    one, two = stand.deploy("one"), stand.deploy("two")
    assert ops(*BACK).code == 0
    found = latest(stand)
    assert (found.number, found.kind, found.tag, found.revision, found.hosting) == (
        3,
        "rollback",
        "one",
        "rev-one",
        "vm",
    )
    assert found.withheld == Withheld(number=two.number, tag="two")
    assert stand.serving == stand.parameter == found.task_definition == one.task_definition
    assert stand.told == [
        f"state {one.task_definition}",
        f"prepare {one.task_definition}",
        f"deploy {one.task_definition} {two.task_definition}",
    ]


def test_one_that_cannot_be_prepared_comes_back_all_the_same_and_says_so(stand: MachineStand, ops: Ops) -> None:
    one = stand.deploy("one")
    stand.deploy("two")
    stand.failing["prepare"] = "bucket media does not answer"
    ended = ops(*BACK)
    assert (ended.code, stand.serving) == (0, one.task_definition)
    assert "The release could not be prepared" in ended.err
    assert "bucket media does not answer" in ended.err


def test_the_settings_and_secrets_of_now_are_kept(stand: MachineStand, ops: Ops) -> None:
    one, two = stand.deploy("one", setting="before"), stand.deploy("two", setting="now")
    assert ops(*BACK).code == 0
    key = latest(stand).task_definition
    assert key not in (one.task_definition, two.task_definition)
    services = stand.bucket(key)["compose"]["services"]
    assert services["web"]["environment"]["DEFAULT_FROM_EMAIL"] == "now@preqly.com"
    assert services["web"]["environment"]["RELEASE"] == services["migrate"]["environment"]["RELEASE"] == "one"
    assert services["web"]["image"] == one.web_image
    assert services["proxy"]["image"] == services["network"]["image"] == one.proxy_image


def test_the_next_update_of_the_same_sources_renders_the_very_document_that_the_rollback_deployed(
    stand: MachineStand, ops: Ops
) -> None:
    stand.deploy("one", setting="before")
    two = stand.deploy("two", setting="now")
    assert ops(*BACK).code == 0
    own = Shipped(
        web_image=two.web_image,
        proxy_image=two.proxy_image,
        tag="two",
        revision="rev-two",
        sources="",
        architecture="arm64",
    )
    ships = shipped(own, latest(stand))
    assert ships.tag == "one"
    rendered = stand.document(ships.tag, ships.web_image, ships.proxy_image, setting="now")
    assert release_archive(rendered).key == stand.parameter == stand.serving


def test_forward_brings_the_withheld_release_back_under_its_own_key(stand: MachineStand, ops: Ops) -> None:
    stand.deploy("one")
    two = stand.deploy("two")
    assert ops(*BACK).code == ops("forward", "--yes").code == 0
    found = latest(stand)
    assert (found.number, found.kind, found.tag, found.withheld) == (4, "release", "two", None)
    assert stand.serving == stand.parameter == two.task_definition


def test_the_running_release_is_not_deployed_again(stand: MachineStand, ops: Ops) -> None:
    stand.deploy("one")
    assert "is what serves already. Nothing was touched." in ops("rollback", "1", "--yes").out
    assert stand.told == []


def test_one_that_should_serve_and_does_not_answer_is_started_again(stand: MachineStand, ops: Ops) -> None:
    one = stand.deploy("one")
    stand.says["problem"] = "it answers 502"
    assert ops("rollback", "1", "--yes").code == 0
    assert stand.told[-1] == f"deploy {one.task_definition} {one.task_definition}"
    assert len(stand.record.history()) == 1


def test_migrations_that_the_earlier_release_does_not_know_refuse_it_before_anything_is_touched(
    stand: MachineStand, ops: Ops
) -> None:
    stand.deploy("one")
    two = stand.deploy("two", migrated=["core.0002_b"], snapshot="preqly-snap")
    stand.state["unknown"] = ["core.0002_b"]
    said = ops.refused(BACK, 3)
    assert "does not know migrations that the database has: core.0002_b" in said
    assert "The database before release 2 is snapshot preqly-snap" in said
    assert stand.serving == stand.parameter == two.task_definition
    assert ops(*BACK, "--allow-unknown-migrations").code == 0


@pytest.mark.parametrize("at_work", ["deploy releases/3.json, since 12:00", "prepare releases/3.json, since 12:00"])
def test_a_deploy_that_goes_on_refuses_it(stand: MachineStand, ops: Ops, at_work: str) -> None:
    stand.deploy("one")
    stand.deploy("two")
    stand.says["at_work"] = at_work
    assert f"The machine is at work: {at_work}" in ops.refused(BACK, 3)
    assert stand.told == []


def test_a_repair_that_goes_on_does_not(stand: MachineStand, ops: Ops) -> None:
    stand.deploy("one")
    stand.deploy("two")
    stand.says["at_work"] = "the keeper's repair, since 12:00"
    assert ops(*BACK).code == 0


def test_somebody_elses_deploy_while_the_question_stands_is_a_refusal(
    stand: MachineStand, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.deploy("one")
    two = stand.deploy("two")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)

    def meanwhile(*_: Any, **__: Any) -> bool:
        stand.deploy("three", recorded=False)
        return True

    monkeypatch.setattr(typer, "confirm", meanwhile)
    stand.failing["deploy"] = "Refused: somebody else has deployed releases/3.json meanwhile"
    assert "somebody else has deployed" in ops.refused(["rollback"], 1)
    assert latest(stand).number == two.number
    assert stand.parameter == two.task_definition


def test_one_that_fails_leaves_record_and_parameter_and_says_why(stand: MachineStand, ops: Ops) -> None:
    stand.deploy("one")
    two = stand.deploy("two")
    stand.failing["deploy"] = "Essential container in task exited: container web ended with exit code 3"
    said = ops.refused(BACK, 1)
    assert "Release 1 was not brought back, and the record is as it was. Essential container" in said
    assert "cause: it crashes" in said
    assert (latest(stand).number, stand.parameter) == (2, two.task_definition)


def test_one_that_was_cut_off_before_its_record_is_brought_to_its_end(stand: MachineStand, ops: Ops) -> None:
    one = stand.deploy("one")
    stand.deploy("two")
    stand.serving = one.task_definition
    ended = ops(*BACK)
    assert ended.code == 0, ended.err
    assert "release 1 (one, revision rev-one) was begun already" in ended.err
    assert [line.partition(" ")[0] for line in stand.told] == ["state"]
    assert (latest(stand).tag, stand.parameter) == ("one", one.task_definition)


def test_images_of_a_repository_that_was_replaced_refuse_it(stand: MachineStand, ops: Ops) -> None:
    stand.client("ecr").create_repository(repositoryName="other-web")
    stand.deploy("one", web_image=stand.push("other-web", "one"))
    stand.deploy("two")
    assert "Its repositories were replaced since" in ops.refused(BACK, 3)


def test_images_for_another_processor_refuse_it_before_anything_runs(stand: MachineStand, ops: Ops) -> None:
    stand.deploy("one", architecture="x86_64")
    two = stand.deploy("two")
    said = ops.refused(BACK, 3)
    assert "Release 1 is built for x86_64, and the machine is arm64. Nothing was touched." in said
    assert "revision rev-one" in said
    assert (stand.told, stand.serving, stand.parameter) == ([], two.task_definition, two.task_definition)


def test_of_a_record_that_does_not_say_for_which_the_document_says_it(stand: MachineStand, ops: Ops) -> None:
    one = stand.deploy("one", built_for="x86_64")
    stand.deploy("two")
    assert "is built for x86_64" in ops.refused(BACK, 3)
    stand.client("s3").delete_object(Bucket=BUCKET, Key=one.task_definition)
    assert ops(*BACK).code == 0


def test_releases_of_both_kinds_are_listed_and_one_of_the_other_kind_comes_back_on_this_one(
    stand: MachineStand, ops: Ops
) -> None:
    fargate = stand.deploy("one", hosting="fargate", task_definition="arn:aws:ecs:task/web:1")
    stand.deploy("two")
    assert [one["hosting"] for one in json.loads(ops("releases", "--json").out)] == ["vm", "fargate"]
    assert ops(*BACK).code == 0
    found = latest(stand)
    assert (found.tag, found.hosting, found.web_image) == ("one", "vm", fargate.web_image)
    assert found.task_definition.startswith("releases/")
