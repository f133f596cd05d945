"""Draws the pictures of docs/pictures.md into docs/pictures: python scripts/pictures_of_docs.py"""

from pathlib import Path
from typing import NamedTuple

from brickwork import draw, draw_family, draw_pair, family, zoo
from brickwork.drawing import Picture

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"


class Figure(NamedTuple):
    """A picture of the page, with what `brickwork show` is asked for it."""

    network: str
    input: str = ""
    depth: str | None = None
    unfold: tuple[str, ...] = ()
    paint: str = ""
    height: float = 0

    def draw(self) -> Picture:
        network = zoo.network(self.network, input=zoo.brackets.shape(self.input) if self.input else None)
        return draw(network, depth=self.depth, unfold=self.unfold, paint=self.paint, height=self.height)

    def command(self, file: str) -> str:
        """The line that draws it."""
        name = f"'{self.network}'" if "[" in self.network else self.network
        options = (("input", self.input), ("depth", self.depth), ("paint", self.paint), ("height", f"{self.height:g}"))
        words = [f"--{option} {value}" for option, value in options if value and value != "0"]
        words += [f"--unfold {path}" for path in self.unfold]
        return " ".join(["brickwork show", name, "--svg", file, *words])


class Pair(NamedTuple):
    """Two networks side by side."""

    one: str
    two: str
    height: float

    def draw(self) -> Picture:
        return draw_pair(zoo.network(self.one), zoo.network(self.two), height=self.height)

    def command(self, file: str) -> str:
        return f"brickwork show {self.one} {self.two} --svg {file} --height {self.height:g}"


class Tree(NamedTuple):
    """A family of networks."""

    networks: tuple[str, ...]

    def draw(self) -> Picture:
        return draw_family(family([zoo.network(name) for name in self.networks]))

    def command(self, file: str) -> str:
        return f"brickwork family {' '.join(self.networks)} --svg {file}"


FIGURES: dict[str, Figure | Pair | Tree] = {
    "lenet5.svg": Figure("lenet5"),
    "vgg16.svg": Figure("vgg16", height=700),
    "nin.svg": Figure("nin", height=700),
    "googlenet.svg": Figure("googlenet", depth="block", height=700),
    "googlenet-unfolded.svg": Figure("googlenet", height=1300),
    "googlenet-4a.svg": Figure("googlenet", unfold=("stage4.4a",), height=800),
    "inception_v3.svg": Figure("inception_v3", height=1300),
    "inception_v4.svg": Figure("inception_v4", height=1400),
    "resnet34.svg": Figure("resnet34", height=900),
    "resnet50.svg": Figure("resnet50", height=1200),
    "seresnet50.svg": Figure("seresnet50", height=1100),
    "resnet20-pre.svg": Figure("resnet20[flavor=pre]", height=900),
    "vgg16-params.svg": Figure("vgg16", paint="params", height=700),
    "vgg16-misfit.svg": Figure("vgg16", input="3x20x20", depth="block"),
    "alexnet-vgg16.svg": Pair("alexnet", "vgg16", 800),
    "family.svg": Tree(("lenet5", "alexnet", "vgg16", "nin", "googlenet", "resnet34")),
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for file, figure in FIGURES.items():
        figure.draw().save(FOLDER / file)


if __name__ == "__main__":
    main()
