"""A network that has been built and has weights."""

from itertools import groupby

import torch
from torch import Tensor, nn

from brickwork.errors import BrickworkError
from brickwork.machine import usable_memory
from brickwork.model.batchnorm import Norm, with_norm
from brickwork.model.build import module
from brickwork.model.initialise import initialise
from brickwork.network import Cost, Network, classifiers, cost, with_classes
from brickwork.network.cost import parts_of, stage_of, tap
from brickwork.network.layers import Conv, Linear
from brickwork.network.limits import check_limits


class Model(nn.Module):
    """An ordinary torch module; its children are the network's stages, its head and its side heads, by name.

    Images are batch x channels x height x width, logits are batch x classes. `print(model)` lists its modules.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        total = cost(network)  # also the check that the input fits
        self.network = network
        self.stages = [stage.name for stage in network.stages]
        self.taps = [(tap(network, side), side.name) for side in network.side_heads]
        try:
            self._add(total)
        except KeyError as clash:  # by an attribute of torch's modules, or of this one
            raise BrickworkError(f"{network.name}: no part can be called so: {clash.args[0]}.") from None

    def _add(self, total: Cost) -> None:
        # the shape that reaches each part: reversed, so that a stage's first piece stands in the end
        starts = {stage_of(piece.path): piece.start.shape for piece in reversed(total.pieces)}
        for part in self.network.parts():
            self.add_module(part.name, module(part, starts[part.name]))
        for side in total.side_heads:
            self.add_module(side.path, module(side.expr, side.start.shape))

    def forward(self, x: Tensor) -> Tensor:
        """Logits, in every mode."""
        return self.get_submodule("head")(self.forward_features(x))  # type: ignore[no-any-return]

    def forward_features(self, x: Tensor) -> Tensor:
        """The last stage's output, which the head looks at."""
        for name in self.stages:
            x = getattr(self, name)(x)
        return x

    def features(self, x: Tensor) -> dict[str, Tensor]:
        """Every stage's output by the stage's name."""
        outputs = {}
        for name in self.stages:
            outputs[name] = x = getattr(self, name)(x)
        return outputs

    def all_logits(self, x: Tensor) -> dict[str, Tensor]:
        """The logits of the head, as "head", and of every side head by its name, for a training loss."""
        logits: dict[str, Tensor] = {}
        for path, _ in parts_of(self.network):
            x = self.get_submodule(path)(x)
            logits |= {name: self.get_submodule(name)(x) for place, name in self.taps if place == path}
        return {"head": x, **logits}

    def __repr__(self) -> str:
        return f"Model({self.network})"

    def __str__(self) -> str:
        return nn.Module.__repr__(self)

    def reset_classifier(self, classes: int) -> None:
        """Reset the classifiers of head and side heads to fresh layers for so many classes; `network` changes, too."""
        network = with_classes(self.network, classes)
        layers = classifiers(network)
        for _, paths in groupby(layers, stage_of):
            self._reset_head(network, {path: layers[path] for path in paths})
        self.network = network

    def _reset_head(self, network: Network, layers: dict[str, Conv | Linear]) -> None:
        fresh: dict[str, nn.Module] = {}
        for path, layer in layers.items():
            old = self.get_parameter(f"{path}.weight")
            reads, *kernel = old.shape[1:]
            if fresh:  # what the layer before it makes: a number or a map for each class
                reads = reads * network.classes // self.network.classes
            fresh[path] = module(layer, (reads, *kernel)).to(old)
        initialise(nn.Sequential(nn.Sequential(*fresh.values())), network.facts.init)
        for path, part in fresh.items():
            self.set_submodule(path, part)


def unwrap_model(module: nn.Module) -> Model:
    """The model inside torch.compile, DataParallel, DDP and AveragedModel; raises BrickworkError where none is."""
    inner = module
    while not isinstance(inner, Model):
        deeper = getattr(inner, "_orig_mod", None) or getattr(inner, "module", None)
        if not isinstance(deeper, nn.Module):
            raise BrickworkError(f"expected a model that build(network) made, found {type(module).__name__}.")
        inner = deeper
    return inner


def check_weights(model: Model) -> dict[str, Tensor]:
    """The state dict as a file holds it: that of the model's network, whole.

    Names are without the "_orig_mod." of compiled parts. Raises BrickworkError with the first tensor that the network
    has otherwise, and the first that holds numbers which are infinite or not numbers (NaN).
    """
    tensors = {name.replace("_orig_mod.", ""): t.detach() for name, t in model.state_dict().items()}
    with torch.device("meta"):
        wanted = {name: tuple(tensor.shape) for name, tensor in Model(model.network).state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    for name in [*wanted, *found]:
        if wanted.get(name) != found.get(name):
            raise BrickworkError(
                f"the model is no longer its network: {model.network.name} has {name} as "
                f"{wanted.get(name, 'nothing')}, the model as {found.get(name, 'nothing')}. Build the network again."
            )
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise BrickworkError(f"{name} holds numbers that are infinite or not numbers (NaN), so nothing is written.")
    return tensors


def build(network: Network, *, init: str | None = None, norm: Norm = "torch", ghost: int = 32) -> Model:
    """Build the torch module of a network, with fresh weights.

    `init` names an initialisation (see brickwork.model.initialise); the default is the network's own. `norm` is
    the kind of batch norm (see brickwork.model.batchnorm), `ghost` the size of a ghost batch in images.
    Raises BrickworkError where the network's input does not fit, and where the machine has not the memory for it.
    """
    if torch.get_default_device().type != "meta":  # where nothing takes memory
        check_limits(network, usable_memory())
    model = Model(network)
    initialise(model, init or network.facts.init, trunk=model.stages)
    with_norm(model, norm, ghost)
    return model
