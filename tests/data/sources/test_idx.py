import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from brickwork.data.dataset import ArraySplit, Dataset
from brickwork.data.sources.idx import open_idx, read_idx
from brickwork.errors import BrickworkError


def idx(values: NDArray[np.uint8]) -> bytes:
    return struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()


def write(
    folder: Path, *, count: int = 20, form: str = "{}-idx{}-ubyte", zipped: bool = False, labels: int = 10
) -> Path:
    """A small MNIST: as many test images as training images, and the labels in turn."""
    for stem in ("train", "t10k"):
        images = np.random.default_rng(len(stem)).integers(0, 256, (count, 6, 5), np.uint8)
        for name, values in ((f"{stem}-images", images), (f"{stem}-labels", np.arange(count, dtype=np.uint8) % labels)):
            file = form.format(name, values.ndim) + (".gz" if zipped else "")
            (folder / file).write_bytes(gzip.compress(idx(values)) if zipped else idx(values))
    return folder


def arrays(dataset: Dataset, split: str) -> ArraySplit:
    found = dataset.splits[split]
    assert isinstance(found, ArraySplit)
    return found


def refusal(folder: Path) -> str:
    with pytest.raises(BrickworkError) as caught:
        open_idx(folder, "mnist")
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(str(folder), "DATA")


@pytest.mark.parametrize("form", ["{}-idx{}-ubyte", "{}.idx{}-ubyte"])
@pytest.mark.parametrize("zipped", [False, True])
def test_the_four_files_go_by_every_name_that_is_in_use(form: str, zipped: bool, tmp_path: Path) -> None:
    found = open_idx(write(tmp_path, form=form, zipped=zipped), "mnist")
    assert (found.name, found.shape) == ("mnist", (1, 6, 5))
    assert found.classes == tuple("0123456789")
    assert {name: len(split) for name, split in found.splits.items()} == {"train": 20, "test": 20}
    assert found.splits["test"].labels.tolist() == [*range(10), *range(10)]
    assert found.splits["train"].labels.dtype == np.int64


def test_the_values_are_those_of_the_file(tmp_path: Path) -> None:
    train = arrays(open_idx(write(tmp_path), "mnist"), "train")
    expected = np.random.default_rng(5).integers(0, 256, (20, 6, 5), np.uint8)
    assert (train.images[:, 0] == expected).all()
    assert (np.asarray(train.image(7)) == expected[7]).all()
    assert train.image(7).mode == "L"
    assert train.names[7] == str(tmp_path / "train-images-idx3-ubyte#7")


def test_classes_txt_names_the_classes(tmp_path: Path) -> None:
    (write(tmp_path, labels=3) / "classes.txt").write_text("\ufeffT-shirt/top\r\n\n Käfer \nbag", encoding="utf-8")
    assert open_idx(tmp_path, "mnist").classes == ("T-shirt/top", "Käfer", "bag")


def test_digits_go_on_where_the_labels_do(tmp_path: Path) -> None:
    assert open_idx(write(tmp_path, labels=12), "letters").classes[-1] == "11"


def test_classes_txt_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (write(tmp_path) / "classes.txt").write_text("a\nb\nc")
    assert refusal(tmp_path) == "DATA/classes.txt names 3 classes, but the labels go up to 9, counted from 0."
    (tmp_path / "classes.txt").write_text("a\na\n" + "\n".join("bcdefghij"))
    assert refusal(tmp_path) == "DATA/classes.txt names a class twice."
    (tmp_path / "classes.txt").write_bytes(b"caf\xe9\n")
    assert refusal(tmp_path) == "DATA/classes.txt is no UTF-8 text: save it as UTF-8."


