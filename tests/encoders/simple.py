"""BMP, GIF, WebP, PPM, PFM, XBM and FITS, each written out by hand where that is short."""

import io
import struct
from collections.abc import Iterator
from itertools import product

import imagecodecs
import numpy as np
from PIL import Image

from encoders.case import Case, Samples, noise, on_white, to_bytes
from encoders.pngs import second
from encoders.tiffs import pack

SIZE = (37, 29)


def rows_of_four(data: bytes, height: int) -> bytes:
    """Rows that each end at a multiple of four bytes, the lowest first, as BMP has them."""
    rows = np.frombuffer(data, np.uint8).reshape(height, -1)
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))[::-1].tobytes()


def bmp(
    data: bytes,
    bits: int,
    *,
    compression: int = 0,
    palette: bytes = b"",
    masks: tuple[int, ...] = (),
    down: bool = False,
) -> bytes:
    height, width = SIZE
    head = 40 if not masks else 108
    info = struct.pack(
        "<IiiHHIIiiII", head, width, -height if down else height, 1, bits, compression, len(data), 0, 0, 0, 0
    )
    if masks:
        info += struct.pack("<4I", *masks) + b"BGRs" + bytes(48)
    start = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + info + palette + data


def run_lengths(row: Samples) -> bytes:
    """BMP's RLE8 of a row: runs, and where nothing repeats, literal stretches."""
    made, x = b"", 0
    while x < len(row):
        if x % 2 or len(row) - x < 4:
            made, x = made + bytes([1, row[x]]), x + 1
        else:
            made, x = made + bytes([0, 4, *row[x : x + 4]]), x + 4
    return made + b"\0\0"


