r"""Text that others wrote, made harmless for a terminal.

>>> printable("a name\x1b]0;with a command\x07")
'a name\\x1b]0;with a command\\x07'
"""

from __future__ import annotations

import re
import unicodedata

_COMMANDS = re.compile("[^ -~]")
_KINDS = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINERS = "\u200c\u200d"
"""Which letters and emoji need."""


def printable(text: str, keep: str = "\n") -> str:
    """The text with control, format (such as bidi overrides) and line characters as escapes.

    Bytes of file names that are no text, lone surrogates, are escapes too.

    Args:
        text: from anywhere.
        keep: characters that stay as they are.
    """

    def told(match: re.Match[str]) -> str:
        sign = match.group()
        if unicodedata.category(sign) not in _KINDS or sign in keep + _JOINERS:
            return sign
        return sign.encode("unicode_escape").decode()

    return _COMMANDS.sub(told, text)