def test_training_alone_is_enough_and_testing_alone_is_not(tmp_path: Path) -> None:
    write(tmp_path)
    for file in tmp_path.glob("t10k*"):
        file.rename(tmp_path / file.name.replace("t10k", "old"))
    assert list(open_idx(tmp_path, "mnist").splits) == ["train"]
    for file in tmp_path.glob("train*"):
        file.rename(tmp_path / file.name.replace("train", "t10k"))
    assert refusal(tmp_path).startswith("DATA has no train-images-idx3-ubyte")


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(19, np.uint8)))
    assert refusal(tmp_path) == (
        "DATA/train-labels-idx1-ubyte has 19 labels for the 20 images of DATA/train-images-idx3-ubyte."
    )
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    assert refusal(tmp_path) == (
        "DATA/train-images-idx3-ubyte has no labels beside it: train-labels-idx1-ubyte[.gz] is missing."
    )
    write(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(np.zeros((20, 7, 7), np.uint8)))
    assert refusal(tmp_path) == "DATA: training and test images differ in size (6x5 and 7x7)."


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("rank", [1, 3])
def test_a_file_that_was_cut_anywhere_is_refused(zipped: bool, rank: int, tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 256, (5, 4, 3)[:rank], np.uint8)
    whole = gzip.compress(idx(values)) if zipped else idx(values)
    path = tmp_path / ("a.gz" if zipped else "a")
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(BrickworkError, match=r"is damaged|is no idx"):
            read_idx(path, rank)
    path.write_bytes(whole)
    assert (read_idx(path, rank) == values).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "A is no idx3 file of unsigned bytes: expected it to begin with 00000803, found nothing."),
        (b"<html>", "A is no idx3 file of unsigned bytes: expected it to begin with 00000803, found 3c68746d."),
        (b"\0\0\x0d\x03", "A is no idx3 file of unsigned bytes: expected it to begin with 00000803, found 00000d03."),
        (b"\0\0\x08\x03\0\0", "A is damaged: expected a header of 16 bytes, found 6."),
        (
            b"\0\0\x08\x03\0\0\0\2\0\0\0\3\0\0\0\4" + bytes(20),
            "A is damaged: expected 24 values (2 x 3 x 4), found 20. Fetch it again.",
        ),
        (
            b"\0\0\x08\x03\0\0\0\2\0\0\0\3\0\0\0\4" + bytes(25),
            "A is damaged: expected 24 values (2 x 3 x 4), found more. Fetch it again.",
        ),
        (
            b"\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(25),
            "A is damaged: expected 79,228,162,458,924,105,385,300,197,375 values "
            "(4294967295 x 4294967295 x 4294967295), found 25. Fetch it again.",
        ),
    ],
)
def test_a_damaged_file_says_what_was_expected_and_what_was_found(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(BrickworkError) as caught:
        read_idx(tmp_path / "a", rank=3)
    assert str(caught.value).replace(str(tmp_path / "a"), "A") == message


def test_a_zipped_file_with_a_flipped_bit_is_refused(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 9, (20, 8, 8), np.uint8)
    whole = gzip.compress(idx(values), mtime=0)
    path = tmp_path / "a.gz"
    for place in range(10, len(whole), 7):  # behind gzip's own header, of which not every bit counts
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(BrickworkError, match=r"a\.gz is (damaged|no idx)"):
            read_idx(path, rank=3)


def test_what_is_called_zipped_and_is_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(b"<html>404</html>")
    with pytest.raises(BrickworkError, match=r"a\.gz is damaged: Not a gzipped file"):
        read_idx(tmp_path / "a.gz", rank=3)


def test_no_images_are_refused(tmp_path: Path) -> None:
    write(tmp_path, count=0)
    assert refusal(tmp_path) == "DATA/train-images-idx3-ubyte holds no pixels: its sizes are 0 x 6 x 5."


def test_more_values_than_are_held_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    header = struct.pack(">4B3I", 0, 0, 8, 3, 100_000, 1000, 1000)
    (tmp_path / "a.gz").write_bytes(gzip.compress(header + bytes(50_000_000)))
    with pytest.raises(
        BrickworkError, match="states 100,000,000,000 values; idx files of up to 2,147,483,648 are read"
    ):
        read_idx(tmp_path / "a.gz", rank=3)
