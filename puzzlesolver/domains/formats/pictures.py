"""Pictures, whatever program wrote them.

>>> is_picture(b"GIF89a")
True
"""

from __future__ import annotations

import re

_MAGIC = re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0{4}|RIFF.{4}WEBP|II\*\0|MM\0\*", re.DOTALL)


def is_picture(head: bytes) -> bool:
    """Whether a file that begins with these bytes is one: PNG, JPEG, GIF, BMP, WebP or TIFF."""
    return _MAGIC.match(head) is not None
