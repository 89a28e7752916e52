"""SNS: each message to an e-mail address is written to a file."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

from moto.sns.models import Subscription

from embedded_cloud.api.moto_patches.replace import Method, wrap_method

SENDER = "AWS Notifications <no-reply@sns.amazonaws.com>"


def deliver_to(folder: Path) -> None:
    """Write mails into this folder, as `<message id>.eml`. Idempotent."""
    wrap_method(Subscription, "publish", _delivered, folder)


def _delivered(
    original: Method, folder: Path, self: Subscription, message: str, message_id: str, *rest: Any, **named: Any
) -> None:
    if self.protocol not in ("email", "email-json"):
        original(self, message, message_id, *rest, **named)
        return
    mail = EmailMessage()
    mail["From"], mail["To"] = SENDER, self.endpoint
    mail["Subject"] = named.get("subject") or "AWS Notification Message"
    mail.set_content(message)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{message_id}.eml"
    file.touch(mode=0o600)
    file.write_bytes(mail.as_bytes())
