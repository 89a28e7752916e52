"""The machine's program as one file, named by its content."""

import hashlib
import io
import zipfile
from pathlib import Path
from typing import NamedTuple

PROGRAM = Path(__file__).parent / "program"
# The same bytes on every machine and in every checkout: ZIP's oldest date.
_DATE = (1980, 1, 1, 0, 0, 0)


class Archive(NamedTuple):
    """A file for the machine's bucket."""

    key: str
    content: bytes


def program_archive(folder: Path = PROGRAM) -> Archive:
    """`program/*.py` as a ZIP file that Python imports from; the same sources give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob("*.py")):
            entry = zipfile.ZipInfo(f"{folder.name}/{path.name}", _DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    content = buffer.getvalue()
    return Archive(f"programs/{hashlib.sha256(content).hexdigest()}.zip", content)


def release_archive(document: str) -> Archive:
    """A release's document, named by its content."""
    content = document.encode()
    return Archive(f"releases/{hashlib.sha256(content).hexdigest()}.json", content)
