"""AlexNet and VGG, as torchvision, timm and Cadene name their layers."""

from collections.abc import Sequence
from itertools import groupby

from brickwork.weights.names.rules import Rename, Rule, by_rules, plus, rename_path

ALEXNET_FEATURES: tuple[Rule, ...] = (
    (r"^stage1\.conv$", "features.0"),
    (r"^stage2\.conv$", "features.3"),
    (r"^stage3\.conv$", "features.6"),
    (r"^stage4\.conv$", "features.8"),
    (r"^stage5\.conv$", "features.10"),
)
DENSE_CADENE: tuple[Rule, ...] = (
    (r"^features", "_features"),
    (r"^head\.linear3$", "last_linear"),
    (r"^head\.linear(\d)$", plus("linear", -1)),
)
ALEXNET = by_rules(
    *ALEXNET_FEATURES,
    (r"^head\.linear1$", "classifier.1"),
    (r"^head\.linear2$", "classifier.4"),
    (r"^head\.linear3$", "classifier.6"),
)
ALEXNET_CADENE = by_rules(*ALEXNET_FEATURES, *DENSE_CADENE)


def vgg_names(*head: Rule) -> Rename:
    """Convolutions, norms, ReLUs and poolings are counted through; only the first two have weights."""

    def rename(paths: Sequence[str]) -> list[str]:
        names: list[str] = []
        number = 0
        for part, group in groupby(paths, lambda path: path.partition(".")[0]):
            for place, path in enumerate(group):
                if part == "head":
                    names.append(rename_path(path, head))
                    continue
                number += ".conv" in path and place > 0  # the ReLU before it
                names.append(rename_path(f"features.{number}", head))
                number += 1
            number += 2  # the last ReLU and the pooling
        return names

    return rename


VGG = vgg_names(
    (r"^head\.linear1$", "classifier.0"),
    (r"^head\.linear2$", "classifier.3"),
    (r"^head\.linear3$", "classifier.6"),
    (r"^head\.linear$", "classifier"),  # for small images
)
VGG_TIMM = vgg_names(
    (r"^head\.linear1$", "pre_logits.fc1"),
    (r"^head\.linear2$", "pre_logits.fc2"),
    (r"^head\.linear3$", "head.fc"),
)
VGG_CADENE = vgg_names(*DENSE_CADENE)
