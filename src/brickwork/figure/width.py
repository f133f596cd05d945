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


def text_width(words: str, size: float = 12) -> float:
    """The width in pixels of words in a font of this size; an estimate, more often above the truth than below."""
    return size * sum(map(character_width, words))


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
