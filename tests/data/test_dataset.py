import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch.utils.data import DataLoader

import faults
from brickwork.data import Unreadable, open_data
from brickwork.data.dataset import ArraySplit, Dataset, FileSplit, Split
from brickwork.errors import BrickworkError


def dataset(counts: list[int]) -> Dataset:
    """Classes of so many images each; image number i is filled with i."""
    labels = np.repeat(np.arange(len(counts)), counts)
    images = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1) * np.ones((1, 1, 2, 2), np.uint8)
    train = ArraySplit(labels, images, "file", tuple(range(len(labels))))
    return Dataset("set", tuple(map(str, range(len(counts)))), {"train": train, "test": train.subset([0])})


def numbers(found: Dataset, split: str) -> list[int]:
    part = found.splits[split]
    assert isinstance(part, ArraySplit)
    assert part.images[:, 0, 0, 0].tolist() == list(part.numbers)  # images, labels and names stay together
    assert [name.removeprefix("file#") for name in part.names] == list(map(str, part.numbers))
    return list(part.numbers)


def test_validation_is_about_a_tenth_of_every_class() -> None:
    found = dataset([100, 80, 70]).with_validation()
    assert np.bincount(found.splits["val"].labels).tolist() == [3, 9, 8]  # each within chance of a tenth
    assert sorted(numbers(found, "train") + numbers(found, "val")) == list(range(250))
    assert list(found.splits) == ["train", "val", "test"]


def test_validation_is_drawn_by_the_seed() -> None:
    whole = dataset([50, 30])
    assert numbers(whole.with_validation(seed=1), "val") == numbers(whole.with_validation(seed=1), "val")
    assert numbers(whole.with_validation(seed=1), "val") != numbers(whole.with_validation(seed=2), "val")


def test_validation_that_is_there_is_kept() -> None:
    whole = dataset([50, 30]).with_validation(0.5)
    assert whole.with_validation(0.1) is whole


def test_a_class_of_one_image_stays_in_train_and_one_of_two_is_shared() -> None:
    found = dataset([1, 2, 3]).with_validation(0.01)
    assert np.bincount(found.splits["val"].labels, minlength=3).tolist() == [0, 1, 1]
    assert np.bincount(found.splits["train"].labels).tolist() == [1, 1, 2]


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, 1.5])
def test_a_share_that_is_none_is_refused(fraction: float) -> None:
    with pytest.raises(BrickworkError, match=f"between 0 and 1, not {fraction}"):
        dataset([5, 5]).with_validation(fraction)


def test_validation_takes_whole_groups() -> None:
    whole = dataset([50, 30])
    grouped = replace(whole.splits["train"], groups=tuple(f"p{i // 4}" for i in range(80)))
    found = replace(whole, splits={"train": grouped}).with_validation()
    assert not set(found.splits["val"].groups) & set(found.splits["train"].groups)
    assert len(set(found.splits["val"].groups)) >= 1


def test_validation_of_one_group_is_refused() -> None:
    whole = dataset([50, 30])
    grouped = replace(whole.splits["train"], groups=("p1",) * 80)
    with pytest.raises(BrickworkError, match=r"^set: all training images are of one group, p1, and none is left"):
        replace(whole, splits={"train": grouped}).with_validation()


def test_the_whole_is_every_image_of_all_splits_in_natural_order() -> None:
    files = tuple(f"cat/{i}.jpg" for i in (0, 3, 20, 100))
    more = tuple(f"cat/{i}.jpg" for i in (1, 10, 2))
    splits = {
        "train": FileSplit(np.array([0, 0, 1, 1]), Path("/set"), files, groups=("a", "b", "c", "d")),
        "test": FileSplit(np.array([1, 0, 1]), Path("/set"), more, groups=("e", "f", "g")),
    }
    whole = Dataset("set", ("cat", "dog"), dict(splits)).split("all")
    assert list(whole.keys) == [f"cat/{i}.jpg" for i in (0, 1, 2, 3, 10, 20, 100)]
    assert list(whole.names) == [f"/set/cat/{i}.jpg" for i in (0, 1, 2, 3, 10, 20, 100)]
    assert whole.labels.tolist() == [0, 1, 1, 0, 0, 1, 1]
    assert whole.groups == ("a", "e", "g", "b", "f", "c", "d")
    some = whole.subset([5, 1])
    assert (list(some.keys), some.labels.tolist(), some.groups) == (["cat/20.jpg", "cat/1.jpg"], [1, 1], ("c", "e"))


