"""Search without an extension: Chinese as pairs of characters, everything else as prefixes.

The grams are kept in an array with a GIN index; a query matches when all of its grams are there.
"""

import re

_WORD = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
LONGEST_PREFIX = 12
LONGEST_RUN = 5


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _han_grams(word: str) -> list[str]:
    return [word[place : place + 2] for place in range(len(word) - 1)] or [word]


def _initial_grams(word: str) -> set[str]:
    """Return the beginnings of the initials, and short runs from the middle (``lj`` in mqlj)."""
    # Its dictionaries take half a second to load, which only those who write texts should wait for.
    from pypinyin import Style, lazy_pinyin

    initials = "".join(lazy_pinyin(word, style=Style.FIRST_LETTER))
    runs = {
        initials[start : start + length]
        for start in range(1, len(initials))
        for length in range(1, LONGEST_RUN + 1)
    }
    return runs | {initials[: end + 1] for end in range(min(len(initials), LONGEST_PREFIX))}


def index_grams(*texts: str | None) -> list[str]:
    """Return the grams under which texts are found, sorted.

    Chinese: single characters, pairs, and the initials of its pinyin; words and numbers: prefixes.
    """
    grams: set[str] = set()
    for word in (word for text in texts if text for word in _words(text)):
        if _HAN.match(word):
            grams |= {*word, *_han_grams(word)}
            grams |= _initial_grams(word)
        else:
            grams |= {word[: place + 1] for place in range(min(len(word), LONGEST_PREFIX))}
    return sorted(grams)


def query_grams(text: str) -> list[str]:
    """Return the grams that a search wants, all of them."""
    grams: set[str] = set()
    for word in _words(text):
        grams |= set(_han_grams(word)) if _HAN.match(word) else {word[:LONGEST_PREFIX]}
    return sorted(grams)
