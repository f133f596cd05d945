"""Widths of text in a sans-serif font, roughly: for figures, which must leave room before a browser sets a letter."""

from unicodedata import combining, east_asian_width

WIDTHS = {  # in em, rounded up from common system fonts: too much room is better than words that are cut
    0.30: "ijl.,:;'|!I ()[]/\\`",
    0.40: 'ftr-"*',
    0.85: "w<>=+~ABCDGHKNOQRUVXY&",
    0.95: "mMW%@…",
}
EM = {character: width for width, characters in WIDTHS.items() for character in characters}
LETTER = 0.62  # all others
FULL = 1.0  # Chinese, Japanese and Korean characters

# Helvetica's advance widths in thousandths of an em, from the metrics that Adobe published: space to ~ of ASCII
HELVETICA = """
278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278
556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556
1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778
667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556
333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556
556 556 333 500 278 556 500 722 500 500 500 334 260 334 584
"""
HELVETICA_EM = {chr(32 + place): int(width) / 1000 for place, width in enumerate(HELVETICA.split())}


def text_width(words: str, size: float = 12) -> float:
    """The width in pixels of words in a font of this size; an estimate, more often above the truth than below."""
    return size * sum(map(character_width, words))


def helvetica_width(words: str, size: float = 12) -> float:
    """The width in pixels of words in Helvetica, to which Arial and Liberation Sans are equal.

    Other common fonts are wider by up to 15 %: leave that much room where words may not meet.
    """
    return size * sum(HELVETICA_EM.get(character) or character_width(character) for character in words)


def character_width(character: str) -> float:
    if combining(character):
        return 0.0
    return FULL if east_asian_width(character) in "WF" else EM.get(character, LETTER)


def fit_text(words: str, room: float, size: float = 12) -> str:
    """The words, or as many of their characters as fit into so many pixels with a "…" behind them."""
    if text_width(words, size) <= room:
        return words
    count = max(n for n in range(len(words)) if n == 0 or text_width(f"{words[:n]}…", size) <= room)
    return f"{words[:count].rstrip()}…"
