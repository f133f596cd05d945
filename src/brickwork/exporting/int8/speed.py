"""Speed of int8 beside float32 and bfloat16, in rounds by turns."""

from functools import partial
from pathlib import Path

import numpy as np

from brickwork.data.dataset import Images
from brickwork.exporting.bench.timing import interleave, ratio_spread, spread
from brickwork.exporting.engines import FP32, INT8, has_bf16, open_engine
from brickwork.exporting.int8.sheet import PrecisionSpeed
from brickwork.runtime.choice import BF16

BATCHES = (1, 32)
SECONDS = 2.0  # for each engine at each batch


def measure_speeds(float_path: Path, int8_path: Path, engines: list[str], pixels: Images) -> tuple[PrecisionSpeed, ...]:
    """Every engine's times in float32, in bfloat16 where it has that, and in int8."""
    return tuple(
        speed
        for engine in engines
        for batch in BATCHES
        for speed in engine_speeds(float_path, int8_path, engine, np.resize(pixels, (batch, *pixels.shape[1:])))
    )


def engine_speeds(float_path: Path, int8_path: Path, engine: str, pixels: Images) -> list[PrecisionSpeed]:
    paths = {FP32: float_path}
    if engine == "openvino" and has_bf16():
        paths[BF16] = float_path
    paths[INT8] = int8_path
    opened = {precision: open_engine(path, engine, precision) for precision, path in paths.items()}
    times = interleave([partial(each.run, pixels) for each in opened.values()], SECONDS)
    return [
        PrecisionSpeed(each.name, precision, len(pixels), spread(found), ratio_spread(times[0], found))
        for (precision, each), found in zip(opened.items(), times, strict=True)
    ]
