import json
from dataclasses import replace
from typing import Any

import pytest
import typer

from infra.release import release_state
from infra.release.record import Withheld
from local.cloud.moto_patches import ecs_services
from ops import fargate
from tests.ops.conftest import Database, Ops
from tests.ops.stand import CLUSTER, SERVICE, Stand

BACK = ("rollback", "--yes")


def revisions(stand: Stand) -> int:
    return len(stand.ecs.list_task_definitions()["taskDefinitionArns"])


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


def test_forward_brings_the_withheld_release_back_in_its_own_task_definition(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    two = stand.deploy("two")
    assert ops(*BACK).code == 0
    assert ops("forward", "--yes").code == 0
    latest = stand.record.latest()
    assert latest is not None
    assert (latest.number, latest.kind, latest.tag, latest.withheld) == (4, "release", "two", None)
    assert stand.runs == two.task_definition


def test_forward_without_a_rollback_touches_nothing(stand: Stand, ops: Ops, database: Database) -> None:
    stand.deploy("one")
    ended = ops("forward", "--yes")
    assert (ended.code, ended.out) == (
        0,
        "release 1 (one, revision rev-one) is what serves already. Nothing was touched.\n",
    )
    assert database.asked == []


def test_forward_says_when_the_record_does_not_reach_back_so_far(stand: Stand, ops: Ops) -> None:
    stand.withhold(stand.deploy("one"), Withheld(number=70, tag="gone"))
    assert "Release 70 is withheld, and the record does not reach back" in ops.refused(["forward", "--yes"], 3)


def test_the_running_release_is_not_rolled_out_again(stand: Stand, ops: Ops, database: Database) -> None:
    stand.deploy("one")
    ended = ops("rollback", "1", "--yes")
    assert ended.code == 0
    assert ended.out == "release 1 (one, revision rev-one) is what serves already. Nothing was touched.\n"
    assert len(stand.record.history()) == 1
    assert database.asked == []


def test_the_first_release_has_none_before_it(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    message = ops.refused(BACK, 3)
    assert "There is no release to go back to: release 1 (one, revision rev-one) is the only one" in message


def test_a_stack_that_was_never_good_has_nothing_to_go_back_to(stand: Stand, ops: Ops) -> None:
    assert "Stack prod has no release yet" in ops.refused(BACK, 1)


def test_a_number_that_is_not_on_record_is_wrong_use(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    stand.deploy("two")
    assert "Release 7 is not on record, which goes from 1 to 2" in ops.refused([*BACK, "7"], 2)


def test_an_image_that_is_gone_is_told_before_anything_is_touched(stand: Stand, ops: Ops, database: Database) -> None:
    one, two = stand.deploy("one"), stand.deploy("two", setting="b")
    before = revisions(stand)
    digest = one.proxy_image.partition("@")[2]
    stand.client("ecr").batch_delete_image(repositoryName="registry-proxy", imageIds=[{"imageDigest": digest}])
    message = ops.refused(BACK, 3)
    assert f"Release 1 cannot run again, the registry no longer has: {one.proxy_image}. Nothing was touched" in message
    assert "revision rev-one" in message
    assert (stand.runs, revisions(stand), database.asked) == (two.task_definition, before, [])


def test_migrations_that_the_older_release_does_not_know_refuse_it(stand: Stand, ops: Ops, database: Database) -> None:
    stand.deploy("one")
    two = stand.deploy("two", migrated=["core.0003_x"], snapshot="before-two")
    stand.deploy("three", migrated=["core.0004_y"], snapshot="before-three")
    database.is_in(unknown=["core.0003_x", "core.0004_y"])
    message = ops.refused([*BACK, "1"], 3)
    assert "Release 1 does not know migrations that the database has: core.0003_x, core.0004_y." in message
    assert "--allow-unknown-migrations" in message
    assert f"The database before release {two.number} is snapshot before-two" in message
    assert len(stand.record.history()) == 3
    assert ops(*BACK, "1", "--allow-unknown-migrations").code == 0


def test_without_a_snapshot_point_in_time_recovery_is_named(stand: Stand, ops: Ops, database: Database) -> None:
    stand.deploy("one")
    stand.deploy("two", migrated=["core.0003_x"])
    database.is_in(unknown=["core.0003_x"])
    assert "Point-in-time recovery has the database before 2026-11-21T12:00:00+00:00" in ops.refused(BACK, 3)


def test_migrations_of_an_update_that_never_got_well_are_told_as_such(
    stand: Stand, ops: Ops, database: Database
) -> None:
    stand.deploy("one")
    stand.deploy("two")
    database.is_in(unknown=["core.0003_x"])
    assert "An update after release 2 ran them and did not end well." in ops.refused(BACK, 3)


def test_migrations_that_only_the_release_has_refuse_it_too(stand: Stand, ops: Ops, database: Database) -> None:
    one, two = stand.deploy("one"), stand.deploy("two")
    database.is_in(unapplied=["core.0003_x"])
    message = ops.refused([*BACK, "--allow-unknown-migrations"], 3)
    assert f"Release {one.number} needs migrations that the database does not have: core.0003_x" in message
    assert stand.runs == two.task_definition


def test_a_deployment_that_goes_on_refuses_it(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    stand.deploy("two")
    three = stand.deploy("three", recorded=False)
    stand.rollout("IN_PROGRESS")
    message = ops.refused(BACK, 3)
    assert f"A deployment is going on: {three.task_definition.rpartition('/')[2]}" in message
    assert "Somebody runs `pulumi up`" in message


def test_a_migration_that_goes_on_refuses_it(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    two = stand.deploy("two")
    task = stand.task(two.migration_task_definition, group="family:preqly-prod-migration", started_by="release")
    assert f"A task of a release is running: {task}" in ops.refused(BACK, 3)


def test_a_rollback_that_was_killed_before_its_record_ends_when_it_is_run_again(stand: Stand, ops: Ops) -> None:
    one, two = stand.deploy("one"), stand.deploy("two")
    stand.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=one.task_definition)
    stand.rollout("COMPLETED")
    ended = ops(*BACK)
    assert ended.code == 0
    assert "release 1 (one, revision rev-one) was begun already; this brings it to its end." in ended.err
    latest = stand.record.latest()
    assert latest is not None
    assert (latest.tag, latest.withheld) == ("one", Withheld(number=two.number, tag="two"))


def test_its_own_rollout_that_still_goes_on_is_joined(stand: Stand, ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = stand.deploy("one"), stand.deploy("two")
    stand.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=one.task_definition)
    stand.rollout("IN_PROGRESS")
    monkeypatch.setattr(fargate, "verify_rollout", lambda *_: stand.rollout("COMPLETED"))
    assert ops("rollback", "1", "--yes").code == 0
    latest = stand.record.latest()
    assert latest is not None
    assert latest.tag == "one"


def test_tags_that_a_kill_has_left_out_are_made_up_for(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    assert ops("rollback", "1", "--yes").code == 0
    assert stand.client("ecr").describe_images(repositoryName="registry-web", imageIds=[{"imageTag": "release-1"}])


def test_a_forward_that_was_killed_before_its_record_is_undone_by_rollback(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    two = stand.deploy("two")
    assert ops(*BACK).code == 0
    stand.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=two.task_definition)
    stand.rollout("COMPLETED")
    assert ops(*BACK).code == 0
    latest = stand.record.latest()
    assert latest is not None
    assert (latest.tag, latest.withheld) == ("one", Withheld(number=2, tag="two"))


def test_after_an_update_that_never_got_well_the_last_good_release_comes_back(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    two = stand.deploy("two")
    stand.deploy("three", setting="broken", recorded=False)
    stand.rollout("FAILED", "tasks failed to start.")
    assert ops(*BACK).code == 0
    latest = stand.record.latest()
    assert latest is not None
    assert (stand.runs, latest.tag, latest.withheld) == (two.task_definition, "two", None)


def test_the_last_good_release_is_started_again_when_ecs_gave_up_on_it(stand: Stand, ops: Ops) -> None:
    one = stand.deploy("one")
    given_up = stand.service.deployments[0]["id"]
    stand.rollout("FAILED", "tasks failed to start.")
    assert ops("rollback", "1", "--yes").code == 0
    assert stand.runs == one.task_definition
    assert stand.service.deployments[0]["id"] != given_up
    assert len(stand.record.history()) == 1


def test_a_rollback_that_ecs_takes_back_fails_and_leaves_the_record(
    stand: Stand, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.deploy("one")
    stand.deploy("two")
    failed = {"rolloutState": "FAILED", "rolloutStateReason": "tasks failed to start."}
    monkeypatch.setattr(ecs_services, "_settle", lambda service: service.deployments[0].update(failed))
    message = ops.refused(BACK, 1)
    assert (
        "Release 1 was not brought back, and the record is as it was. The release preqly-prod-web:1 did not" in message
    )
    assert len(stand.record.history()) == 2


def test_who_deploys_in_between_is_not_overwritten(stand: Stand, ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.deploy("one")
    stand.deploy("two")
    others: list[str] = []

    def ask(*_: Any) -> Any:
        others.append(stand.deploy("three", recorded=False).task_definition)
        return Database().state

    monkeypatch.setattr(release_state, "ask", ask)
    assert "Somebody else deployed preqly-prod-web:3 a moment ago" in ops.refused(BACK, 3)
    assert stand.runs == others[0]


def test_tasks_that_come_up_in_between_are_nobody_else(stand: Stand, ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = stand.deploy("one"), stand.deploy("two")
    stand.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=one.task_definition)
    stand.rollout("IN_PROGRESS")

    def ask(*_: Any) -> Any:
        stand.rollout("COMPLETED")
        return Database().state

    monkeypatch.setattr(release_state, "ask", ask)
    assert ops(*BACK).code == 0


def test_replaced_repositories_are_no_place_to_go_back_to(stand: Stand, ops: Ops) -> None:
    one = stand.deploy("one")
    other = one.web_image.replace("registry-web", "registry-other")
    stand.client("ecr").create_repository(repositoryName="registry-other")
    manifest = stand.client("ecr").batch_get_image(repositoryName="registry-web", imageIds=[{"imageTag": "one"}])
    stand.client("ecr").put_image(
        repositoryName="registry-other", imageManifest=manifest["images"][0]["imageManifest"], imageTag="one"
    )
    stand.record.append(replace(one, web_image=other, tag="other"))
    stand.deploy("two")
    message = ops.refused([*BACK, "2"], 3)
    assert "Container web of preqly-prod-web:2 runs" in message
    assert "release 2 has no image of that repository" in message


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


def test_ctrl_c_says_how_to_go_on(stand: Stand, ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.deploy("one")
    stand.deploy("two")

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fargate, "verify_rollout", interrupt)
    assert "`python -m ops rollback 1` goes on from here" in ops.refused(["rollback", "1", "--yes"], 130)


def test_scripts_read_what_serves_now(stand: Stand, ops: Ops) -> None:
    stand.deploy("one")
    stand.deploy("two")
    answer = json.loads(ops(*BACK, "--json").out)
    assert answer["changed"] is True
    assert (answer["release"]["number"], answer["release"]["tag"]) == (3, "one")
    assert answer["release"]["withheld"] == {"number": 2, "tag": "two"}
