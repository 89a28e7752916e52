"""Good releases under load: every visit is answered, and the releases are on record. The tests run in this order."""

import hashlib
import re
from email import message_from_string
from email.message import Message

import pytest

from embedded_cloud.testing.polling import wait_until
from tests.e2e.cache_connection import HeldConnection, can_log_in_to_the_cache
from tests.e2e.checkout import Checkout
from tests.e2e.rollouts import CHANGED, MIGRATED, deploys, succeeds_under_load
from tests.e2e.running import can_log_in, digest_in_a_task, headlines, last_stop, running_tasks, tasks, variables_of_web
from tests.e2e.schedules import FAILING, mails, pass_a_day, runs
from tests.e2e.slow import SlowRequest
from tests.e2e.sources import ADDED_MIGRATION, Sources
from tests.visitor import post, shown_picture, sign_up, upload_picture

pytestmark = pytest.mark.containers

RECEIVER = "ops@example.com"
RUN_SECONDS = 180
"""Time in which a task of a schedule has started, run and stopped on a busy machine."""
LINK = re.compile(r"https://localhost:\d+(/account/\S+)")


def test_a_release_with_a_migration_and_a_new_style_answers_every_visit(deployed: Checkout, sources: Sources) -> None:
    give_variables(deployed)
    sources.headline(MIGRATED)
    sources.style("new-in-this-release")
    sources.add_migration()
    sources.keep()
    _, load = succeeds_under_load(deployed)
    assert headlines(deployed) == {MIGRATED}
    styles = {path for path in load.static if "/core/site." in path}
    assert len(styles) == 2, "files of both releases were requested"


