"""A process's share of a training: which micro-batches of each batch are its own."""

from dataclasses import dataclass

from brickwork.errors import BrickworkError


@dataclass(frozen=True)
class Share:
    """Share of one of `world_size` processes, which are numbered from 0 by their rank."""

    rank: int = 0
    world_size: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.world_size:
            raise BrickworkError(f"rank is 0 to {self.world_size - 1} where world_size is {self.world_size}.")

    def of(self, count: int) -> range:
        """The numbers, of `count`, that are this process's own: neighbours, and nearly as many as any other's."""
        return range(self.rank * count // self.world_size, (self.rank + 1) * count // self.world_size)
