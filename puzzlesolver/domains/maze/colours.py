"""Pixels → which of a few colours each shows: dark, light, or one of those that mark cells.

>>> kinds, colours = classify(pixels)
>>> colours[kinds.max()]
(0, 255, 85)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.formats.pictures import Pixels

Colour = tuple[int, int, int]
Kinds = npt.NDArray[np.uint8]
"""For every pixel the number of its colour."""

DARK, LIGHT = 0, 1
COLOURED = 64
"""Least difference of the strongest and the weakest channel in a coloured pixel; in a dark one
half of it, when it is half of the strongest."""

MOST_HUES = 6
APART = 115
"""Distance of two hues, as colours of the strongest spread, that are not the same."""

DIM = 0.55
"""Share of the usual brightness of a colour below which it is dark."""

CONTRAST = 48
"""Least difference of dark and light; less is one shade."""

MARGIN, STAINS = 40, 0.002
"""Most that a pixel of the margin differs from its colour, and the share of those that do more."""

RARE = 0.2
"""How much of a grey there is to a colour that stands for it: walls or floor are painted."""


def crop(pixels: Pixels) -> tuple[Pixels, Pixels | None]:
    """The picture without a margin, and the colour of that; None where there is no margin."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    colour = np.median(border, axis=0).astype(np.uint8)
    low, high = (
        np.clip(colour + np.int16(by), 0, 255).astype(np.uint8) for by in (-MARGIN, MARGIN)
    )
    if ((border < low) | (border > high)).any(1).mean() > STAINS:
        return pixels, None
    inside = np.zeros(pixels.shape[:2], np.bool_)
    for channel in range(3):
        inside |= (pixels[..., channel] < low[channel]) | (pixels[..., channel] > high[channel])
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    if not len(rows):
        return pixels, None
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], colour


def classify(pixels: Pixels) -> tuple[Kinds, list[Colour]]:
    """The colour of every pixel, `uint8[height, width]`, and all colours; the first two are grey.

    Where the walls or the floor are painted, their colour takes the place of the grey.
    """
    red, green, blue = (pixels[..., channel] for channel in range(3))
    strongest = np.maximum(np.maximum(red, green), blue)
    spread = strongest - np.minimum(np.minimum(red, green), blue)
    grey = (spread < COLOURED) & ((spread < COLOURED // 2) | (spread < strongest // 2))
    shade = ((red.astype(np.uint16) + green + blue) // 3).astype(np.uint8)
    kinds = (shade >= _threshold(np.bincount(shade[grey], minlength=256))).astype(np.uint8)
    colours: list[Colour] = [(0, 0, 0), (255, 255, 255)]
    if not grey.all():
        numbers, found = _cluster(pixels[~grey])
        kinds[~grey] = numbers + len(colours)
        for number in range(len(colours), len(colours) + len(found)):  # the rim beside a wall
            of_hue = kinds == number
            kinds[of_hue & (strongest < DIM * np.median(strongest[of_hue]))] = DARK
        colours += found
    share = np.bincount(kinds.ravel(), minlength=len(colours)) / kinds.size
    for plain in (DARK, LIGHT):
        spread_out = [number for number in range(2, len(colours)) if _spans(kinds == number)]
        painted = max(spread_out, key=lambda number: float(share[number]), default=plain)
        if share[plain] < RARE * share[painted]:
            kinds[kinds == painted] = plain
    return kinds, colours


def _spans(mask: npt.NDArray[np.bool_]) -> bool:
    """Whether it reaches over most of the picture, as walls and floor do and marks do not."""
    reach = [np.flatnonzero(mask.any(axis)) for axis in (1, 0)]
    sides = zip(reach, mask.shape, strict=True)
    return bool(mask.any()) and all(np.ptp(at) > 0.8 * side for at, side in sides)


def _threshold(shades: npt.NDArray[np.int64]) -> int:
    """The least light shade: between the two groups, or the middle where there is one group."""
    below = shades.cumsum()
    sums = (shades * np.arange(256)).cumsum()
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = (sums[-1] - sums) / above - sums / below
        between = np.nan_to_num(below * above * apart**2)
    best = np.flatnonzero(between == between.max())  # a gap has many: its middle
    middle = int(best.mean())
    if not between.max() or apart[middle] < CONTRAST:
        return 128
    return middle + 1


def _cluster(pixels: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], list[Colour]]:
    """For every pixel the number of the nearest of a few frequent hues, and these as pure colours.

    A blend with grey, as at the rim of a mark, keeps the hue.
    """
    weakest = pixels.min(1, keepdims=True)
    spread = pixels.max(1, keepdims=True) - weakest
    pure = ((pixels - weakest) * np.uint16(15) + spread // 2) // spread
    code = pure @ np.array([256, 16, 1], np.uint16)
    colours = np.stack(np.unravel_index(np.arange(4096), (16, 16, 16)), 1) * 17
    left = np.bincount(code, minlength=4096)
    chosen: list[int] = []
    while left.any() and len(chosen) < MOST_HUES:
        chosen.append(int(left.argmax()))
        left[np.linalg.norm(colours - colours[chosen[-1]], axis=1) < APART] = 0
    distance = np.linalg.norm(colours[:, None] - colours[chosen], axis=2)
    red, green, blue = colours[chosen].T.tolist()
    return distance.argmin(1).astype(np.uint8)[code], list(zip(red, green, blue, strict=True))
