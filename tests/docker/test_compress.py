"""Static files are compressed once, also over several builds."""

import gzip
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

COMPRESS = Path(__file__).parents[2] / "docker" / "build" / "compress.py"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Contents that brotli was asked to compress; the library is installed in the image's build only."""
    found: list[bytes] = []

    def compress(content: bytes) -> bytes:
        found.append(content)
        return b"brotli of " + content

    monkeypatch.setitem(sys.modules, "brotli", SimpleNamespace(__version__="1", compress=compress))
    return found


def build(folder: Path, kept: Path, files: dict[str, bytes]) -> Path:
    script: dict[str, Any] = runpy.run_path(str(COMPRESS))
    for name, content in files.items():
        (folder / "static" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "static" / name).write_bytes(content)
    script["main"](folder / "static", folder / "brotli", kept)
    return folder


def test_a_file_is_compressed_both_ways(tmp_path: Path, asked: list[bytes]) -> None:
    style = b"a{}" * 300
    built = build(tmp_path / "one", tmp_path / "kept", {"core/site.css": style})
    assert gzip.decompress((built / "static/core/site.css.gz").read_bytes()) == style
    assert (built / "brotli/core/site.css").read_bytes() == b"brotli of " + style


def test_small_files_and_pictures_stay_as_they_are(tmp_path: Path, asked: list[bytes]) -> None:
    build(tmp_path / "one", tmp_path / "kept", {"a.css": b"a{}", "b.png": b"x" * 2000})
    assert asked == []
    assert not list((tmp_path / "one").rglob("*.gz"))


def test_a_later_build_compresses_only_what_is_new_and_makes_the_same_bytes(tmp_path: Path, asked: list[bytes]) -> None:
    old, new = b"a{}" * 300, b"b{}" * 300
    first = build(tmp_path / "one", tmp_path / "kept", {"a.css": old})
    second = build(tmp_path / "two", tmp_path / "kept", {"a.css": old, "b.css": new})
    assert asked == [old, new]
    for name in ("static/a.css.gz", "brotli/a.css"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert len(list((tmp_path / "kept").iterdir())) == 4
