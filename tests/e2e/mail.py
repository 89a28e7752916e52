"""Mail that the site sends through Amazon SES, as the embedded cloud has received it."""

import re
from email import message_from_string
from email.message import Message

from tests.e2e.checkout import Checkout
from tests.e2e.sources import Sources
from tests.e2e.visitor import sign_up, submit
from tests.waiting import wait_until

DRIVER = "local/project.py"
"""It has mail written to the log, where a developer finds it."""
LINK = re.compile(r"https://localhost:\d+(/account/password/reset/[^/\s]+/[^/\s]+/)")


def send_with_ses(sources: Sources) -> None:
    """From the next `up` on."""
    sources.replace(DRIVER, '"consolemail://"', '"ses://"')


def links_for_a_new_password_come_by_ses(checkout: Checkout, email: str) -> None:
    """A visitor who has forgotten the password gets a mail from the site's address, with a link that works."""
    with checkout.browser() as browser:
        sign_up(browser, email)
    with checkout.browser() as browser:
        submit(browser, "/account/password/reset/", {"email": email})
        sent = wait_until(lambda: _sent_to(checkout, email))
        assert sent["From"] == "no-reply@app.preqly.com"
        link = LINK.search(str(sent.get_payload()))
        assert link is not None, sent
        assert 'name="new_password1"' in browser.get(link[1]).text


def _sent_to(checkout: Checkout, email: str) -> Message | None:
    """A mail to this address, as it was handed over; None while there is none."""
    files = (checkout.runtime.folder / "cloud" / "mail").glob("*.eml")
    mails = (message_from_string(file.read_text()) for file in files)
    return next((mail for mail in mails if mail["To"] == email), None)
