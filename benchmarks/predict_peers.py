"""Peers of `predict.py`: resnet18 labels a folder's images, as people write it with torchvision, timm and OpenVINO.

python benchmarks/predict_peers.py MODELS torchvision WORKERS PHOTOS TABLE
python benchmarks/predict_peers.py MODELS timm WORKERS PHOTOS TABLE
python benchmarks/predict_peers.py MODELS openvino PRECISION BATCH PHOTOS TABLE
"""

import csv
import os
import sys
from collections.abc import Iterable
from pathlib import Path

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
BATCH = 64


def files(photos: Path) -> list[str]:
    return sorted(map(str, photos.rglob("*.jpg")))


def write(table: Path, names: Iterable[str], labels: Iterable[int]) -> None:
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([("path", "label"), *zip(names, labels, strict=True)])


def by_torchvision(models: Path, workers: int, photos: Path, table: Path) -> None:
    """The plain loop: a dataset with torchvision's transforms, a DataLoader, the model in evaluation mode."""
    import torch
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset
    from torchvision import models as zoo
    from torchvision.transforms import v2

    steps = v2.Compose(
        [
            v2.ToImage(), v2.Resize(256), v2.CenterCrop(224),
            v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD),
        ]
    )  # fmt: skip
    names = files(photos)

    class Photos(Dataset):
        def __len__(self) -> int:
            return len(names)

        def __getitem__(self, place: int) -> torch.Tensor:
            return steps(Image.open(names[place]).convert("RGB"))

    model = zoo.resnet18()
    model.load_state_dict(torch.load(models / "torchvision.pth", weights_only=True))
    model.eval()
    labels: list[int] = []
    with torch.inference_mode():
        for batch in DataLoader(Photos(), batch_size=BATCH, num_workers=workers):
            labels += model(batch).softmax(1).argmax(1).tolist()
    write(table, names, labels)


def by_timm(models: Path, workers: int, photos: Path, table: Path) -> None:
    """timm's inference: its dataset, its loader with its evaluation transforms, its model."""
    import timm
    import torch
    from timm.data import create_dataset, create_loader

    model = timm.create_model("resnet18")
    model.load_state_dict(torch.load(models / "torchvision.pth", weights_only=True))
    model.eval()
    dataset = create_dataset(root=str(photos), name="")
    loader = create_loader(
        dataset, (3, 224, 224), BATCH, use_prefetcher=False, num_workers=workers, interpolation="bilinear",
        mean=MEAN, std=STD, crop_pct=0.875, device=torch.device("cpu"),
    )  # fmt: skip
    labels: list[int] = []
    with torch.inference_mode():
        for batch, _ in loader:
            labels += model(batch).softmax(-1).topk(1, 1)[1].flatten().tolist()
    write(table, dataset.filenames(), labels)


def by_openvino(models: Path, precision: str, size: int, photos: Path, table: Path) -> None:
    """Threads that decode by Pillow, and OpenVINO's queue of requests with its hint for throughput."""
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np
    import openvino
    from PIL import Image

    core = openvino.Core()
    config = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": {"fp32": "f32"}.get(precision, precision)}
    queue = openvino.AsyncInferQueue(core.compile_model(models / "resnet18.xml", "CPU", config))
    names = files(photos)
    labels = [0] * len(names)

    def answer(request: openvino.InferRequest, start: int) -> None:
        for place, scores in enumerate(request.get_tensor("logits").data, start):
            labels[place] = int(scores.argmax())

    def read(start: int) -> tuple[int, "np.ndarray"]:
        return start, np.stack([pixels(name) for name in names[start : start + size]])

    def pixels(name: str) -> "np.ndarray":
        image = Image.open(name).convert("RGB")
        scale = 256 / min(image.size)
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BILINEAR)
        left, top = (image.width - 224) // 2, (image.height - 224) // 2
        return np.asarray(image.crop((left, top, left + 224, top + 224))).transpose(2, 0, 1)

    queue.set_callback(answer)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start, batch in pool.map(read, range(0, len(names), size)):
            queue.start_async({"images": batch}, start)
    queue.wait_all()
    write(table, names, labels)


if __name__ == "__main__":
    models, how, *words = sys.argv[1:]
    photos, table = map(Path, words[-2:])
    if how == "openvino":
        by_openvino(Path(models), words[0], int(words[1]), photos, table)
    else:
        {"torchvision": by_torchvision, "timm": by_timm}[how](Path(models), int(words[0]), photos, table)
