"""What a file seems to be from its first bytes, whatever its name says."""

from brickwork.data.images.readers import reader_for

START = 512  # bytes that are looked at

IMAGES = {
    b"\xff\xd8\xff": "a JPEG",
    b"\x89PNG\r\n\x1a\n": "a PNG",
    b"GIF87a": "a GIF",
    b"GIF89a": "a GIF",
    b"II*\x00": "a TIFF or a camera's raw file",
    b"MM\x00*": "a TIFF or a camera's raw file",
    b"\x00\x00\x00\x0cjP  ": "a JPEG 2000",
    b"\xff\x4f\xff\x51": "a JPEG 2000",
    b"PF\n": "a PFM in colour",
}
POSTSCRIPT = "PostScript, a drawing without pixels: export it as PNG"
OTHERS = {
    b"%!PS": POSTSCRIPT,
    b"\xc5\xd0\xd3\xc6": POSTSCRIPT,
    b"%PDF": "a PDF document, not an image",
    b"PK\x03\x04": "a ZIP archive, not an image",
    b"\x1f\x8b": "gzip-compressed data, not an image",
}
TEXTS = {
    "version https://git-lfs": "a Git LFS pointer, not the image itself: run 'git lfs pull'",
    "<!doctype html": "HTML text, not an image",
    "<html": "HTML text, not an image",
    "<svg": "an SVG drawing, which has no pixels: export it as PNG",
    "<?xml": "XML text, not an image",
}


def begins_as(start: bytes) -> str | None:
    """The kind of image, in words; None for all else."""
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "a WebP"
    if start[4:8] == b"ftyp" and start[8:12] in (b"avif", b"avis"):
        return "an AVIF"
    if reader := reader_for(start):
        return f"a {reader.name}"
    return next((kind for signature, kind in IMAGES.items() if start.startswith(signature)), None)


def foreign_reason(start: bytes) -> str:
    """Why Pillow does not know a file, as a phrase."""
    if kind := begins_as(start):
        return f"begins as {kind}, but is cut short, damaged or of a kind that Pillow cannot read"
    if start[4:8] == b"ftyp":
        return "a film, not an image"
    if not any(start):
        return "nothing but zero bytes"
    if kind := next((phrase for mark, phrase in OTHERS.items() if start.startswith(mark)), None):
        return kind
    text = as_text(start)
    if text is None:
        return "not an image that Pillow knows"
    return next((phrase for mark, phrase in TEXTS.items() if mark in text.lower()), "text, not an image")


def as_text(start: bytes) -> str | None:
    """The bytes as text, or None where they are not; a last character that was cut is forgiven."""
    coding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    text = start.decode(coding, errors="replace").removeprefix("\ufeff").rstrip("\ufffd")
    readable = text and all(c.isprintable() or c.isspace() for c in text) and "\ufffd" not in text
    return text if readable else None
