"""Makes the secrets that compose.yaml mounts, in docker/secrets; what is there already stays as it is."""

import secrets
import string
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "secrets"
LETTERS = string.ascii_letters + string.digits


def main(folder: Path) -> None:
    """Random values of letters and digits, which no URL and no shell reads in another way."""
    # The folder keeps others on this machine out. The files themselves are mounted for the containers' own users.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    values = {
        "secret_key": _random(64),
        # Comma separated: keys before the present one, whose sessions still count.
        "secret_key_fallbacks": "",
        "database_url": f"postgres://preqly:{_random(32)}@db:5432/preqly",
        # smtp+tls://user:<password>@mail:587, or filemail:///tmp/mail to read mails in the container; empty sends none.
        "email_url": "",
    }
    # For a certificate of one's own.
    (folder / "tls").mkdir(exist_ok=True)
    for name, value in values.items():
        path = folder / name
        if not path.exists():
            path.write_text(value)
            path.chmod(0o644)


def _random(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
