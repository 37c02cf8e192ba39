"""Pictures, whatever program wrote them: bytes → pixels.

>>> read_pixels(open("maze.png", "rb").read(), "maze.png").shape
(300, 300, 3)
"""

from __future__ import annotations

import io
import re
import struct
import warnings
import zlib

import numpy as np
import numpy.typing as npt

from puzzlesolver.errors import ParseError
from puzzlesolver.extras import require
from puzzlesolver.limits import MAX_IMAGE_PIXELS

Pixels = npt.NDArray[np.uint8]
"""Red, green and blue, `uint8[height, width, 3]`."""

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
_MAGIC = re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0{4}|RIFF.{4}WEBP|II\*\0|MM\0\*", re.DOTALL)
_DAMAGES = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, OverflowError,
            LookupError, TypeError)  # fmt: skip


SCAN, MOST_SCANS = b"\xff\xda", 30
"""What begins a pass over all pixels of a JPEG; progressive ones have about ten."""


def is_picture(head: bytes) -> bool:
    """Whether a file that begins with these bytes is one: PNG, JPEG, GIF, BMP, WebP or TIFF."""
    return _MAGIC.match(head) is not None


def read_pixels(data: bytes, source: str) -> Pixels:
    """The pixels of a picture, the first of a film; what is transparent is white.

    Its header is read before memory is taken for the pixels.

    Raises:
        UsageError: Pillow is not installed.
        ParseError: the picture is damaged or too large.
    """
    require("images", source, only="PIL")
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
            if (count := image.width * image.height) > MAX_IMAGE_PIXELS:
                raise Image.DecompressionBombError(count)
            if data.count(SCAN) > MOST_SCANS and image.format == "JPEG":
                raise Image.DecompressionBombError(MOST_SCANS)
            if image.mode.startswith(("I", "F")):  # 16 bits a pixel
                grey = np.asarray(image).astype(np.float32)
                image = Image.fromarray((grey / max(1.0, grey.max()) * 255).astype(np.uint8))
            image = ImageOps.exif_transpose(image)
            if image.has_transparency_data:
                image = image.convert("RGBA")
                white = Image.new("RGB", image.size, "white")
                white.paste(image, mask=image.getchannel("A"))
                image = white
            return np.asarray(image.convert("RGB"))
    except Image.DecompressionBombError as error:
        hint = f"save it with fewer pixels a cell, {MAX_IMAGE_PIXELS:,} at most in all"
        raise ParseError("the image is too large", where=source, hint=hint) from error
    except _DAMAGES as error:
        hint = "save it again as PNG"
        raise ParseError("the image is damaged", where=source, hint=hint) from error
