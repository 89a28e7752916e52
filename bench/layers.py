"""Bytes of images, layer by layer. A layer is named by the digest of its content, so images share what is equal."""

import gzip
import hashlib
import json
import subprocess
import tarfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.runtime import OperatorError, write_atomically

GZIP_LEVEL = 6
"""What `docker push` compresses with."""
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer's bytes: as a tar archive, and compressed."""

    unpacked: int
    gzip: int


def digests(image: Any) -> list[str]:
    """Of an image of Docker's SDK, lowest layer first."""
    return list(image.attrs["RootFS"]["Layers"])


def above(image: Any, base: Any) -> list[str]:
    """What an image adds to its base. Raises OperatorError if it is not built on it."""
    below, found = digests(base), digests(image)
    if found[: len(below)] != below:
        raise OperatorError(
            f"{image.tags} is not built on {base.tags}. Run this again: the base has changed meanwhile."
        )
    return found[len(below) :]


def sizes(references: Sequence[str], wanted: Collection[str], folder: Path, cache: Path) -> dict[str, Layer]:
    """Digest to bytes for the wanted layers. Compressing takes long, so what was found stays in the cache file."""
    known = _read(cache)
    missing = set(wanted) - set(known)
    if missing:
        for digest, layer in _weigh(references, missing, folder):
            known[digest] = layer
            _write(cache, known)
    if missing - set(known):
        raise OperatorError(f"docker save {' '.join(references)}: layers {sorted(missing - set(known))} are not in it.")
    return {digest: known[digest] for digest in wanted}


def _weigh(references: Sequence[str], wanted: Collection[str], folder: Path) -> Iterator[tuple[str, Layer]]:
    archive = folder / "images.tar"
    subprocess.run(["docker", "save", "--output", str(archive), *references], check=True)
    try:
        with tarfile.open(archive) as content:
            names = [member.name for member in content if member.isfile() and member.size > 0]
        with ThreadPoolExecutor(2) as pool:
            yield from filter(None, pool.map(lambda name: _measure(archive, name, wanted), names))
    finally:
        archive.unlink()


def _read(cache: Path) -> dict[str, Layer]:
    if not cache.exists():
        return {}
    return {digest: Layer(**sizes) for digest, sizes in json.loads(cache.read_text()).items()}


def _write(cache: Path, known: dict[str, Layer]) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(cache, json.dumps({digest: asdict(layer) for digest, layer in known.items()}, indent=1))


def _measure(archive: Path, name: str, wanted: Collection[str]) -> tuple[str, Layer] | None:
    with tarfile.open(archive) as content:
        digest, unpacked = hashlib.sha256(), 0
        for chunk in _chunks(content, name):
            digest.update(chunk)
            unpacked += len(chunk)
        found = f"sha256:{digest.hexdigest()}"
        if found not in wanted:
            return None
        packer = zlib.compressobj(GZIP_LEVEL, wbits=31)
        packed = sum(len(packer.compress(chunk)) for chunk in _chunks(content, name))
        return found, Layer(unpacked=unpacked, gzip=packed + len(packer.flush()))


def _chunks(archive: tarfile.TarFile, name: str) -> Iterator[bytes]:
    file: Any = archive.extractfile(name)
    # Some engines keep layers compressed; the digest is that of the content.
    compressed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    stream: Any = gzip.GzipFile(fileobj=file) if compressed else file
    while chunk := stream.read(_CHUNK):
        yield chunk
