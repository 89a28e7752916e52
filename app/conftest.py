"""What every test of the application starts from."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def _uploads_of_its_own(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Makes a picture file: `picture(width=10, height=10, kind="PNG", mode="RGB")`."""

    def make(width: int = 10, height: int = 10, kind: str = "PNG", mode: str = "RGB", **options: object) -> bytes:
        file = io.BytesIO()
        Image.new(mode, (width, height)).save(file, kind, **options)
        return file.getvalue()

    return make
