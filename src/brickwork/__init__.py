"""Brickwork: the convolutional networks from LeNet to ResNet, as values, models, trainings and files.

    import brickwork as bw

    network = bw.zoo.network("resnet20[width=0.5]", classes=5)  # a value: comparable, hashable, printable
    print(bw.table(network))
    result = bw.train("resnet18", "photos", epochs=20)          # exactly as `brickwork train` does
    bw.predict(result.model, "new-photos")

Networks, by arithmetic alone
    zoo                 the networks by name: zoo.network, zoo.names
    cost                parameters, MACs, memory and receptive field, row by row
    table               a network as the table in its paper
    draw                a network drawn as its paper draws it, as SVG
    summary_line        name, input, classes, parameters and MACs in one line
    with_classes        the same network for another number of classes
    with_input          the same network on another input
    with_width          the same network with every channel number times a factor
    to_json, from_json  the architecture as text, and back
    training_memory     what a training step on so many images takes
    largest_batch       the most images whose step fits into so many bytes
    count_like          what fvcore, torchinfo, ptflops or torchvision counts
    lint                what is wrong, wasteful or risky in a network
    why                 the arithmetic of one row of the table
    diff                what makes one network of another, edit by edit
    family              the tree of cheapest edits between networks
    draw_pair           two networks side by side, with what changed
    draw_family         the tree of a family as a picture
    faithful            a network against its paper's published table
    quiz                questions about a network, with their key
    scale               what a training on many devices would take

Models
    build               the torch module of a network
    save, load          a model file: weights, network, classes, preprocessing, record
    create_model        a model by name, with published weights
    list_models         the names that create_model takes
    load_weights        torchvision's, timm's or Cadene's weights into a model
    save_weights        a model's weights as a file of theirs

Data
    open_data           a data set: folders, manifests, shards, idx files, Hugging Face
    check               what is wrong with a data set
    open_loader         batches for a training loop of your own

Training and what comes after
    Recipe              how to train: all that can be chosen
    recipe_for          the recipe that suits a network: default, fast, paper, a file
    train               a training, from data to a tested model file
    resume              the same training from its last checkpoint
    evaluate            accuracy and much more, each number with its interval
    predict             classes and probabilities of images
    export              a model for ONNX Runtime, OpenVINO or torch.export, proven on real images

Importing brickwork imports neither torch nor numpy: a name is fetched when it is first asked for.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from brickwork.errors import BrickworkError, require

if TYPE_CHECKING:
    from brickwork import zoo
    from brickwork.data import Dataset, Split, open_data
    from brickwork.data.check import CheckReport, check
    from brickwork.diffing import Diff, Family, diff, family
    from brickwork.drawing import Picture, draw, draw_family, draw_pair
    from brickwork.evaluation import Report, evaluate
    from brickwork.evaluation.prediction import predict
    from brickwork.exam import Quiz, quiz
    from brickwork.exporting import Export, ParitySheet, export
    from brickwork.linting import LintReport, lint
    from brickwork.loader.loader import Batch, Loader, open_loader
    from brickwork.model import Model, ModelFile, build, load, save
    from brickwork.network import (
        Cost,
        Network,
        cost,
        from_json,
        summary_line,
        table,
        to_json,
        with_classes,
        with_input,
        with_width,
    )
    from brickwork.network.arithmetic import Why, why
    from brickwork.network.counts import ToolCount, count_like
    from brickwork.network.memory import Memory, largest_batch, training_memory
    from brickwork.papers import Faithful, faithful
    from brickwork.recipe.published import RecipeChoice, recipe_for
    from brickwork.recipe.recipe import Recipe
    from brickwork.runtime.prediction import Prediction
    from brickwork.scaling import Cluster, Scaling, scale
    from brickwork.training.result import Result
    from brickwork.training.train import resume, train
    from brickwork.weights import create_model, list_models, load_weights, save_weights

    __all__ = [  # for type checkers; at run time `dir` has the names, and `help` stays short
        "Batch", "BrickworkError", "CheckReport", "Cluster", "Cost", "Dataset", "Diff", "Export", "Faithful",
        "Family", "LintReport", "Loader", "Memory", "Model", "ModelFile", "Network", "ParitySheet", "Picture",
        "Prediction", "Quiz", "Recipe", "RecipeChoice", "Report", "Result", "Scaling", "Split", "ToolCount", "Why",
        "build", "check", "cost", "count_like", "create_model", "diff", "draw", "draw_family", "draw_pair",
        "evaluate", "export", "faithful", "family", "from_json", "largest_batch", "lint", "list_models", "load",
        "load_weights", "open_data", "open_loader", "predict", "quiz", "recipe_for", "resume", "save", "save_weights",
        "scale", "summary_line", "table", "to_json", "train", "training_memory", "why", "with_classes", "with_input",
        "with_width", "zoo",
    ]  # fmt: skip

__version__ = "0.1.0"

_MODULES = {  # the public names, and the module that each is fetched from
    "brickwork.network": (
        "Cost",
        "Network",
        "cost",
        "from_json",
        "summary_line",
        "table",
        "to_json",
        "with_classes",
        "with_input",
        "with_width",
    ),
    "brickwork.drawing": ("Picture", "draw", "draw_family", "draw_pair"),
    "brickwork.network.counts": ("ToolCount", "count_like"),
    "brickwork.diffing": ("Diff", "Family", "diff", "family"),
    "brickwork.network.memory": ("Memory", "largest_batch", "training_memory"),
    "brickwork.network.arithmetic": ("Why", "why"),
    "brickwork.linting": ("LintReport", "lint"),
    "brickwork.papers": ("Faithful", "faithful"),
    "brickwork.exam": ("Quiz", "quiz"),
    "brickwork.scaling": ("Cluster", "Scaling", "scale"),
    "brickwork.model": ("Model", "ModelFile", "build", "load", "save"),
    "brickwork.weights": ("create_model", "list_models", "load_weights", "save_weights"),
    "brickwork.data": ("Dataset", "Split", "open_data"),
    "brickwork.data.check": ("CheckReport", "check"),
    "brickwork.recipe.recipe": ("Recipe",),
    "brickwork.recipe.published": ("RecipeChoice", "recipe_for"),
    "brickwork.loader.loader": ("Batch", "Loader", "open_loader"),
    "brickwork.training.result": ("Result",),
    "brickwork.training.train": ("resume", "train"),
    "brickwork.evaluation": ("Report", "evaluate"),
    "brickwork.evaluation.prediction": ("predict",),
    "brickwork.runtime.prediction": ("Prediction",),
    "brickwork.exporting": ("Export", "ParitySheet", "export"),
}
_TORCH = (  # the modules that do not do without it
    "brickwork.model", "brickwork.weights", "brickwork.loader.loader", "brickwork.training.result",
    "brickwork.training.train", "brickwork.evaluation", "brickwork.exporting",
)  # fmt: skip
_PLACES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """A public name, from its module, which is imported when it is first asked for."""
    if name == "zoo":
        return import_module("brickwork.zoo")
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _PLACES[name]
    if module in _TORCH:
        require("torch", "train", f"brickwork.{name}")
    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    """The public names that this installation has: without torch, those that do without it."""
    names = [name for name, module in _PLACES.items() if module not in _TORCH or find_spec("torch")]
    return sorted([*names, "BrickworkError", "__version__", "zoo"])
