"""Compress static files at build time: `compress.py STATIC BROTLI CACHE`.

Writes file.css.gz beside file.css, where nginx looks for it, and the brotli form under the file's own name in BROTLI.
CACHE keeps compressed files for later builds.
"""

import gzip
import hashlib
import sys
import uuid
from pathlib import Path

import brotli

KINDS = {".css", ".js", ".svg", ".txt", ".json", ".xml", ".map"}
SMALLEST_BYTES = 512
"""Below this size the headers of a compressed response cost more than they save."""


def main(static: Path, brotli_folder: Path, cache: Path) -> None:
    """Compress every file of STATIC that is worth it."""
    cache.mkdir(parents=True, exist_ok=True)
    for file in static.rglob("*"):
        if file.suffix not in KINDS or not file.is_file() or file.stat().st_size < SMALLEST_BYTES:
            continue
        content = file.read_bytes()
        gzipped, brotlied = compressed(content, cache)
        file.with_name(f"{file.name}.gz").write_bytes(gzipped)
        target = brotli_folder / file.relative_to(static)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(brotlied)


def compressed(content: bytes, cache: Path) -> tuple[bytes, bytes]:
    """The content as gzip and as brotli."""
    # With the version, because another one may compress differently.
    name = hashlib.sha256(brotli.__version__.encode() + content).hexdigest()
    files = cache / f"{name}.gz", cache / f"{name}.br"
    if not all(file.exists() for file in files):
        # mtime=0, so that the same files make the same layer.
        for file, packed in zip(files, (gzip.compress(content, 9, mtime=0), brotli.compress(content)), strict=True):
            # Atomic, because other builds may use the cache at the same time.
            part = file.with_suffix(f".{uuid.uuid4().hex}")
            part.write_bytes(packed)
            part.replace(file)
    return files[0].read_bytes(), files[1].read_bytes()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
