"""Remove files that the site never uses from a virtual environment: `prune.py /opt/venv`, in the image's build."""

import shutil
import sys
from pathlib import Path

# The media bucket, mail, and credentials of a role.
SERVICES = {"s3", "sesv2", "sts", "sso", "sso-oidc"}


def main(environment: Path) -> None:
    """Remove models of unused AWS services, tests of libraries, type stubs and translation sources."""
    (packages,) = (environment / "lib").glob("python3*/site-packages")
    for service in [*(packages / "botocore" / "data").iterdir(), *(packages / "boto3" / "data").iterdir()]:
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    for folder in [*packages.glob("*/tests"), *packages.glob("*/test")]:
        # django.test is imported at run time.
        if folder.parent.name != "django":
            shutil.rmtree(folder)
    # Translations run from the compiled .mo files beside the .po files.
    for pattern in ("*.pyi", "*.po"):
        for file in packages.rglob(pattern):
            file.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