def bmps() -> Iterator[Case]:
    for bits in (1, 4, 8):
        colours = noise((1 << bits, 3), 255, seed=bits).astype(np.uint8)
        samples = noise(SIZE, (1 << bits) - 1).astype(np.uint8)
        palette = np.pad(colours[:, ::-1], ((0, 0), (0, 1))).tobytes()
        yield Case(
            f"bmp palette of {bits} bits",
            bmp(rows_of_four(pack(samples, bits), SIZE[0]), bits, palette=palette),
            colours[samples],
            colours[samples],
            second,
        )
        if bits == 8:
            data = b"".join(map(run_lengths, samples[::-1])) + b"\0\1"
            yield Case(
                "bmp rle8", bmp(data, 8, compression=1, palette=palette), colours[samples], colours[samples], second
            )
    colour = noise((*SIZE, 3), 255).astype(np.uint8)
    blue_first = np.ascontiguousarray(colour[..., ::-1])
    data = rows_of_four(blue_first.tobytes(), SIZE[0])
    yield Case("bmp 24 bits", bmp(data, 24), colour, colour, second)
    stride = -(-SIZE[1] * 3 // 4) * 4
    upward = b"".join(data[y * stride : (y + 1) * stride] for y in reversed(range(SIZE[0])))
    yield Case("bmp 24 bits, from the top", bmp(upward, 24, down=True), colour, colour, second)
    yield Case(
        "bmp 32 bits", bmp(rows_of_four(np.pad(blue_first, ((0, 0), (0, 0), (0, 1))).tobytes(), SIZE[0]), 32), colour
    )
    five = colour >> 3
    words = (five[..., 0].astype(np.uint16) << 10 | five[..., 1].astype(np.uint16) << 5 | five[..., 2]).astype("<u2")
    yield Case("bmp 555", bmp(rows_of_four(words.tobytes(), SIZE[0]), 16), to_bytes(five, 0, 31))
    alpha = noise(SIZE, 255, seed=3).astype(np.uint8)
    four = np.concatenate([blue_first, alpha[..., None]], axis=-1)
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    yield Case(
        "bmp alpha",
        bmp(rows_of_four(four.tobytes(), SIZE[0]), 32, compression=3, masks=masks),
        on_white(colour, alpha, 255),
    )


def gifs_and_webps() -> Iterator[Case]:
    colours = noise((256, 3), 255, seed=8).astype(np.uint8)
    samples = noise(SIZE, 255).astype(np.uint8)
    made = Image.fromarray(samples, "L")
    made.putpalette(colours.tobytes())
    for interlaced, clear in product((0, 1), (None, 77)):
        file = io.BytesIO()
        made.save(
            file, "GIF", interlace=interlaced, optimize=False, **({} if clear is None else {"transparency": clear})
        )
        shows = colours[samples]
        read = (lambda content: np.asarray(imagecodecs.gif_decode(content))) if clear is None else None
        if clear is not None:
            shows = np.where((samples == clear)[..., None], np.uint8(255), shows)
        yield Case(f"gif{', interlaced' * interlaced}, {clear} transparent", file.getvalue(), shows, shows, read)
    yield from gifs_with_room()
    for channels in (3, 4):
        pixels = noise((*SIZE, channels), 255).astype(np.uint8)
        if channels == 4:
            pixels[..., 3] = pixels[..., 3].clip(1)  # what is clear may lose its colour
        shows = pixels if channels == 3 else on_white(pixels[..., :3], pixels[..., 3], 255)
        yield Case(
            f"webp lossless, {channels} channels",
            imagecodecs.webp_encode(pixels, lossless=True),
            shows,
            pixels,
            imagecodecs.webp_decode,
        )
        lossy = imagecodecs.webp_encode(pixels, level=80)
        read = imagecodecs.webp_decode(lossy)
        yield Case(
            f"webp lossy, {channels} channels",
            lossy,
            read if channels == 3 else on_white(read[..., :3], read[..., 3], 255),
        )


def gifs_with_room() -> Iterator[Case]:
    """GIF89a, section 20: a first frame that leaves room on its canvas, which is clear whatever the background says."""
    for x, y, background in ((0, 0, 0), (5, 3, 1), (9, 12, 2)):
        samples = noise((6, 7), 255).astype(np.uint8)
        colours = noise((256, 3), 255, seed=8).astype(np.uint8)
        made, file = Image.fromarray(samples, "L"), io.BytesIO()
        made.putpalette(colours.tobytes())
        made.save(file, "GIF", optimize=False)
        content = bytearray(file.getvalue())
        content[6:10], content[11] = struct.pack("<HH", 29, 37), background
        frame = content.index(b"\x2c" + struct.pack("<HHHH", 0, 0, 7, 6))
        content[frame + 1 : frame + 5] = struct.pack("<HH", x, y)
        shows = np.full((*SIZE, 3), 255, np.uint8)
        shows[y : y + 6, x : x + 7] = colours[samples]
        yield Case(f"gif whose first frame begins at {x}, {y}", bytes(content), shows)


def netpbm() -> Iterator[Case]:
    height, width = SIZE
    for highest, plain, channels in product((1, 15, 100, 255, 1023, 4095, 65535), (False, True), (1, 3)):
        samples = noise((height, width, channels), highest).astype(np.uint16)
        kind = {(1, False): "P5", (3, False): "P6", (1, True): "P2", (3, True): "P3"}[channels, plain]
        data = samples.astype(np.uint8 if highest < 256 else ">u2").tobytes()
        if plain:
            data = "\n".join(
                " ".join(map(str, row)) for row in samples.reshape(-1, 15 if samples.size % 15 == 0 else 1)
            ).encode()
        content = f"{kind}\n# made\n{width} {height}\n{highest}\n".encode() + data
        yield Case(f"{kind} of {highest}", content, to_bytes(samples[..., 0] if channels == 1 else samples, 0, highest))
    bits = noise(SIZE, 1).astype(np.uint8)
    yield Case(
        "P4",
        f"P4 {width} {height}\n".encode() + pack(bits, 1),
        to_bytes(1 - bits, 0, 1),
        to_bytes(1 - bits, 0, 1),
        second,
    )
    yield Case(
        "P1",
        f"P1 {width} {height}\n".encode() + b"\n".join(b" ".join(b"%d" % v for v in row) for row in bits),
        to_bytes(1 - bits, 0, 1),
    )
    floats = (noise(SIZE, 1024) / 1024).astype(np.float32)
    for order, sign in (("<", -1.0), (">", 1.0)):
        content = f"Pf\n{width} {height}\n{sign}\n".encode() + floats[::-1].astype(f"{order}f4").tobytes()
        yield Case(f"pfm {order}", content, to_bytes(floats, 0, 1), floats, second)


def xbm() -> Iterator[Case]:
    height, width = SIZE
    bits = noise(SIZE, 1).astype(np.uint8)
    data = np.packbits(bits, axis=-1, bitorder="little").ravel()
    for head in ("", "#define a_x_hot 3\n#define a_y_hot 4\n"):
        numbers = ", ".join(f"0x{value:02x}" for value in data)
        text = f"#define a_width {width}\n#define a_height {height}\n{head}static char a_bits[] = {{\n{numbers}}};\n"
        yield Case(f"xbm {'with a hot spot' if head else ''}", text.encode(), to_bytes(1 - bits, 0, 1))


def fits() -> Iterator[Case]:
    """FITS 4.0, section 4: cards of 80 letters, then big-endian numbers, the lowest row first."""
    height, width = SIZE
    for bits, zero in ((8, 0), (8, -128), (16, 0), (16, 32768), (32, 0), (32, 1 << 31), (-32, 0), (-64, 0)):
        if bits < 0:
            stored = (noise(SIZE, 1024) / 1024).astype(f">f{-bits // 8}")
            shows = to_bytes(stored, 0, 1)
        else:
            plain = noise(SIZE, (1 << bits) - 1)
            shows = to_bytes(plain, 0, (1 << bits) - 1)
            stored = (
                plain.astype("u1")
                if bits == 8
                else (plain.astype(np.int64) - (1 << (bits - 1))).astype(f">i{bits // 8}")
            )
        words = {"SIMPLE": "T", "BITPIX": bits, "NAXIS": 2, "NAXIS1": width, "NAXIS2": height}
        words |= {"BZERO": zero, "BSCALE": 1} if zero else {}
        cards = "".join(f"{key:8}= {value:>20}".ljust(80) for key, value in words.items()) + "END".ljust(80)
        data = stored[::-1].tobytes()
        content = cards.ljust(-(-len(cards) // 2880) * 2880).encode() + data + bytes(-len(data) % 2880)
        yield Case(f"fits {bits} bits from {zero}", content, shows)
    yield Case(
        "fits that falls",
        content.replace(b"BITPIX", b"BITPIX").replace(
            b"END     ", b"BSCALE  =                   -1".ljust(80)[:80] + b"END     ", 1
        )[: len(content)],
        shows,
    )


def cases() -> Iterator[Case]:
    for family in (bmps, gifs_and_webps, netpbm, xbm, fits):
        yield from family()