def test_the_record_names_the_migration_and_the_snapshot_taken_before_it(deployed: Checkout) -> None:
    newest, oldest = deployed.releases()[0], deployed.releases()[-1]
    assert newest["migrated"] == [f"core.{ADDED_MIGRATION}"]
    snapshots = deployed.aws("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert newest["snapshot"] in {one["DBSnapshotIdentifier"] for one in snapshots}
    assert oldest["snapshot"] is None, "before the first release there is nothing to save"


def test_its_variables_reach_the_web_tasks_and_the_other_tasks_of_the_release(deployed: Checkout) -> None:
    assert variables_of_the_application(deployed) == {("on", "canary-first", "canary-existing")}


def test_changed_secrets_restart_their_readers_in_the_next_up_and_retire_no_role(deployed: Checkout) -> None:
    before = tasks(deployed)
    deployed.configure("--secret", "--path", "secretEnvironment.STRIPE_KEY", "canary-second")
    deployed.aws("secretsmanager").put_secret_value(SecretId="team", SecretString='{"key": "canary-changed"}')
    assert "is outdated, older secret version" in " ".join(deployed.ops("status").stdout.split())
    result, _ = succeeds_under_load(deployed)
    assert "can no longer log in" not in result.stderr
    assert not before & running_tasks(deployed)
    assert variables_of_the_application(deployed) == {("on", "canary-second", "canary-changed")}
    assert not any("canary-" in text for text in deployed.printed)


def give_variables(checkout: Checkout) -> None:
    """One variable of each kind, as people set them."""
    manager = checkout.aws("secretsmanager")
    existing = manager.create_secret(Name="team", SecretString='{"key": "canary-existing"}')["ARN"]
    checkout.configure("cache", "valkey")
    checkout.configure("--path", "environment.FEATURE", "on")
    checkout.configure("--secret", "--path", "secretEnvironment.STRIPE_KEY", "canary-first")
    checkout.configure("--plaintext", "--path", "existingSecrets.TEAM", f"{existing}:key::")


def variables_of_the_application(checkout: Checkout) -> set[tuple[str, ...]]:
    """The variables in every web container; a one-off task has the same."""
    names = ("FEATURE", "STRIPE_KEY", "TEAM")
    found = {tuple(one[name] for name in names) for one in variables_of_web(checkout)}
    digests = {hashlib.sha256(" ".join(values).encode()).hexdigest() for values in found}
    assert digests == {digest_in_a_task(checkout, *names)}
    return found


def test_a_rotation_keeps_every_visitor_logged_in_and_locks_the_old_role_out(
    deployed: Checkout, sources: Sources
) -> None:
    before = deployed.secret()["DATABASE_URL"]
    old_tasks, old_cache = running_tasks(deployed), cache_url(deployed)
    with deployed.browser() as browser, HeldConnection(deployed, old_cache) as held:
        sign_up(browser, "grace@example.com")
        picture = upload_picture(browser).content
        sources.rotate()
        sources.keep()
        succeeds_under_load(deployed)
        assert "grace@example.com" in browser.get("/account/profile/").text
        assert shown_picture(browser).content == picture
    after = deployed.secret()["DATABASE_URL"]
    assert after != before
    assert can_log_in(deployed, after)
    assert not can_log_in(deployed, before)
    assert held.answers > 100
    assert held.lost_at is not None, "the update has deleted the earlier user of the cache"
    assert held.lost_at > last_stop(deployed, old_tasks), "the tasks that used it have stopped before"
    assert can_log_in_to_the_cache(deployed, cache_url(deployed))
    assert not can_log_in_to_the_cache(deployed, old_cache)


def cache_url(checkout: Checkout) -> str:
    """The one that every web container has."""
    (found,) = {one["REDIS_URL"] for one in variables_of_web(checkout)}
    return found


def test_a_release_without_a_migration_takes_no_snapshot_and_lets_a_slow_request_end(
    deployed: Checkout, sources: Sources
) -> None:
    sources.headline(CHANGED)
    sources.send_with_ses()
    sources.append("app/hosting.toml", FAILING)
    sources.keep()
    deployed.configure("alarmEmail", RECEIVER)
    slow = SlowRequest(deployed)

    def meanwhile() -> None:
        slow.begin()
        pass_a_day(deployed)

    printed = deploys(deployed, CHANGED, up=lambda: deployed.up_with(meanwhile, when="2 of 2 new tasks run"))
    status, seconds = slow.end()
    assert status == 302, "a session that is not there leads to the login"
    assert seconds >= SlowRequest.SECONDS
    assert "Nothing to migrate" in printed
    newest = deployed.releases()[0]
    assert (newest["migrated"], newest["snapshot"]) == ([], None)


def test_a_schedule_that_fires_during_a_release_starts_once_what_serves_until_then(deployed: Checkout) -> None:
    now, before = deployed.releases()[:2]
    (run,) = wait_until(lambda: runs(deployed, "clearsessions"), RUN_SECONDS)
    assert [one["exitCode"] for one in run["containers"]] == [0]
    assert run["taskDefinitionArn"] == before["process_task_definitions"]["command"]
    assert runs(deployed, "report") == [], "the release before does not have it"
    pass_a_day(deployed)
    after = wait_until(lambda: (runs(deployed, "clearsessions")[1:] and runs(deployed, "report")) or None, RUN_SECONDS)
    (failed,) = after
    assert failed["taskDefinitionArn"] == now["process_task_definitions"]["command"]


def test_a_failed_run_is_mailed_once_with_its_log_and_without_a_secret(deployed: Checkout) -> None:
    (failed,) = runs(deployed, "report")
    (mail,) = wait_until(lambda: mails(deployed, RECEIVER, "Schedule report failed"))
    text = mail.get_content()
    assert f"Log stream: command/command/{failed['taskArn'].rpartition('/')[2]}" in text
    assert "Exit code: 7" in text
    assert text.rstrip().endswith("with ***")
    # The rule of EventBridge leaves out what the run has mailed.
    assert [one["exitCode"] for one in failed["containers"]] == [100]
    assert mails(deployed, RECEIVER, "AWS Notification Message") == []


def test_a_link_for_a_new_password_arrives_through_ses(deployed: Checkout) -> None:
    email = "mary@example.com"
    with deployed.browser() as browser:
        sign_up(browser, email, lambda: mailed_link(deployed, email, "Your account at Preqly"))
    with deployed.browser() as browser:
        post(browser, "/account/password/reset/", {"email": email})
        link = mailed_link(deployed, email, "Your new password for Preqly")
        assert 'name="new_password1"' in browser.get(link).text


def mailed_link(checkout: Checkout, email: str, subject: str) -> str:
    """Path of the link in a mail of the site."""
    mail = wait_until(lambda: mail_to(checkout, email, subject))
    assert mail["From"] == "no-reply@app.preqly.com"
    link = LINK.search(str(mail.get_payload()))
    assert link is not None, mail
    return link[1]


def mail_to(checkout: Checkout, email: str, subject: str) -> Message | None:
    """A mail that the site has sent to this address through SES; None before it arrives."""
    files = (checkout.runtime.folder / "cloud" / "mail").glob("*.eml")
    mails = (message_from_string(file.read_text()) for file in files)
    return next((mail for mail in mails if (mail["To"], mail["Subject"]) == (email, subject)), None)
