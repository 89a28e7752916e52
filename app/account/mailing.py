"""Mail that is sent after the answer, so that the time of an answer tells nothing about an address."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

log = logging.getLogger(__name__)
# One at a time, because a mail server may limit connections. A process that stops sends what is waiting first.
_sender = ThreadPoolExecutor(1, thread_name_prefix="mail")


def later(send: Callable[..., object], *given: Any, **named: Any) -> None:
    """Call this in the background. An error is logged."""
    _sender.submit(_logged, send, *given, **named)


def mail_later(address: str, subject: str, template: str, context: dict[str, Any]) -> None:
    """Send a text from a template in the background."""
    later(send_mail, subject, render_to_string(template, context), None, [address])


def reaches_mailboxes() -> bool:
    """Whether mail leaves the site, so that a link in it proves who owns an address."""
    return settings.EMAIL_BACKEND not in {
        "django_hosting.mail.NotSetBackend",
        "django.core.mail.backends.console.EmailBackend",
    }


def _logged(send: Callable[..., object], *given: Any, **named: Any) -> None:
    try:
        send(*given, **named)
    except Exception:
        log.exception("a mail was not sent")
