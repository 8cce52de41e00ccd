"""Search without an extension: every script, pinyin, and codes by any part.

What is searched for and what is searched in are folded alike (NFKC, case). The grams are kept in an
array with a GIN index; a query matches when all of its grams are there.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

# Scripts that set no blanks between words: Han with its marks, kana, hangul, Thai to Khmer.
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_DENSE = re.compile(
    f"[{_HAN}\u3040-\u30fa\u30fc-\u30ff\u3100-\u312f\u31a0-\u31ff\u1100-\u11ff\uac00-\ud7af"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
)
_HAN_RUN = re.compile(f"[{_HAN}]+")
LONGEST_PREFIX = 12
LONGEST_RUN = 5
PART = 3
"""Codes are found by parts of so many characters or more."""

NOTHING = " "
"""A gram that no text has: what is searched for holds nothing that could be found."""
CURRENT = "=2"
"""Stands among the grams of a row that was indexed as this module does it now."""


def fold(text: str) -> str:
    """Return a text as it is compared: full width as half width, capitals as small letters."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _kind(char: str) -> str:
    if _DENSE.match(char):
        return "dense"
    category = unicodedata.category(char)
    if category[0] in "LNM":
        # A variation selector is a mark that only says how a sign is drawn.
        return "" if "\ufe00" <= char <= "\ufe0f" else "word"
    return "sign" if category in ("So", "Sc") else ""


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the words of a text with their kind; each sign, such as an emoji, is one."""
    run, kind = "", ""
    for char in fold(text):
        other = _kind(char)
        if run and (other != kind or kind == "sign"):
            yield kind, run
            run = ""
        if other:
            run += char
        kind = other
    if run:
        yield kind, run


def _pairs(word: str) -> list[str]:
    return [word[place : place + 2] for place in range(len(word) - 1)] or [word]


@lru_cache(maxsize=4_000)
def _pinyin_grams(word: str) -> frozenset[str]:
    """Return the initials and the full pinyin of Chinese, also from the middle.

    Initials: beginnings, and short runs (``lj`` in mqlj). Full: whole syllables from each of them
    on, so that ``long``, ``longjing`` and ``jing`` are found in 龙井.
    """
    # Its dictionaries take half a second to load, which only those who write texts should wait for.
    from pypinyin import Style, lazy_pinyin

    syllables = lazy_pinyin(word, style=Style.NORMAL)
    initials = "".join(syllable[:1] for syllable in syllables)
    grams = {initials[: end + 1] for end in range(min(len(initials), LONGEST_PREFIX))}
    for start in range(len(syllables)):
        grams |= {initials[start : start + length] for length in range(1, LONGEST_RUN + 1)}
        spelled = ""
        for syllable in syllables[start:]:
            spelled += syllable
            grams.add(spelled[:LONGEST_PREFIX])
            if len(spelled) >= LONGEST_PREFIX:
                break
    return frozenset(grams)


def _text_grams(text: str, *, spell: bool) -> set[str]:
    grams: set[str] = set()
    for kind, word in _runs(text):
        if kind == "word":
            grams |= {word[: place + 1] for place in range(min(len(word), LONGEST_PREFIX))}
            continue
        grams |= {*word, *_pairs(word)}
        if spell:
            for run in _HAN_RUN.findall(word):
                grams |= _pinyin_grams(run)
    return grams


def _code(text: str) -> str:
    return "".join(char for char in fold(text) if _kind(char) in ("word", "dense"))


def _code_grams(code: str) -> set[str]:
    return {f"#{code[at : at + PART]}" for at in range(len(code) - PART + 1)}


def index_grams(
    *titles: str | None, texts: Iterable[str | None] = (), codes: Iterable[str] = ()
) -> list[str]:
    """Return the grams under which something is found, sorted.

    Titles are found by their characters, words and pinyin, other texts without pinyin, codes
    besides by any part of them.
    """
    grams = {CURRENT}
    for title in titles:
        grams |= _text_grams(title or "", spell=True)
    for text in texts:
        grams |= _text_grams(text or "", spell=False)
    for code in codes:
        grams |= _text_grams(code, spell=False) | _code_grams(_code(code))
    return sorted(grams)


def query_grams(text: str) -> list[str]:
    """Return the grams that a search wants, all of them; ``NOTHING`` where there are none."""
    grams: set[str] = set()
    for kind, word in _runs(text):
        grams |= {word[:LONGEST_PREFIX]} if kind == "word" else set(_pairs(word))
    return sorted(grams) or [NOTHING]


def code_query_grams(text: str) -> list[str]:
    """Return the grams of a search for a part of a code; ``NOTHING`` where it can be none."""
    code = _code(text)
    return sorted(_code_grams(code)) if len(text.split()) == 1 and len(code) >= PART else [NOTHING]


def query_words(text: str) -> list[str]:
    """Return the words that are searched for, folded, to tell titles from other texts."""
    return [word for _, word in _runs(text)]
