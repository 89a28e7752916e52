"""Create the secrets that compose.yaml mounts, in docker/secrets; existing files stay unchanged."""

import hashlib
import secrets
import string
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "secrets"
CACHE = ("valkey_users", "cache_url", "redis_url")
LETTERS = string.ascii_letters + string.digits


def main(folder: Path) -> None:
    """Write random letters and digits, which need no quoting in URLs and shells."""
    # The folder is private to this user. The files are readable, because containers run as other users.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    cache = _random(32)
    values = {
        "secret_key": _random(64),
        # Earlier keys, comma-separated: their sessions stay valid.
        "secret_key_fallbacks": "",
        "database_url": f"postgres://preqly:{_random(32)}@db:5432/preqly",
        # smtp+tls://user:<password>@mail:587, percent-encoded, or filemail:///tmp/mail for files in the container;
        # empty sends no mail.
        "email_url": "",
        # Valkey's one user, and its databases: Django's cache, and everything else.
        "valkey_users": f"user default reset #{hashlib.sha256(cache.encode()).hexdigest()} on ~* &* +@all -@admin\n",
        "cache_url": f"redis://default:{cache}@cache:6379/0",
        "redis_url": f"redis://default:{cache}@cache:6379/1",
        # The application's own variables, NAME=value in each line.
        "environment": "",
    }
    # For the team's own certificate.
    (folder / "tls").mkdir(exist_ok=True)
    # These belong together.
    with_cache = any((folder / name).exists() for name in CACHE)
    for name, value in values.items():
        path = folder / name
        if with_cache and name in CACHE:
            continue
        if not path.exists():
            path.write_text(value)
            path.chmod(0o644)


def _random(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