def test_the_whole_of_arrays_gives_each_image_its_own_pixels() -> None:
    images = np.arange(6, dtype=np.uint8).reshape(-1, 1, 1, 1) * np.ones((1, 1, 2, 2), np.uint8)
    train = ArraySplit(np.arange(4), images[:4], "/set/train-images-idx3-ubyte.gz", (0, 1, 2, 3))
    test = ArraySplit(np.arange(4, 6), images[4:], "/set/t10k-images.idx3-ubyte", (0, 1))
    whole = Dataset("set", tuple("abcdef"), {"train": train, "test": test}).whole()
    assert list(whole.keys) == ["t10k/0", "t10k/1", "train/0", "train/1", "train/2", "train/3"]
    assert [whole.image(i).getpixel((0, 0)) for i in range(6)] == whole.labels.tolist() == [4, 5, 0, 1, 2, 3]
    assert whole.read_bytes(1) == bytes([5] * 4)


def test_a_set_of_one_split_is_its_own_whole() -> None:
    found = Dataset("set", ("0", "1"), {"train": dataset([2, 2]).splits["train"]})
    assert found.whole() is found.splits["train"]


def test_a_split_is_sent_to_other_processes_without_what_was_derived_from_it() -> None:
    split = FileSplit(np.zeros(1000, np.int64), Path("/a/long/way/to/the/images"), tuple(map(str, range(1000))))
    before = len(pickle.dumps(split))
    assert split.names[7] == "/a/long/way/to/the/images/7"
    sent = pickle.dumps(split)
    assert len(sent) == before < 30_000
    assert pickle.loads(sent).names == split.names


def test_a_split_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(BrickworkError, match=r"^set has no split 'val': it has train, test\.$"):
        dataset([5, 5]).split("val")


def test_files_are_drawn_by_their_place_in_the_set_and_not_by_that_of_the_set() -> None:
    files = tuple(f"cat/{i}.jpg" for i in range(40))
    drawn = [
        Dataset("set", ("cat",), {"train": FileSplit(np.zeros(40, np.int64), Path(root), files)}).with_validation()
        for root in ("/one", "/two")
    ]
    assert drawn[0].splits["val"].keys == drawn[1].splits["val"].keys


def test_colour_arrays_give_colour_images() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 5), np.uint8)
    image = ArraySplit(np.zeros(2, np.int64), images, "file", (0, 1)).image(1)
    assert (image.mode, image.size) == ("RGB", (5, 4))
    assert (np.asarray(image).transpose(2, 0, 1) == images[1]).all()


def test_files_are_decoded_when_they_are_asked_for(tmp_path: Path) -> None:
    split = FileSplit(np.zeros(1, np.int64), tmp_path, ("late.png",))
    Image.new("RGB", (3, 2), "red").save(tmp_path / "late.png")
    assert split.image(0).getpixel((0, 0)) == (255, 0, 0)


# Splits are map-style


def solid(folder: Path, count: int = 7) -> FileSplit:
    """Image number i is filled with i, and of class i % 3."""
    for i in range(count):
        Image.new("L", (5, 4), i).save(folder / f"{i}.png")
    return FileSplit(np.arange(count) % 3, folder, tuple(f"{i}.png" for i in range(count)))


def shade_and_label(sample: tuple[Image.Image, int]) -> tuple[object, int]:
    image, label = sample
    return image.getpixel((0, 0)), label


def test_an_item_of_a_split_is_the_image_and_its_label(tmp_path: Path) -> None:
    split = solid(tmp_path)
    assert len(split) == 7
    image, label = split[4]
    assert (image.mode, image.size, image.getpixel((0, 0)), label, type(label)) == ("L", (5, 4), 4, 1, int)
    assert shade_and_label(split[-1]) == (6, 0)
    assert shade_and_label(split[-7]) == (0, 0)
    assert [shade_and_label(sample) for sample in split] == [(i, i % 3) for i in range(7)]
    assert [shade_and_label(sample) for sample in split] == [(i, i % 3) for i in range(7)]  # a second time


@pytest.mark.parametrize("i", [7, 100, -8])
def test_an_item_past_the_end_is_an_index_error(tmp_path: Path, i: int) -> None:
    with pytest.raises(IndexError, match=f"^image {i} of a split of 7 images$"):
        solid(tmp_path)[i]


def test_an_item_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    split = solid(tmp_path)
    (tmp_path / "2.png").write_text("<html>")
    assert shade_and_label(split[1]) == (1, 1)
    with pytest.raises(Unreadable, match=r"2\.png is unreadable: HTML text, not an image\.$"):
        split[2]


