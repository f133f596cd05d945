"""Small models, and their weights as other libraries would store them."""

import torch
from torch import Tensor

from brickwork import zoo
from brickwork.model import Model, build
from brickwork.weights.layout import layouts_of
from brickwork.weights.save import under_their_names

LAYOUTS = (  # a network for every layout that we know
    ("alexnet_owt", "torchvision"),
    ("alexnet_owt", "cadene"),
    ("vgg11[batchnorm=true]", "torchvision"),
    ("vgg11[batchnorm=true]", "timm"),
    ("vgg11[batchnorm=true]", "cadene"),
    ("googlenet_tv", "torchvision"),
    ("inception_bn_608", "cadene"),
    ("inception_v3", "torchvision"),
    ("inception_v3", "cadene"),
    ("inception_v4", "timm"),
    ("inception_resnet_v2", "timm"),
    ("inception_resnet_v2", "cadene"),
    ("resnet18", "torchvision"),
    ("resnet18", "cadene"),
    ("resnet50c", "timm"),
    ("resnet50d", "timm"),
    ("preact_resnet18[stem=bare]", "timm"),
    ("seresnet50", "timm"),
    ("seresnet50[stride=v1,stem=caffe]", "cadene"),
)


def narrow(text: str, classes: int = 5, seed: int = 0) -> Model:
    """The network with an eighth of its channels, every weight drawn."""
    name, _, rest = text.partition("[")
    arguments = ",".join(filter(None, (rest.rstrip("]"), "width=0.125")))
    model = build(zoo.network(f"{name}[{arguments}]", classes=classes)).eval()
    chance = torch.Generator().manual_seed(seed)
    for key, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            tensor.uniform_(*((0.5, 1.5) if key.endswith("running_var") else (-0.5, 0.5)), generator=chance)
    return model


def stored(model: Model, library: str) -> dict[str, Tensor]:
    """The weights under the library's names, in their shapes."""
    layout = next(layout for layout in layouts_of(model) if layout.library == library)
    return under_their_names(model, list(layout.slots))
