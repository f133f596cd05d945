"""What a training on many devices would take, by arithmetic alone: step time, all-reduce, efficiency, batch, memory."""

from brickwork.scaling.cluster import Cluster
from brickwork.scaling.scaling import ScaleRow, Scaling, scale

__all__ = ["Cluster", "ScaleRow", "Scaling", "scale"]
