"""The site's certificate: from its secret into memory, where nginx of either slot reads it."""

import json
from typing import Any

from .errors import MachineError
from .machine import Machine
from .release import Release
from .secrets import put

FILES = ("cert.pem", "key.pem")


def place(session: Any, machine: Machine, release: Release) -> bool:
    """Write certificate and key; True when they differ from what was there. Raises MachineError without them."""
    answer = session.client("secretsmanager").get_secret_value(SecretId=release.certificate_secret)
    try:
        document = json.loads(answer["SecretString"])
        texts = {name: str(document[name]) for name in FILES}
    except (ValueError, KeyError, TypeError):
        raise MachineError(
            f"secret {release.certificate_secret}: must be a JSON object with cert.pem (the certificate and its chain) "
            "and key.pem (the private key)"
        ) from None
    folder = machine.memory / "certificate"
    folder.mkdir(parents=True, exist_ok=True, mode=0o711)
    changed = [name for name in FILES if _read(folder / name) != texts[name]]
    for name in changed:
        put(folder / name, texts[name])
    return bool(changed)


def _read(path: Any) -> str | None:
    try:
        return str(path.read_text())
    except OSError:
        return None
