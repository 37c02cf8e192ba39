"""What the ARC stem is told of the components of a grid: sizes, boxes, shapes, company.

In: a grid and its components. Out: numbers for every component.

    >>> describe(grid, label(grid)).shape
    (15, 7)
"""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np

from puzzlesolver.models.arc.objects import Cells, Labels, background, box_of, label, shape_of

PLACES = 8
"""Features that size, box and colour give; those behind them compare shapes and neighbours."""

FEATURES = 15

Mask = np.ndarray[tuple[int, int], np.dtype[np.bool_]]


def describe(grid: Cells, components: Labels) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """`float32[FEATURES, components]`, none of which a turn changes.

    Of each: the logarithm of its size, whether it touches the edge, its share of its box, how long
    the box is, whether that is square, whether it is no background, the largest, the smallest;
    its holes, whether it is symmetric, whether another object touches it, how many objects have
    its shape, whether none other has, how many have its colour, whether most have its shape.
    """
    masks = [components == number for number in range(components.max() + 1)]
    colours = [int(grid[mask][0]) for mask in masks]
    ground = background(grid)
    is_object = np.array([colour != ground for colour in colours])
    insides = [mask[box_of(mask)] for mask in masks]
    shapes = [shape_of(mask) for mask in masks]
    sizes = np.array([mask.sum() for mask in masks])
    of_objects = sizes[is_object]
    largest = is_object & (sizes == of_objects.max(initial=0))
    smallest = is_object & (sizes == of_objects.min(initial=grid.size))
    of_shape = Counter(shape for shape, counts in zip(shapes, is_object, strict=True) if counts)
    of_colour = Counter(colour for colour, counts in zip(colours, is_object, strict=True) if counts)
    most = max(of_shape.values(), default=0)
    padded = np.pad(components, 1, constant_values=-1)
    described = []
    for number, (mask, inside) in enumerate(zip(masks, insides, strict=True)):
        height, width = inside.shape
        same_shape, same_colour = of_shape[shapes[number]], of_colour[colours[number]]
        described.append(
            (
                np.log(sizes[number]) / 4,
                mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any(),
                sizes[number] / inside.size,
                np.log(max(height, width) / min(height, width)),
                height == width,
                is_object[number],
                largest[number],
                smallest[number],
                min(_holes(inside), 4) / 2,
                np.array_equal(inside, inside[::-1]) or np.array_equal(inside, inside[:, ::-1]),
                any(is_object[other] for other in _neighbours(padded, number)),
                np.log1p(same_shape) / 2,
                is_object[number] and same_shape == 1,
                np.log1p(same_colour) / 2,
                is_object[number] and same_shape == most > 1,
            )
        )
    return np.array(described, np.float32).T


def _holes(inside: Mask) -> int:
    """Regions that a component encloses."""
    around = np.pad(inside, 1)
    regions = label(around.astype(np.int8), straight=0)
    return len(np.unique(regions[~around])) - 1


def _neighbours(padded: Labels, number: int) -> list[int]:
    """The components that touch one, at corners too; the grid has a border of -1."""
    own = padded == number
    touched = [padded[np.roll(own, shift, (0, 1))] for shift in product((-1, 0, 1), (-1, 0, 1))]
    return [int(other) for other in np.unique(touched) if other not in (number, -1)]
