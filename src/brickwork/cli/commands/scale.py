"""`brickwork scale`: what a training on many devices would take."""

import click

from brickwork.cli.options.lists import LARGE, Counts
from brickwork.cli.output import json_option, print_json, say, width
from brickwork.cli.paths import WORD
from brickwork.errors import BrickworkError


@click.command("scale")
@click.argument("networks", nargs=-1, required=True, metavar="NETWORK...", type=WORD)
@click.option(
    "--devices", type=Counts(), metavar="N,N...", default="8,64,512", show_default=True, help="Numbers of devices."
)
@click.option("--batch", type=click.IntRange(1, 1 << 16), default=64, show_default=True, help="Images a device.")
@click.option("--device", default="A100", show_default=True, help="K80, TitanX, P100, V100, T4, A100, H100 or H200.")
@click.option("--machine", type=click.IntRange(1, LARGE), default=8, show_default=True, help="Devices a machine.")
@click.option(
    "--link",
    metavar="RATE",
    default="100Gb",
    show_default=True,
    help="Between machines: 100Gb in bits, 12.5GB in bytes.",
)
@click.option(
    "--precision",
    type=click.Choice(["float32", "mixed"]),
    default="mixed",
    show_default=True,
    help="Precision of the arithmetic.",
)
@click.option("--rate", type=float, metavar="IMAGES/S", help="Measured images/s of one device with this batch.")
@click.option(
    "--gradients", type=click.Choice(["4", "2"]), default="4", show_default=True, help="Bytes of a gradient on its way."
)
@click.option(
    "--images", type=click.IntRange(1, 10**12), default=1_281_167, show_default=True, help="Images of an epoch."
)
@click.option("--epochs", type=click.IntRange(1, 10**6), default=90, show_default=True, help="Epochs of the training.")
@click.option("--input", metavar="CxHxW", help="Channels, height and width of the images, as in 3x224x224.")
@click.option("--classes", type=click.IntRange(1, LARGE), help="How many classes to tell apart.")
@json_option
def scale_command(
    networks: tuple[str, ...], devices: tuple[int, ...], batch: int, device: str, machine: int, link: str,
    precision: str, rate: float | None, gradients: str, images: int, epochs: int, input: str | None,
    classes: int | None, as_json: bool,
) -> None:  # fmt: skip
    """What a training on many devices would take.

    The time of a step and of the whole training, how much of it devices wait for each other, the learning rate of so
    large a batch, and the memory: by arithmetic, without torch. Each NETWORK is a name from 'brickwork list'. How good
    the predictions are, beside published figures: docs/scaling.md.

    \b
    Examples:
      brickwork scale vgg16 resnet50 --devices 8,64,512
      brickwork scale resnet50 --device V100 --link 25Gb --batch 128 --precision float32
      brickwork scale resnet18 --rate 60 --machine 1 --link 10Gb --devices 1,2,4 --images 50000 --epochs 20
    """
    from brickwork import zoo
    from brickwork.scaling import Cluster, scale
    from brickwork.scaling.text import cluster_document, scaling_document, scaling_text

    if rate is not None and len(networks) > 1:
        raise BrickworkError("--rate is what one network was measured at: name one network with it.")
    cluster = Cluster(device, machine, link, batch, precision, rate, int(gradients))  # type: ignore[arg-type]
    shape = zoo.brackets.shape(input) if input is not None else None
    values = [zoo.network(name, input=shape, classes=classes) for name in networks]
    found = [scale(value, devices, cluster, images=images, epochs=epochs) for value in values]
    if as_json:
        documents = [scaling_document(scaling) for scaling in found]
        print_json({"cluster": cluster_document(cluster), "images": images, "epochs": epochs, "networks": documents})
    else:
        say(scaling_text(found, width()))
