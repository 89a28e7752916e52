"""Compresses static files once, at build time: `compress.py STATIC BROTLI KEPT`.

Writes file.css.gz beside file.css, where nginx looks for it, and the brotli form under the file's own name in BROTLI.
What was compressed before is taken from KEPT: nearly all of a build after a change of code.
"""

import gzip
import hashlib
import sys
import uuid
from pathlib import Path

import brotli

KINDS = {".css", ".js", ".svg", ".txt", ".json", ".xml", ".map"}
SMALLEST_BYTES = 512
"""Below it the headers of a compressed answer cost more than they save."""


def main(static: Path, other: Path, kept: Path) -> None:
    """Only hashed names are asked for in brotli; making it for all costs a second."""
    kept.mkdir(parents=True, exist_ok=True)
    for file in static.rglob("*"):
        if file.suffix not in KINDS or not file.is_file() or file.stat().st_size < SMALLEST_BYTES:
            continue
        content = file.read_bytes()
        packed, smaller = compressed(content, kept)
        file.with_name(f"{file.name}.gz").write_bytes(packed)
        target = other / "static" / file.relative_to(static)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(smaller)


def compressed(content: bytes, kept: Path) -> tuple[bytes, bytes]:
    """As gzip and as brotli."""
    # The version, since another one may compress differently.
    name = hashlib.sha256(brotli.__version__.encode() + content).hexdigest()
    files = kept / f"{name}.gz", kept / f"{name}.br"
    if not all(file.exists() for file in files):
        # Without a time, so that the same files make the same layer.
        for file, packed in zip(files, (gzip.compress(content, 9, mtime=0), brotli.compress(content)), strict=True):
            # Other builds may use the folder at the same time: a file is there whole or not at all.
            half = file.with_suffix(f".{uuid.uuid4().hex}")
            half.write_bytes(packed)
            half.replace(file)
    return files[0].read_bytes(), files[1].read_bytes()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
