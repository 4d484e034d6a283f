"""Reads any image that people really have into plain RGB, or says in one line why it cannot.

Photos arrive rotated by EXIF, with an alpha channel, in CMYK, with 16 bits a channel, animated, cut off, or as
something else altogether. Everything here ends in an upright RGB image or in an ``ImageError``.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy
from PIL import Image, UnidentifiedImageError

from octopus_detector.errors import ImageError

# Pillow knows more formats; these decode in process and are what photos come in. (EPS, for one, starts Ghostscript.)
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("avif", "bmp", "gif", "jfif", "jp2", "jpe", "jpeg", "jpg"),
        *("pbm", "pgm", "png", "ppm", "tif", "tiff", "webp"),
    )
)
MAX_PIXELS = 89_478_485  # Pillow's own warning mark: a quarter of a gigabyte as RGB

_EXIF_ORIENTATION = 0x0112  # EXIF 2.3, 4.6.4 A
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's decoders and its EXIF reader raise when the bytes are damaged.
_DAMAGE = (
    EOFError,
    IndexError,
    KeyError,
    OSError,
    OverflowError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


def decode(path: Path, *, min_side: int = 0) -> Image.Image:
    """Decode an image file into an upright RGB image.

    Args:
        path: The file; of an animation the first frame counts.
        min_side: The shorter side, in pixels, that the caller needs. The image is then reduced by a whole factor
            where that leaves at least ``min_side``; a JPEG is so while it is decoded, several times faster. 0 asks
            for full size.

    Raises:
        ImageError: The file is missing, empty, not an image of a known format, damaged or cut off, or it would
            unfold to more than ``MAX_PIXELS``.
    """
    try:
        if path.is_dir():
            raise ImageError(f"{path} is a directory, not an image")
        if path.stat().st_size == 0:
            raise ImageError(f"{path} is empty (0 bytes)")
        with path.open("rb") as file:
            return _decode(file, path, min_side)
    except FileNotFoundError as error:
        raise ImageError(f"{path} does not exist") from error
    except PermissionError as error:
        raise ImageError(f"{path} may not be read by this user") from error
    except UnidentifiedImageError as error:
        raise ImageError(f"{path} is not an image in a known format") from error
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except MemoryError as error:
        raise ImageError(f"{path} needs more memory than there is") from error
    except _DAMAGE as error:
        raise ImageError(f"{path} is damaged or cut off ({error})") from error


def _decode(file: BinaryIO, path: Path, min_side: int) -> Image.Image:
    with Image.open(file, formats=FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise _too_large(path)
        if min_side:
            image.draft(None, (min_side, min_side))
        image.load()
        orientation = _orientation(image)
        rgb = to_rgb(image)
    factor = min(rgb.size) // min_side if min_side else 1
    if factor > 1:
        rgb = rgb.reduce(factor)
    return rgb.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else rgb


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert any Pillow mode to RGB: transparency over white, 16 bits and floats scaled to 8 bits."""
    if image.mode.startswith(("I", "F")):
        return _deep_gray_to_rgb(image)
    if image.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return image.convert("RGB")


def _deep_gray_to_rgb(image: Image.Image) -> Image.Image:
    """Scale gray values that need more than 8 bits: integers are 16 bit, floats run from 0 to 1 or to 255."""
    values = numpy.nan_to_num(numpy.asarray(image, dtype=numpy.float64))
    highest = values.max(initial=0.0)
    if image.mode.startswith("I;16") or highest > 255:
        values = values / 257.0  # 65,535 becomes 255
    elif image.mode == "F" and highest <= 1:
        values = values * 255.0
    return Image.fromarray(values.clip(0, 255).round().astype(numpy.uint8)).convert("RGB")


def _orientation(image: Image.Image) -> int:
    """Read the EXIF orientation; damaged EXIF data must not cost us a readable photo."""
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except _DAMAGE:
        return 1


def _too_large(path: Path) -> ImageError:
    return ImageError(f"{path} would unfold to more than {MAX_PIXELS:,} pixels; refused as a decompression bomb")
