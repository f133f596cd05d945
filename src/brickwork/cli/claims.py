"""A lecture's tables and numbers beside what the networks here give.

The slides are Smola and Li's (Berkeley, STAT 157, 2019): images of one channel, ten classes. What a slide says
stands below and in brickwork.papers; what it is held against is computed from the networks, blocks and layers.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import NamedTuple

from brickwork import zoo
from brickwork.network import Network, Row, Shape, cost, shape_after, with_input
from brickwork.network.blocks import conv
from brickwork.network.columns import RULE, format_columns
from brickwork.network.columns import Row as Line
from brickwork.network.cost import Piece
from brickwork.network.layer import shape_text
from brickwork.network.layers import BatchNorm, Conv, Linear, MaxPool
from brickwork.network.propagate import Signal, propagate
from brickwork.papers.printed import Verdict, as_printed, verdict_of
from brickwork.papers.tables.lecture import DENSE, GOOGLENET, GOOGLENET_96, NIN, VGG

LAYERS = {  # on 192x28x28: weights and MACs on the slide
    "Inception 3a": ("0.16M", "128M"),
    "3x3 convolution": ("0.44M", "346M"),
    "5x5 convolution": ("1.22M", "963M"),
}

REPRODUCES, TRUNCATED, WRONG = "reproduces", "truncated on the slide", "wrong there"
VERDICTS: dict[Verdict, str] = {"as printed": REPRODUCES, "cut off": TRUNCATED, "differs": WRONG}


class Claim(NamedTuple):
    """A number or a shape on a slide, and what it is here."""

    section: str
    what: str
    slide: str
    computed: int | Shape
    note: str = ""

    @property
    def verdict(self) -> str:
        if not isinstance(self.computed, int):
            return REPRODUCES if self.slide == shape_text(self.computed) else WRONG
        return VERDICTS[verdict_of(self.computed, self.slide)]

    def document(self) -> dict[str, object]:
        return {**self._asdict(), "verdict": self.verdict}


def claims() -> list[Claim]:
    """Everything on the slides that can be computed."""
    vgg = zoo.network("vgg11", input=(1, 224, 224), classes=10)
    nin = zoo.network("nin_lecture", input=(1, 224, 224), classes=10)
    googlenet = zoo.network("googlenet")
    return [
        *first_dense_layers("Last layers, as the slides call them: weights of the first dense layer"),
        *outputs("VGG-11 on 1x224x224 with 10 classes", vgg, VGG),
        *outputs("Network in network on 1x224x224", nin, NIN),
        *layer_claims("Inception 3a and what it replaces, 192x28x28 to 256x28x28", piece_at(googlenet, "stage3.3a")),
        *outputs("GoogLeNet on 3x224x224", googlenet, GOOGLENET),
        *outputs("GoogLeNet on 1x96x96", with_input(googlenet, (1, 96, 96)), GOOGLENET_96),
        *besides("Besides", piece_at(googlenet, "stage3.3b")),
    ]


def outputs(section: str, network: Network, slide: dict[str, str]) -> Iterator[Claim]:
    """The outputs of parts; where the slide leaves out the channels, so does this."""
    total = cost(network)
    shapes = {row.path: row.output for depth in ("layer", "block", "stage") for row in total.at(depth)}
    for path, printed in slide.items():
        shape = shapes[path]
        yield Claim(section, path, printed, shape[1:] if printed.count("x") == 1 else shape)


def first_dense_layers(section: str) -> Iterator[Claim]:
    of_2012, shape = first_dense(zoo.network("alexnet"))
    notes = {"alexnet_lecture": f"The network of 2012 has {shape_text(shape)} there: {of_2012:,} weights."}
    for name, (product, printed) in DENSE.items():
        count, _ = first_dense(zoo.network(name))
        yield Claim(section, f"{name}: {product}", printed, count, notes.get(name, ""))


def first_dense(network: Network) -> tuple[int, Shape]:
    """The weights of the first dense layer, and the map that is laid out for it."""
    flatten, dense = next(two for two in pairwise(cost(network).pieces) if isinstance(two[1].expr, Linear))
    return weights(dense.rows[0]), flatten.start.shape


def weights(row: Row) -> int:
    """Parameters without the bias, as the slides count them."""
    layer = row.parts[0]
    return row.params - (row.output[0] if isinstance(layer, Conv | Linear) and layer.bias else 0)


def layer_claims(section: str, block: Piece) -> Iterator[Claim]:
    shape = block.start.shape
    for (name, (some, work)), expr in zip(LAYERS.items(), (block.expr, conv(256, 3), conv(256, 5)), strict=True):
        rows: list[Row] = []
        propagate(expr, Signal(shape), rows=rows)
        yield Claim(section, f"{name}: weights", some, sum(map(weights, rows)))
        yield Claim(section, f"{name}: MACs", work, sum(row.macs for row in rows))


def piece_at(network: Network, path: str) -> Piece:
    return next(piece for piece in cost(network).pieces if piece.path == path)


def besides(section: str, block: Piece) -> Iterator[Claim]:
    """What else the slides say and arithmetic can answer."""
    maps = block.output.shape
    two = shape_after(Conv(maps[0], 3, stride=2, padding=2), maps)  # the pool's own windows; no pool takes that padding
    one = shape_after(MaxPool(3, stride=2, padding=1), maps)
    note = f"Padding 1 gives {shape_text(one)}; no pool is padded beyond half its kernel."
    yield Claim(section, "3x3/2 max pool, padding 2", "480x14x14", two, note)
    (means,) = BatchNorm().weights((4096,))["weight"]
    yield Claim(section, "dense batch norm: means", "1", means, f"Each of {means} units has its own mean and variance.")
    paper = zoo.network("lenet5").facts
    yield Claim(section, "year of LeNet-5", "1995", paper.year, f"{paper.paper}.")


def lecture_text(claims: list[Claim], width: int) -> str:
    """The claims in sections, with how many of them hold."""
    rows: list[Line] = [("", "slide", "computed", "verdict"), RULE]
    for section, group in groupby(claims, lambda claim: claim.section):
        rows.append(section)
        for claim in group:
            rows.append((f"  {claim.what}", claim.slide, number_text(claim.computed), claim.verdict))
            rows += [f"    {note}" for note in notes(claim)]
        rows.append("")
    verdicts = Counter(claim.verdict for claim in claims)
    sums = ", ".join(f"{verdict} {times}" for verdict, times in verdicts.items())
    return "\n".join([*format_columns(rows, "=>><", width), f"Of {len(claims)} entries: {sums}."])


def number_text(computed: int | Shape) -> str:
    if isinstance(computed, int):
        return f"{computed:,}" if computed >= 10_000 else str(computed)
    return shape_text(computed)


def notes(claim: Claim) -> list[str]:
    """What else there is to say about a claim, each a line."""
    texts = [claim.note] if claim.note else []
    if isinstance(claim.computed, int) and claim.verdict == TRUNCATED:
        texts.append(f"Rounds to {as_printed(claim.computed, claim.slide)[0]}.")
    return texts
