"""Takes out of an environment what the site never runs: `prune.py /opt/venv`, in the image's build only."""

import shutil
import sys
from pathlib import Path

# The media bucket, mail, and the ways a role gets its keys.
SERVICES = {"s3", "sesv2", "sts", "sso", "sso-oidc"}


def main(environment: Path) -> None:
    """Other AWS services' descriptions, the libraries' own tests, type stubs and translators' files."""
    (packages,) = (environment / "lib").glob("python3*/site-packages")
    for service in [*(packages / "botocore" / "data").iterdir(), *(packages / "boto3" / "data").iterdir()]:
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    for folder in [*packages.glob("*/tests"), *packages.glob("*/test")]:
        # Django's test client is a package called test, and so is imported by name in places.
        if folder.parent.name != "django":
            shutil.rmtree(folder)
    # Stubs are for editors, .po files for translators: the compiled .mo beside each is what runs.
    for pattern in ("*.pyi", "*.po"):
        for file in packages.rglob(pattern):
            file.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
