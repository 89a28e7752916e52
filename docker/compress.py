"""Compresses static files once, at build time: `compress.py STATIC BROTLI`.

Writes file.css.gz beside file.css, where nginx looks for it, and the brotli form under the file's own name in BROTLI.
"""

import gzip
import sys
from pathlib import Path

import brotli

KINDS = {".css", ".js", ".svg", ".txt", ".json", ".xml", ".map"}
SMALLEST_BYTES = 512
"""Below it the headers of a compressed answer cost more than they save."""


def main(static: Path, other: Path) -> None:
    """Only hashed names are asked for in brotli; making it for all costs a second."""
    for file in static.rglob("*"):
        if file.suffix not in KINDS or not file.is_file() or file.stat().st_size < SMALLEST_BYTES:
            continue
        content = file.read_bytes()
        # Without a time, so that the same files make the same layer.
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
        target = other / "static" / file.relative_to(static)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(brotli.compress(content))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
