"""Good releases under load: every visit is answered, and the releases are on record. The tests run in this order."""

import re
from email import message_from_string
from email.message import Message

import pytest

from embedded_cloud.testing.polling import wait_until
from tests.e2e.checkout import Checkout
from tests.e2e.rollouts import CHANGED, MIGRATED, deploys, succeeds_under_load
from tests.e2e.running import can_log_in, headlines
from tests.e2e.slow import SlowRequest
from tests.e2e.sources import ADDED_MIGRATION, Sources
from tests.visitor import post, shown_picture, sign_up, upload_picture

pytestmark = pytest.mark.containers

LINK = re.compile(r"https://localhost:\d+(/account/\S+)")


def test_a_release_with_a_migration_and_a_new_style_answers_every_visit(deployed: Checkout, sources: Sources) -> None:
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


def test_a_rotation_keeps_every_visitor_logged_in_and_locks_the_old_role_out(
    deployed: Checkout, sources: Sources
) -> None:
    before = deployed.secret()["DATABASE_URL"]
    with deployed.browser() as browser:
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


def test_a_release_without_a_migration_takes_no_snapshot_and_lets_a_slow_request_end(
    deployed: Checkout, sources: Sources
) -> None:
    sources.headline(CHANGED)
    sources.send_with_ses()
    sources.keep()
    slow = SlowRequest(deployed)
    printed = deploys(deployed, CHANGED, up=lambda: deployed.up_with(slow.begin, when="2 of 2 new tasks run"))
    status, seconds = slow.end()
    assert status == 302, "a session that is not there leads to the login"
    assert seconds >= SlowRequest.SECONDS
    assert "Nothing to migrate" in printed
    newest = deployed.releases()[0]
    assert (newest["migrated"], newest["snapshot"]) == ([], None)


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
