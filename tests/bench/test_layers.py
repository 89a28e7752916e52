"""Layers are weighed as they are, each once."""

import gzip
import hashlib
import io
import subprocess
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench import layers
from local.runtime import OperatorError

CONTENT = b"the same again and again " * 1000


def image(*found: str) -> Any:
    return SimpleNamespace(tags=["x"], attrs={"RootFS": {"Layers": list(found)}})


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What `docker save` writes; it is counted in the entry `calls`."""
    files: dict[str, bytes] = {"a/layer.tar": CONTENT, "calls": b""}

    def run(command: list[str], **_: Any) -> None:
        files["calls"] += b"x"
        with tarfile.open(command[command.index("--output") + 1], "w") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))

    monkeypatch.setattr(subprocess, "run", run)
    return files


def test_what_an_image_adds_to_its_base():
    assert layers.above(image("a", "b", "c"), image("a", "b")) == ["c"]
    with pytest.raises(OperatorError, match="not built on"):
        layers.above(image("a", "c"), image("b"))


def test_a_layer_has_the_bytes_of_its_archive_and_of_what_is_pushed(saved: dict[str, bytes], tmp_path: Path):
    found = layers.sizes(["x"], [digest(CONTENT)], tmp_path, tmp_path / "cache.json")[digest(CONTENT)]
    assert found.unpacked == len(CONTENT)
    assert found.gzip < len(CONTENT) / 10
    assert [path.name for path in tmp_path.iterdir()] == ["cache.json"]


def test_a_layer_kept_compressed_weighs_the_same(saved: dict[str, bytes], tmp_path: Path):
    plain = layers.sizes(["x"], [digest(CONTENT)], tmp_path, tmp_path / "one.json")
    saved["a/layer.tar"] = gzip.compress(CONTENT, 1)
    assert layers.sizes(["x"], [digest(CONTENT)], tmp_path, tmp_path / "two.json") == plain


def test_what_is_known_is_not_weighed_again(saved: dict[str, bytes], tmp_path: Path):
    for _ in range(2):
        layers.sizes(["x"], [digest(CONTENT)], tmp_path, tmp_path / "cache.json")
    assert saved["calls"] == b"x"


def test_a_layer_that_is_not_there_is_named(saved: dict[str, bytes], tmp_path: Path):
    with pytest.raises(OperatorError, match="sha256:nowhere"):
        layers.sizes(["x"], ["sha256:nowhere"], tmp_path, tmp_path / "cache.json")
