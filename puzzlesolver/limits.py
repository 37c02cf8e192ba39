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

MAX_ARRAY_BYTES = 2**28
"""How much of a file of numpy, or of one of its arrays, is read."""

MAX_IMAGE_PIXELS = 2**24
"""Largest accepted image: the largest grid with 4 × 4 pixels a cell."""

MAX_CHECKPOINT_BYTES = 2**33
"""Largest accepted foreign checkpoint; the largest published one has 2.5 GB."""

MAX_CHECKPOINT_HEADER_BYTES = 2**18
"""How much of a checkpoint may describe its tensors; published ones need a few kilobytes."""

MAX_CHECKPOINT_TENSORS = 2_500
"""Most tensors of a checkpoint."""

MAX_JSON_BYTES = 2**23
"""Largest accepted `config.json` or answer of the Hub; that of a huge repository has half of it."""

MAX_CARD_BYTES = 2**22
"""Largest accepted model card."""

MAX_YAML_BYTES = 2**15
"""Largest accepted configuration of another trainer; published ones have about a kilobyte."""

MAX_SETTINGS = 10_000
"""Most values in such a configuration, nested ones included."""

MAX_SETTINGS_DEPTH = 32
"""How deep such a configuration may nest."""

MAX_SETTING_CHARS = 1_000
"""How much of one text in such a configuration is kept."""

MAX_ARC_SIDE = 30
"""Longest side of a grid of ARC, in cells; the published benchmarks keep to it."""

MAX_ARC_PAIRS = 64
"""Most demonstrations, or tests, of a task of ARC; published ones have up to ten."""

MAX_REPORT_BYTES = 2**22
"""Largest accepted report of `bench`; the largest committed one has 56 kB."""

MAX_DOCUMENT_CHARS = 6_000_000
"""Longest accepted value of JSON; the largest published set of ARC has two thirds of it."""

MAX_ARC_NAME = 100
"""Longest accepted name of a task, in characters."""
