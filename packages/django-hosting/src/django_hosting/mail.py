"""Mail settings. EMAIL_URL names the transport:

    smtp+tls://user:password@host:587   a mail server, with STARTTLS; smtp+ssl:// with TLS from the first byte
    ses://                              Amazon SES, through its API version 2
    filemail:///folder, consolemail://  a folder, the log: for trials
    unset://                            none; a log line for each mail

service_urls.py reads the URL.
A mail server needs DEFAULT_FROM_EMAIL, an address that it accepts. SES needs it in a verified identity, AWS_REGION of
that identity (ECS sets it), and a task role with ses:SendEmail and ses:SendRawEmail on it.
"""

import logging
from collections.abc import Mapping, Sequence
from email.utils import getaddresses
from typing import Any

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email

from django_hosting import aws
from django_hosting.service_urls import Mail

log = logging.getLogger(__name__)

UNSET = "unset://"
EXAMPLES = {"DEFAULT_FROM_EMAIL": "no-reply@example.com", "AWS_REGION": "eu-central-1"}
"""Examples of the variables that a transport needs."""


class NotSetBackend(BaseEmailBackend):
    """Sends nothing and logs the subject. The text is not logged, because it may contain a password reset link."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Log one line per mail."""
        for message in email_messages:
            log.error("not sent, EMAIL_URL is not set: a mail with the subject %r", message.subject)
        return 0


_BACKENDS = {
    "filemail": "django.core.mail.backends.filebased.EmailBackend",
    "consolemail": "django.core.mail.backends.console.EmailBackend",
    "memorymail": "django.core.mail.backends.locmem.EmailBackend",
    "dummymail": "django.core.mail.backends.dummy.EmailBackend",
    "ses": "anymail.backends.amazon_ses.EmailBackend",
    "unset": "django_hosting.mail.NotSetBackend",
}


def settings(url: Mail) -> dict[str, Any]:
    """Return Django's settings."""
    if url.server is not None:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": url.server.host,
            "EMAIL_PORT": url.server.port,
            "EMAIL_HOST_USER": url.server.user,
            "EMAIL_HOST_PASSWORD": url.server.password,
            "EMAIL_USE_TLS": url.scheme == "smtp+tls",
            "EMAIL_USE_SSL": url.scheme == "smtp+ssl",
        }
    found: dict[str, Any] = {"EMAIL_BACKEND": _BACKENDS[url.scheme]}
    if url.folder:
        found["EMAIL_FILE_PATH"] = url.folder
    if url.scheme == "ses":
        # https://anymail.dev/en/stable/esps/amazon_ses/#settings
        found["ANYMAIL"] = {
            "AMAZON_SES_CLIENT_PARAMS": {
                "region_name": aws.region(),
                # Shorter than the proxy's timeout.
                "config": {"connect_timeout": 3, "read_timeout": 5, "retries": {"mode": "standard", "max_attempts": 2}},
            }
        }
    return found


def lacking(url: Mail, variables: Mapping[str, str]) -> list[str]:
    """Return the missing variables that the URL's transport needs."""
    needed = {
        "DEFAULT_FROM_EMAIL": url.server is not None or url.scheme == "ses",
        "AWS_REGION": url.scheme == "ses",
    }
    given = {"DEFAULT_FROM_EMAIL": variables.get("DEFAULT_FROM_EMAIL"), "AWS_REGION": aws.region()}
    return [name for name in EXAMPLES if needed[name] and not given[name]]


def is_mailbox(text: str) -> bool:
    """Return whether Django can send from the text: one address, with or without a name before it."""
    found = getaddresses([text])
    try:
        validate_email(found[0][1] if len(found) == 1 else "")
    except ValidationError:
        return False
    return True
