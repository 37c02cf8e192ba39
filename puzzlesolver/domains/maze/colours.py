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

BITS = 5
PALETTE = np.stack(np.unravel_index(np.arange(1 << 3 * BITS), (1 << BITS,) * 3), 1) * 8 + 4
"""Red, green and blue of all shades that are told apart."""

HUES = np.stack(np.unravel_index(np.arange(4096), (16, 16, 16)), 1) * 17
"""Pure colours that are told apart."""

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

    Where the walls or the floor are painted, their colour takes the place of the grey. All is
    decided for the shades of `PALETTE`, however many pixels there are.
    """
    codes = np.zeros(pixels.shape[:2], np.uint16)
    for channel in range(3):
        np.left_shift(codes, BITS, out=codes)
        np.bitwise_or(codes, pixels[..., channel] >> (8 - BITS), out=codes)
    counts = np.zeros(len(PALETTE), np.int64)
    for start in range(0, len(codes), 256):  # counting takes eight bytes a pixel
        counts += np.bincount(codes[start : start + 256].ravel(), minlength=len(PALETTE))
    there = np.flatnonzero(counts)
    count, shades = counts[there], PALETTE[there]
    strongest = shades.max(1)
    spread, shade = strongest - shades.min(1), shades.sum(1) // 3
    grey = (spread < COLOURED) & ((spread < COLOURED // 2) | (spread < strongest // 2))
    greys = np.bincount(shade[grey], count[grey], minlength=256).astype(np.int64)
    kinds = (shade >= _threshold(greys)).astype(np.uint8)
    colours: list[Colour] = [(0, 0, 0), (255, 255, 255)]
    if not grey.all():
        kinds[~grey], found = _cluster(shades[~grey], count[~grey])
        for number in range(len(colours), len(colours) + len(found)):  # the rim beside a wall
            of_hue = np.flatnonzero(kinds == number)
            usual = np.average(strongest[of_hue], weights=count[of_hue])
            kinds[of_hue[strongest[of_hue] < DIM * usual]] = DARK
        colours += found
    share = np.bincount(kinds, count, minlength=len(colours))
    for plain in (DARK, LIGHT):
        painted = 2 + int(share[2:].argmax()) if len(colours) > 2 else plain
        if share[plain] < RARE * share[painted] and _spans(np.isin(codes, there[kinds == painted])):
            kinds[kinds == painted] = plain
            share[painted] = 0
    of_shade = np.zeros(len(PALETTE), np.uint8)
    of_shade[there] = kinds
    return of_shade[codes], colours


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


def _cluster(
    shades: npt.NDArray[np.int64], count: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint8], list[Colour]]:
    """For every shade the number, after the greys, of the nearest of a few frequent hues.

    A blend with grey, as at the rim of a mark, keeps the hue. The hues come as pure colours.
    """
    weakest = shades.min(1, keepdims=True)
    hues = (shades - weakest) * 255 / (shades.max(1, keepdims=True) - weakest)
    bins = np.rint(hues / 17).astype(np.int64) @ [256, 16, 1]
    left = np.bincount(bins, count, minlength=4096)
    chosen: list[int] = []
    while left.any() and len(chosen) < MOST_HUES:
        chosen.append(int(left.argmax()))
        left[np.linalg.norm(HUES - HUES[chosen[-1]], axis=1) < APART] = 0
    distance = np.linalg.norm(hues[:, None] - HUES[chosen], axis=2)
    red, green, blue = HUES[chosen].T.tolist()
    return (2 + distance.argmin(1)).astype(np.uint8), list(zip(red, green, blue, strict=True))
