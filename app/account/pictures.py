"""Profile pictures: what arrives is checked and drawn anew, so that only pixels are stored."""

import io
import warnings

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageOps

LARGEST_BYTES = 4 * 1024 * 1024
"""Below the proxy's limit for a request's body, so the form can say what is wrong."""
LARGEST_PIXELS = 40_000_000
"""More than any telephone takes; a small file can claim to be far larger."""
SIDE = 512
"""Longest side of a stored picture in pixels."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def redraw(upload: UploadedFile) -> ContentFile:
    """The picture as WebP, upright, at most SIDE pixels wide and high, without metadata.

    Raises ValidationError, in words for the person who uploads, when it is too large or no picture we know.
    """
    if upload.size is None or upload.size > LARGEST_BYTES:
        raise ValidationError("The picture is larger than 4 MB. Choose a smaller one.")
    upload.seek(0)
    try:
        with warnings.catch_warnings():
            # Pillow only warns of a picture that would fill the memory.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(upload, formats=FORMATS) as picture:
                return _webp(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError("This is not a JPEG, PNG, WebP or GIF picture, or it is damaged.") from error


def _webp(picture: Image.Image) -> ContentFile:
    if picture.width * picture.height > LARGEST_PIXELS:
        raise ValidationError("The picture has more than 40 megapixels. Choose a smaller one.")
    # JPEG decoders can shrink while they read, which saves most of the memory and time.
    picture.draft("RGB", (2 * SIDE, 2 * SIDE))
    upright = ImageOps.exif_transpose(picture)
    drawn = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    drawn.thumbnail((SIDE, SIDE))
    stored = io.BytesIO()
    drawn.save(stored, "WEBP", quality=82)
    return ContentFile(stored.getvalue(), name="picture.webp")
