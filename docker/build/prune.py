"""Remove files that nothing reads from a virtual environment: `prune.py /opt/venv NAMES`, in the image's build.

NAMES is a file with the packages that the platform installed, one a line. The application's own packages stay whole,
but for the sources of translations that are compiled.
"""

import re
import shutil
import sys
from pathlib import Path

# The media bucket, mail, mails about failed schedules, and credentials of a role.
SERVICES = {"s3", "sesv2", "sns", "sts", "sso", "sso-oidc"}
AWS = {"botocore", "boto3"}


def main(environment: Path, names: set[str]) -> None:
    """Remove models of unused AWS services, tests and type stubs of the platform's packages."""
    (packages,) = (environment / "lib").glob("python3*/site-packages")
    for aws in AWS & names:
        for service in (packages / aws / "data").iterdir():
            if service.is_dir() and service.name not in SERVICES:
                shutil.rmtree(service)
    for folder in _folders(packages, names):
        for tests in (folder / "tests", folder / "test"):
            if tests.is_dir():
                shutil.rmtree(tests)
        for stub in folder.rglob("*.pyi"):
            stub.unlink()
    for source in packages.rglob("*.po"):
        # Translations run from the compiled file.
        if source.with_suffix(".mo").exists():
            source.unlink()


def _folders(packages: Path, names: set[str]) -> list[Path]:
    """Top-level packages of these distributions."""
    found = []
    for record in packages.glob("*.dist-info/RECORD"):
        name = re.sub(r"[-_.]+", "-", record.parent.name.split("-")[0]).lower()
        if name in names:
            tops = {line.split("/")[0] for line in record.read_text().splitlines() if "/" in line.split(",")[0]}
            found += [packages / top for top in sorted(tops) if re.match(r"\w+$", top) and (packages / top).is_dir()]
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), set(Path(sys.argv[2]).read_text().split()))
