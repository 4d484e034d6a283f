"""Octopuses, whales and penguins that we draw ourselves, for where no photos can be had.

Each picture is made from its own random numbers: background, light, colours, size, place and pose vary, the same seed
gives the same pictures. They are drawn at twice their size and scaled down, which smooths the edges.
"""

from __future__ import annotations

import colorsys
import math
import random
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from octopus_detector.errors import DetectorError
from octopus_detector.reporting import Reporter

DATA_SET = "octopus-penguin-whale"
TEST_IMAGES = "inference-images"
_SIDE = 640
_TRAIN, _VALIDATION = 40, 20

Colour = tuple[int, int, int]
Pen = ImageDraw.ImageDraw


def draw_data_set(output: Path, seed: int, reporter: Reporter) -> None:
    """Write ``octopus-penguin-whale/{train,val}/CLASS`` and ``inference-images`` below ``output``.

    Raises:
        DetectorError: The directory cannot be written to.
    """
    counts = [(f"{DATA_SET}/train", _TRAIN), (f"{DATA_SET}/val", _VALIDATION), (TEST_IMAGES, 1)]
    total, done = len(ANIMALS) * sum(count for _, count in counts), 0
    try:
        for folder, count in counts:
            for animal in ANIMALS:
                place = output / folder if folder == TEST_IMAGES else output / folder / animal
                place.mkdir(parents=True, exist_ok=True)
                for number in range(count):
                    name = f"{animal}.jpg" if folder == TEST_IMAGES else f"{number:03}.jpg"
                    picture(animal, random.Random(f"{seed} {folder} {animal} {number}")).save(place / name, quality=90)  # noqa: S311
                    done += 1
                    reporter.count("drawing", done, total)
    except OSError as error:
        raise DetectorError(f"cannot draw into {output}: {error.strerror or error}") from error


def picture(animal: str, chance: random.Random) -> Image.Image:
    """Draw one animal; RGB, between 240 and 320 pixels a side."""
    scene = _water(chance) if animal != "penguin" else _ice(chance)
    layer = Image.new("RGBA", scene.size)
    ANIMALS[animal](ImageDraw.Draw(layer), chance)
    turned = layer.rotate(chance.uniform(-18, 18), Image.Resampling.BICUBIC)
    scale = chance.uniform(0.7, 1.0)
    small = turned.resize((int(_SIDE * scale),) * 2, Image.Resampling.BICUBIC)
    if chance.random() < 0.5:
        small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    room = _SIDE - small.width
    scene.paste(small, (chance.randint(0, room), chance.randint(0, room)), small)
    side = chance.randint(240, 320)
    return scene.resize((side, side), Image.Resampling.LANCZOS)


def _hue(chance: random.Random, low: float, high: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(chance.uniform(low, high) % 1, saturation, value)
    return int(red * 255), int(green * 255), int(blue * 255)


def _gradient(top: Colour, bottom: Colour) -> Image.Image:
    strip = Image.new("RGB", (1, _SIDE))
    for y in range(_SIDE):
        share = y / _SIDE
        red, green, blue = (int(a + (b - a) * share) for a, b in zip(top, bottom, strict=True))
        strip.putpixel((0, y), (red, green, blue))
    return strip.resize((_SIDE, _SIDE))


def _water(chance: random.Random) -> Image.Image:
    scene = _gradient(_hue(chance, 0.48, 0.6, 0.55, 0.85), _hue(chance, 0.55, 0.66, 0.8, 0.35))
    pen = ImageDraw.Draw(scene)
    for _ in range(chance.randint(8, 30)):
        x, y, r = chance.randint(0, _SIDE), chance.randint(0, _SIDE), chance.randint(3, 12)
        pen.ellipse((x - r, y - r, x + r, y + r), outline=(210, 235, 245), width=2)
    return scene.filter(ImageFilter.GaussianBlur(1.5))


def _ice(chance: random.Random) -> Image.Image:
    scene = _gradient(_hue(chance, 0.5, 0.62, 0.35, 0.95), (235, 242, 248))
    pen = ImageDraw.Draw(scene)
    horizon = chance.randint(300, 460)
    peaks = [(x, horizon - chance.randint(10, 110)) for x in range(0, _SIDE + 80, 80)]
    pen.polygon([(0, _SIDE), *peaks, (_SIDE, _SIDE)], fill=_hue(chance, 0.52, 0.6, 0.18, 0.9))
    pen.rectangle((0, horizon + 40, _SIDE, _SIDE), fill=(246, 249, 252))
    return scene.filter(ImageFilter.GaussianBlur(2))


def _eye(pen: Pen, x: float, y: float, r: float) -> None:
    pen.ellipse((x - r, y - r, x + r, y + r), fill=(250, 250, 245))
    pen.ellipse((x - r * 0.45, y - r * 0.45, x + r * 0.55, y + r * 0.55), fill=(15, 15, 20))


def _octopus(pen: Pen, chance: random.Random) -> None:
    colour = _hue(chance, -0.06, 0.1, chance.uniform(0.55, 0.85), chance.uniform(0.65, 0.95))
    shade = tuple(int(part * 0.75) for part in colour)
    for arm in range(8):
        _arm(pen, chance, 230 + arm * 26, (arm - 3.5) * 0.3, colour if arm % 2 else shade)
    width, height = chance.randint(95, 130), chance.randint(120, 170)
    pen.ellipse((320 - width, 330 - 2 * height, 320 + width, 370), fill=colour)
    for _ in range(chance.randint(5, 14)):
        x, y, r = (
            320 + chance.uniform(-0.6, 0.6) * width,
            330 - chance.uniform(0.3, 1.6) * height,
            chance.uniform(4, 12),
        )
        pen.ellipse((x - r, y - r, x + r, y + r), fill=shade)
    for side in (-1, 1):
        _eye(pen, 320 + side * width * 0.45, 300, chance.uniform(18, 26))


def _arm(pen: Pen, chance: random.Random, start: float, lean: float, colour: tuple[int, ...]) -> None:
    x, y, angle = start, 330.0, math.pi / 2 - lean
    curl, length = chance.uniform(-0.09, 0.09), chance.randint(22, 34)
    for step in range(length):
        r = 20 * (1 - step / length) + 4
        pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)
        if step % 3 == 0 and r > 8:
            pen.ellipse((x - r / 3, y - r / 3, x + r / 3, y + r / 3), fill=(250, 225, 215))
        x, y = x + 10 * math.cos(angle), y + 10 * math.sin(angle)
        angle += curl + 0.06 * math.sin(step / 3)


