"""Every limit on input, so that hostile bytes end in a typed error within a second."""

from __future__ import annotations

MAX_LINE_CHARS = 1_100_000
"""Longest accepted line of a text file; a maze of the largest size on one line just fits."""

MAX_GRID_SIDE = 1_024
"""Longest accepted side of any grid, in cells."""

DETECT_BYTES = 65_536
"""How much of a file is looked at to find its domain and format."""

MAX_IMAGE_BYTES = 2**26
"""How much of an image file is read."""

MAX_IMAGE_PIXELS = 2**24
"""Largest accepted image: the largest grid with 4 × 4 pixels a cell."""
