"""Check and re-encode profile pictures, so that only pixels are stored."""

import io
import threading
import warnings

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from PIL import Image, ImageOps

LARGEST_BYTES = 4 * 1024 * 1024
"""Below the proxy's limit for a request body, so that the form can explain the error."""
LARGEST_PIXELS = 25_000_000
"""100 MB when decoded; the smallest task has 512 MB. A file of a few kilobytes can decode to far more."""
SIDE = 512
"""Longest side of a stored picture in pixels."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
# Decoded pictures need most of a worker's memory, so its threads take turns.
_one_at_a_time = threading.Lock()


def redraw(upload: UploadedFile) -> ContentFile:
    """Return the picture as WebP, upright, at most SIDE pixels wide and high, without metadata.

    Raises ValidationError, with a message for the user, when it is too large or not a supported picture.
    """
    if upload.size is None or upload.size > LARGEST_BYTES:
        raise ValidationError("The picture is larger than 4 MB. Choose a smaller one.")
    upload.seek(0)
    try:
        # The lock first, because warning filters belong to the whole process.
        with _one_at_a_time, warnings.catch_warnings():
            # Pillow only warns about decompression bombs.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(upload, formats=FORMATS) as picture:
                return _webp(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError("This is not a JPEG, PNG, WebP or GIF picture, or it is damaged.") from error


def discard(storage: Storage, name: str) -> None:
    """Delete a stored picture after the transaction commits."""
    transaction.on_commit(lambda: storage.delete(name))


def _webp(picture: Image.Image) -> ContentFile:
    if picture.width * picture.height > LARGEST_PIXELS:
        raise ValidationError(f"The picture has more than {LARGEST_PIXELS // 10**6} megapixels. Choose a smaller one.")
    # JPEG can be decoded at a smaller size, which saves most of the memory and time.
    picture.draft("RGB", (2 * SIDE, 2 * SIDE))
    kept = "RGBA" if picture.has_transparency_data else "RGB"
    # Avoid full-size copies: convert only when needed, shrink before exif_transpose.
    drawn = picture if picture.mode == kept else picture.convert(kept)
    drawn.thumbnail((SIDE, SIDE))
    upright = ImageOps.exif_transpose(drawn)
    stored = io.BytesIO()
    upright.save(stored, "WEBP", quality=82)
    return ContentFile(stored.getvalue(), name="picture.webp")