def _whale(pen: Pen, chance: random.Random) -> None:
    colour = _hue(chance, 0.55, 0.65, chance.uniform(0.25, 0.6), chance.uniform(0.3, 0.6))
    belly = (225, 232, 238)
    top, bottom = chance.randint(200, 250), chance.randint(410, 450)
    pen.polygon([(470, 330), (600, chance.randint(180, 240)), (560, 330), (610, chance.randint(400, 450))], fill=colour)
    pen.ellipse((40, top, 540, bottom), fill=colour)
    pen.chord((60, top + 40, 480, bottom - 4), 20, 160, fill=belly)
    for line in range(chance.randint(4, 7)):
        y = bottom - 70 + line * 9
        pen.arc((90, y - 60, 400, y), 30, 140, fill=(180, 190, 200), width=3)
    pen.polygon([(230, 380), (300, 390), (250, chance.randint(470, 540))], fill=tuple(int(c * 0.8) for c in colour))
    pen.arc((40, top + 60, 210, bottom - 40), 60, 130, fill=(20, 25, 35), width=5)
    _eye(pen, 150, (top + bottom) / 2 + 10, 12)
    if chance.random() < 0.5:
        for side in (-1, 1):
            pen.arc(
                (200 + side * 40 - 50, top - 120, 200 + side * 40 + 50, top + 10),
                180,
                360,
                fill=(220, 240, 250),
                width=8,
            )


def _penguin(pen: Pen, chance: random.Random) -> None:
    coat = _hue(chance, 0.58, 0.68, chance.uniform(0.1, 0.5), chance.uniform(0.08, 0.25))
    orange = _hue(chance, 0.06, 0.12, 0.85, 0.95)
    width = chance.randint(115, 145)
    for side in (-1, 1):
        spread = chance.randint(20, 90)
        pen.polygon(
            [(320 + side * (width - 20), 270), (320 + side * (width + spread), 430), (320 + side * (width - 30), 400)],
            fill=coat,
        )
        pen.ellipse((320 + side * 60 - 45, 545, 320 + side * 60 + 45, 590), fill=orange)
    pen.ellipse((320 - width, 180, 320 + width, 570), fill=coat)
    pen.ellipse((320 - width * 0.72, 250, 320 + width * 0.72, 560), fill=(248, 248, 244))
    pen.ellipse((320 - 85, 70, 320 + 85, 250), fill=coat)
    if chance.random() < 0.5:
        pen.ellipse((320 - 75, 215, 320 + 75, 285), fill=_hue(chance, 0.12, 0.15, 0.7, 0.98))
    for side in (-1, 1):
        pen.ellipse((320 + side * 38 - 34, 110, 320 + side * 38 + 34, 200), fill=(245, 245, 242))
        _eye(pen, 320 + side * 34, 150, 14)
    pen.polygon([(290, 180), (350, 180), (320, chance.randint(215, 250))], fill=orange)


ANIMALS: dict[str, Callable[[Pen, random.Random], None]] = {
    "octopus": _octopus,
    "penguin": _penguin,
    "whale": _whale,
}
