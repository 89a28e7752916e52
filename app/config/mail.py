"""Mail settings. EMAIL_URL names the transport:

    smtp+tls://user:password@host:587   a mail server
    ses://                              Amazon SES, through its API version 2
    filemail:///folder, consolemail://  a folder, the log: for trials
    unset://                            none; a log line for each mail

SES needs DEFAULT_FROM_EMAIL in a verified identity, AWS_REGION of that identity (ECS sets it), and a task role with
ses:SendEmail and ses:SendRawEmail on it.
"""

import logging
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from typing import Any

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email

from config import aws

log = logging.getLogger(__name__)

SES = "ses://"
"""Amazon SES with the credentials of the task's role."""
UNSET = "unset://"
EXAMPLES = {"DEFAULT_FROM_EMAIL": "no-reply@preqly.com", "AWS_REGION": "eu-central-1"}
"""Examples of the variables that SES needs."""


class NotSetBackend(BaseEmailBackend):
    """Sends nothing and logs the subject. The text is not logged, because it may contain a password reset link."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Log one line per mail."""
        for message in email_messages:
            log.error("not sent, EMAIL_URL is not set: a mail with the subject %r", message.subject)
        return 0


def settings(url: str) -> dict[str, Any] | None:
    """Return Django's settings for ses:// and unset://; None for the schemes that environ reads."""
    if url == UNSET:
        return {"EMAIL_BACKEND": "config.mail.NotSetBackend"}
    if url != SES:
        return None
    return {
        "EMAIL_BACKEND": "anymail.backends.amazon_ses.EmailBackend",
        # https://anymail.dev/en/stable/esps/amazon_ses/#settings
        "ANYMAIL": {
            "AMAZON_SES_CLIENT_PARAMS": {
                "region_name": aws.region(),
                # Shorter than the proxy's timeout.
                "config": {"connect_timeout": 3, "read_timeout": 5, "retries": {"mode": "standard", "max_attempts": 2}},
            }
        },
    }


def lacking(url: str, variables: Mapping[str, str]) -> list[str]:
    """Return the missing variables that the URL's transport needs."""
    if url != SES:
        return []
    given = {"DEFAULT_FROM_EMAIL": variables.get("DEFAULT_FROM_EMAIL"), "AWS_REGION": aws.region()}
    return [name for name in EXAMPLES if not given[name]]


def is_mailbox(text: str) -> bool:
    """Return whether the text is an address, with or without a name before it."""
    try:
        validate_email(parseaddr(text)[1])
    except ValidationError:
        return False
    return True
