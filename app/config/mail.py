"""Where mail goes: EMAIL_URL names it.

    smtp+tls://user:password@host:587   a mail server
    ses://                              Amazon SES, through its API version 2
    filemail:///folder, consolemail://  a folder, the log: for trying things out
    unset://                            nowhere; a log line for each

SES needs DEFAULT_FROM_EMAIL, an address that SES has verified or one of a domain that it has; AWS_REGION, which ECS
sets, for the region where that was done; and a task role with ses:SendEmail and ses:SendRawEmail on that identity.
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
"""Amazon SES with the credentials of the task's own role, so that no password for mail exists."""
UNSET = "unset://"
EXAMPLES = {"DEFAULT_FROM_EMAIL": "no-reply@preqly.com", "AWS_REGION": "eu-central-1"}
"""What SES needs."""


class NotSetBackend(BaseEmailBackend):
    """Sends nothing and says so. A mail may hold a link that sets a password, so its text is not written down."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """One log line for each mail."""
        for message in email_messages:
            log.error("not sent, EMAIL_URL is not set: a mail with the subject %r", message.subject)
        return 0


def settings(url: str) -> dict[str, Any] | None:
    """Django's settings for the schemes that are this site's own; None for those of environ."""
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
                # A request that sends a mail must not wait longer than the proxy waits for the request.
                "config": {"connect_timeout": 3, "read_timeout": 5, "retries": {"mode": "standard", "max_attempts": 2}},
            }
        },
    }


def lacking(url: str, variables: Mapping[str, str]) -> list[str]:
    """Names of variables without which the URL's way to send cannot work."""
    if url != SES:
        return []
    given = {"DEFAULT_FROM_EMAIL": variables.get("DEFAULT_FROM_EMAIL"), "AWS_REGION": aws.region()}
    return [name for name in EXAMPLES if not given[name]]


def is_mailbox(text: str) -> bool:
    """Whether it is an address, with or without a name before it."""
    try:
        validate_email(parseaddr(text)[1])
    except ValidationError:
        return False
    return True
