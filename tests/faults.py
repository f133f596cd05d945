"""A clean set of images, and its twin with every fault planted that `brickwork check` knows."""

import os
from collections import defaultdict
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zlib import crc32

import numpy as np
from PIL import Image

CLASSES = ("ape", "bat", "cat", "dog", "eel")
COUNTS = {"train": 20, "val": 5, "test": 5}  # images of each class
UNREADABLE = ("F101", "F102", "F103", "F104", "F105", "F106")

Cases = dict[str, list[tuple[str, ...]]]  # a rule's code -> the files of each case, or the words on it


def picture(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Soft colours with some grain: no two are alike, and none shows its class."""
    soft = Image.fromarray(rng.integers(0, 256, (5, 5, 3), np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
    grain = rng.normal(0, 6, (height, width, 3))
    return Image.fromarray((np.asarray(soft) + grain).clip(0, 255).astype(np.uint8))


def clean(folder: Path, seed: int) -> None:
    """Five classes in three splits, as JPEG and PNG of many sizes."""
    rng = np.random.default_rng(seed)
    for split, count in COUNTS.items():
        for name in CLASSES:
            (folder / split / name).mkdir(parents=True)
            for number in range(count):
                image = picture(rng, *map(int, rng.integers(52, 76, 2)))
                image.save(folder / split / name / f"{number}.{'png' if number % 4 == 0 else 'jpg'}", quality=85)


def planted(folder: Path, seed: int) -> Cases:
    """The same with every fault; gives all that there is to be found."""
    clean(folder, seed)
    found = Planter(folder, seed)
    for plant in (files, pixels, classes, duplicates, shortcuts):
        plant(found)
    unreadable = {file for code in UNREADABLE for (file,) in found.cases[code]}
    found.note("C305", f"kea: 3 of {largest(folder, unreadable)}")
    return {code: sorted(cases) for code, cases in found.cases.items()}


class Planter:
    """Writes files into the set, and notes what is wrong with them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.rng = np.random.default_rng([seed, 1])
        self.cases: Cases = defaultdict(list)

    def picture(self) -> Image.Image:
        return picture(self.rng, *map(int, self.rng.integers(52, 76, 2)))

    def note(self, codes: str, *words: str) -> None:
        for code in codes.split():
            self.cases[code].append(words)

    def write(self, codes: str, file: str, content: bytes) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.note(codes, file)

    def save(self, codes: str, file: str, image: Image.Image, format: str = "", **options: object) -> None:
        self.write(codes, file, encoded(image, format or endings()[Path(file).suffix], **options))


def endings() -> dict[str, str]:
    Image.init()
    return Image.registered_extensions()


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    content = BytesIO()
    image.save(content, format, **options)
    return content.getvalue()


def of_size(png: bytes, side: int) -> bytes:
    """A PNG whose header promises so many pixels a side."""
    header = b"IHDR" + side.to_bytes(4, "big") * 2 + png[24:29]
    return png[:12] + header + crc32(header).to_bytes(4, "big") + png[33:]


def files(plant: Planter) -> None:
    whole, png = encoded(plant.picture(), "JPEG"), encoded(plant.picture(), "PNG")
    os.symlink(plant.folder / "nowhere.jpg", plant.folder / "train/ape/gone.jpg")
    plant.note("F101", "train/ape/gone.jpg")
    plant.write("F102", "train/ape/nothing.jpg", b"")
    plant.write("F102", "test/cat/zeros.png", b"\0" * 5000)
    plant.write("F103", "train/bat/page.jpg", b"<!doctype html><title>404</title>")
    plant.write("F103", "val/bat/film.png", b"\0\0\0\x18ftypisom" + b"\1" * 90)
    plant.write("F103", "train/dog/drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    plant.write("F104", "train/cat/bomb.png", of_size(png, 60_000))
    plant.write("F105", "train/dog/cut.jpg", whole[: len(whole) // 2])
    plant.write("F105", "test/dog/cut.png", png[: len(png) // 2])
    plant.write("F106", "train/eel/damaged.png", png[:100] + bytes(byte ^ 255 for byte in png[100:110]) + png[110:])
    plant.save("F107", "train/ape/mistaken.jpg", plant.picture(), "PNG")
    plant.save("F107", "train/ape/mistaken.webp", plant.picture(), "JPEG")
    frames = [plant.picture().resize((60, 60)) for _ in range(3)]
    plant.save("F108 P203", "train/bat/moving.gif", frames[0], save_all=True, append_images=frames[1:])
    plant.save("F108", "train/bat/moving.webp", frames[1], save_all=True, append_images=frames[:1], lossless=True)
    for junk in ("train/cat/.hidden.jpg", "train/cat/Thumbs.db", ".DS_Store", "test/dog/._1.jpg"):
        plant.write("F109", junk, whole)
    for folder in ("__MACOSX", "train/.ipynb_checkpoints", "val/eel/@eaDir"):
        plant.write("", f"{folder}/1.jpg", whole)
        plant.note("F109", folder)
    for other in ("labels.csv", "train/readme.txt", "train/cat/notes.md"):
        plant.write("F110", other, b"some words")
    plant.save("F111", "train/loose.jpg", plant.picture())


def pixels(plant: Planter) -> None:
    exif = Image.Exif()
    exif[274] = 6
    plant.save("P201", "train/ape/turned.jpg", plant.picture(), exif=exif)
    plant.save("P201", "test/ape/turned.png", plant.picture(), exif=exif)
    plant.save("P202", "train/bat/print.jpg", plant.picture().convert("CMYK"))
    plant.save("P203", "train/cat/palette.png", plant.picture().quantize(64))
    seen_through = plant.picture()
    seen_through.putalpha(128)
    plant.save("P204", "train/cat/alpha.png", seen_through)
    deep = np.asarray(plant.picture().convert("L")).astype(np.uint16) * 257
    plant.save("P205", "train/dog/deep.png", Image.fromarray(deep))
    plant.save("P205", "train/dog/float.tif", Image.fromarray(plant.rng.random((60, 60), np.float32)))
    png = encoded(plant.picture(), "PNG")
    linear = b"gAMA" + (100_000).to_bytes(4, "big")
    chunk = (4).to_bytes(4, "big") + linear + crc32(linear).to_bytes(4, "big")
    plant.write("P209", "train/dog/linear.png", png[:33] + chunk + png[33:])
    plant.save("P206", "train/eel/black.png", Image.new("RGB", (64, 60)))
    plant.save("P206", "train/eel/green.jpg", Image.new("RGB", (60, 64), (20, 200, 20)))
    plant.save("P207", "train/eel/thumbnail.png", plant.picture().resize((12, 9)))


def classes(plant: Planter) -> None:
    def add(name: str, **counts: int) -> None:
        for split, count in counts.items():
            for number in range(count):
                plant.save("", f"{split}/{name}/{number}.jpg", plant.picture(), quality=85)

    add("fox", val=3, test=3)
    plant.note("C301", "fox: 6 elsewhere")
    add("gnu", train=4, test=3)
    plant.note("C302", "gnu: none in val")
    (plant.folder / "train/hen").mkdir()
    plant.note("C303", "train/hen")
    plant.write("F110", "train/ibex/readme.txt", b"soon")
    plant.note("C303", "train/ibex")
    add("jay", train=1)
    plant.note("C304", "jay")
    add("kea", train=1, val=1, test=1)
    add("Owl", train=3, val=2, test=2)
    add("owl", train=3, val=2, test=2)
    plant.note("C306", "Owl and owl")


def largest(folder: Path, unreadable: set[str]) -> int:
    """The images of the largest class that can be read."""

    def counts(path: Path) -> bool:
        return path.suffix in known and path.name[0] != "." and str(path.relative_to(folder)) not in unreadable

    known = endings()
    return max(sum(map(counts, folder.glob(f"*/{name}/*"))) for name in CLASSES)


def duplicates(plant: Planter) -> None:
    def copies(codes: str, *files: str) -> None:
        image = plant.picture()
        for effort, file in enumerate(files):  # the same pixels, in files that differ
            plant.save("", file, image, compress_level=9 - effort)
        plant.note(codes, *files)

    copies("D401", "train/ape/copy1.png", "train/ape/copy2.png")
    copies("D401", "test/bat/copy1.png", "test/bat/copy2.png", "test/bat/copy3.png")
    copies("D402", "train/cat/leak.png", "test/cat/leak.png")
    copies("D402", "train/cat/leaks.png", "val/cat/leaks.png", "test/cat/leaks.png")
    copies("D403", "train/ape/either.png", "train/dog/either.png")
    copies("D403", "train/bat/or.png", "test/eel/or.png")

    def near(codes: str, first: str, second: str, change: Callable[[Image.Image], Image.Image]) -> None:
        image = picture(plant.rng, 72, 60)
        plant.save("", first, image, quality=90)
        plant.save("", second, change(image), quality=60)
        plant.note(codes, first, second)

    near("D404", "train/ape/near1.jpg", "train/ape/near2.jpg", lambda image: image)
    near("D404", "val/bat/near1.jpg", "val/bat/near2.jpg", lambda image: image.resize((60, 50)))
    near("D405", "train/cat/near.jpg", "test/cat/near.jpg", lambda image: image.resize((66, 55)))
    near("D405", "train/dog/near.jpg", "val/eel/near.jpg", lambda image: image.point(lambda value: value * 0.9 + 10))


def shortcuts(plant: Planter) -> None:
    """All dogs with a camera's 20 kB behind the image, all eels twice as wide as high; the others stay as they are."""
    for path in sorted({*plant.folder.glob("*/dog/[!.]*.*")} - {*plant.folder.glob("*/dog/cut.*")}):
        path.write_bytes(path.read_bytes() + plant.rng.bytes(20_000))
    for path in sorted(plant.folder.glob("*/eel/[0-9]*.*")):
        height = int(plant.rng.integers(37, 54))  # as many pixels as the others have
        picture(plant.rng, 2 * height, height).save(path, quality=85)
    plant.note("S501", "dog")
    plant.note("S502", "eel")
