"""Where mail goes: EMAIL_URL names it."""

import logging
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

log = logging.getLogger(__name__)

SES = "ses://"
"""Amazon SES with the credentials of the task's own role, so that no password for mail exists."""
UNSET = "unset://"


class NotSetBackend(BaseEmailBackend):
    """Sends nothing and says so. A mail may hold a link that sets a password, so its text is not written down."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """One log line for each mail."""
        for message in email_messages:
            log.error("not sent, EMAIL_URL is not set: a mail with the subject %r", message.subject)
        return 0


def backend(url: str) -> str | None:
    """The backend for the schemes that are this site's own; None for those of environ."""
    return {
        SES: "anymail.backends.amazon_ses.EmailBackend",
        UNSET: "config.mail.NotSetBackend",
    }.get(url)
