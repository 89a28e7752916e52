"""SES: each sent mail is written to a file."""

from pathlib import Path

from moto.ses.models import RawMessage, SESBackend

from embedded_cloud.api.moto_patches.replace import Method, wrap_method


def deliver_to(folder: Path) -> None:
    """Write mails into this folder, as `<message id>.eml`. Idempotent."""
    wrap_method(SESBackend, "send_raw_email", _delivered, folder)


def _delivered(
    original: Method, folder: Path, self: SESBackend, source: str, destinations: list[str], raw_data: str
) -> RawMessage:
    message: RawMessage = original(self, source, destinations, raw_data)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{message.id}.eml"
    # A mail may hold a password reset link.
    file.touch(mode=0o600)
    file.write_text(raw_data)
    return message