def as_list(samples: list[tuple[Image.Image, int]]) -> list[tuple[object, int]]:
    return [shade_and_label(sample) for sample in samples]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("kind", ["files", "arrays", "joined"])
def test_a_split_is_a_dataset_for_torchs_loader(tmp_path: Path, workers: int, kind: str) -> None:
    images = np.arange(7, dtype=np.uint8).reshape(-1, 1, 1, 1) * np.ones((1, 1, 4, 5), np.uint8)
    array = ArraySplit(np.arange(7) % 3, images, "file", tuple(range(7)))
    parts: dict[str, Split] = {"train": array.subset([0, 1, 2]), "test": array.subset([3, 4, 5, 6])}
    splits = {"files": solid(tmp_path), "arrays": array, "joined": Dataset("set", tuple("abc"), parts).whole()}
    context = "spawn" if workers else None  # so that it is pickled
    loader = DataLoader(
        splits[kind],  # type: ignore[arg-type]
        batch_size=3, num_workers=workers, multiprocessing_context=context, collate_fn=as_list,
    )  # fmt: skip
    assert list(loader) == [[(0, 0), (1, 1), (2, 2)], [(3, 0), (4, 1), (5, 2)], [(6, 0)]]


# Short reprs


def test_reprs_say_what_there_is(tmp_path: Path) -> None:
    split = FileSplit(np.arange(1234) % 5, Path("photos"), tuple(map(str, range(1234))))
    assert repr(split) == "FileSplit(1,234 images of 5 classes, 'photos')"
    array = dataset([2, 3]).splits["train"]
    assert repr(array) == "ArraySplit(5 images of 2 classes, 'file')"
    whole = Dataset("pets", tuple("abcde"), {"train": split, "test": array})
    assert repr(whole.whole()) == "JoinedSplit(1,239 images of 5 classes, 'photos + file')"
    assert repr(whole) == "Dataset('pets', 5 classes, train 1,234, test 5)"
    assert repr(split.subset([])) == "FileSplit(0 images of 0 classes, 'photos')"


def test_reprs_stay_short_however_much_there_is() -> None:
    count = 10_000
    long = "/a very long folder" * 100
    split = FileSplit(np.arange(count), Path(long), tuple(f"{i}.png" for i in range(count)))
    classes = tuple(f"class number {i}" for i in range(count))
    data = Dataset("name" * 500, classes, {f"split number {i}": split for i in range(100)}, notes=("note" * 1000,))
    joined = Dataset("set", classes, {"train": split, "test": split}).whole()
    for thing in (split, data, joined):
        assert len(repr(thing)) < 400, repr(thing)
    assert len(Dataset("n", classes, {"train": split})._repr_html_()) < 600


def test_a_notebook_gets_a_table_in_which_everything_is_escaped() -> None:
    strange = Dataset("<b>&", ("<script>", "a & b"), {"<i>": dataset([2, 3]).splits["train"]})
    assert strange._repr_html_() == (
        "<table><caption><b>&lt;b&gt;&amp;</b>: 2 classes (&lt;script&gt;, a &amp; b)</caption>"
        "<tr><th>split</th><th>images</th><th>classes</th></tr>"
        "<tr><td>&lt;i&gt;</td><td>5</td><td>2</td></tr></table>"
    )


# Paths as str and as Path


@pytest.mark.parametrize("kind", [str, Path])
def test_a_folder_is_named_by_text_and_by_path_alike(tmp_path: Path, kind: Callable[[Path], str | Path]) -> None:
    faults.clean(tmp_path / "set", 0)
    opened = open_data(kind(tmp_path / "set"))
    assert (opened.name, opened.source) == ("set", str((tmp_path / "set").resolve()))
    split = FileSplit(np.zeros(1, np.int64), kind(tmp_path), ("a.png",))  # type: ignore[arg-type]
    Image.new("L", (3, 3), 9).save(tmp_path / "a.png")
    assert shade_and_label(split[0]) == (9, 0)
    assert split.path(0) == tmp_path / "a.png"


@pytest.mark.parametrize("i", [slice(0, 2), "0", 1.0, [0, 1]])
def test_what_is_no_number_of_an_image_is_told(i: object) -> None:
    with pytest.raises(BrickworkError, match=r"^the number of an image is an int, not .*; several are subset"):
        dataset([8]).splits["train"][i]  # type: ignore[index]


def test_a_number_of_an_image_may_be_numpys() -> None:
    split = dataset([8]).splits["train"]
    assert split[np.int64(-1)][1] == split[7][1]
