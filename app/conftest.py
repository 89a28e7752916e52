"""Fixtures of the application's tests."""

import functools
import gc
import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import botocore.session
import pytest
from django.core.cache import cache
from PIL import Image

# One loader for all sessions, because reading the service models takes most of a client's creation.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)


def pytest_collection_finish() -> None:
    """Keep what is imported by now out of each garbage collection, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 20)


@pytest.fixture(autouse=True)
def _own_media_root(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture(autouse=True)
def _mail_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send mail before the answer, and forget who asked for it before."""
    from account import mailing  # noqa: PLC0415 - after Django's settings

    monkeypatch.setattr(mailing, "_sender", SimpleNamespace(submit=lambda send, *given, **named: send(*given, **named)))
    cache.clear()


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Create a picture file: `picture(width=10, height=10, kind="PNG", mode="RGB")`."""

    def make(width: int = 10, height: int = 10, kind: str = "PNG", mode: str = "RGB", **options: object) -> bytes:
        file = io.BytesIO()
        Image.new(mode, (width, height)).save(file, kind, **options)
        return file.getvalue()

    return make
