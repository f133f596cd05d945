"""ResNet and its kin, as torchvision, timm, Cadene and those who train on small images name their layers."""

import re
from collections.abc import Sequence
from itertools import groupby

from brickwork.weights.names.rules import FC, LAST_LINEAR, Rename, Rule, plus, rename_path

UNITS: tuple[Rule, ...] = ((r"body\.conv", "conv"), (r"body\.norm", "bn"))
STEM: tuple[Rule, ...] = ((r"^stem\.conv$", "conv1"), (r"^stem\.norm$", "bn1"))
DEEP_STEM: tuple[Rule, ...] = (
    (r"^stem\.conv1$", "conv1.0"),
    (r"^stem\.norm1$", "conv1.1"),
    (r"^stem\.conv2$", "conv1.3"),
    (r"^stem\.norm2$", "conv1.4"),
    (r"^stem\.conv3$", "conv1.6"),
    (r"^stem\.norm3$", "bn1"),
)
PROJECTION: tuple[Rule, ...] = ((r"shortcut\.conv$", "downsample.0"), (r"shortcut\.norm$", "downsample.1"))
POOLED: tuple[Rule, ...] = ((r"shortcut\.conv$", "downsample.1"), (r"shortcut\.norm$", "downsample.2"))
SHORTCUT: tuple[Rule, ...] = ((r"shortcut\.conv$", "shortcut.0"), (r"shortcut\.norm$", "shortcut.1"))
SQUEEZE: tuple[Rule, ...] = ((r"body\.se\.gate\.conv", "se.fc"),)
LINEAR: tuple[Rule, ...] = ((r"^head\.linear$", "linear"),)


def residual_names(*rules: Rule) -> Rename:
    """The first stage of blocks is "layer1", whatever its number here."""

    def rename(paths: Sequence[str]) -> list[str]:
        first = min((int(found[1]) for path in paths if (found := re.match(r"stage(\d+)\.", path))), default=1)
        stage = (r"^stage(\d+)", plus("layer", 1 - first))
        return [rename_path(path, (*rules, stage)) for path in paths]

    return rename


RESNET = residual_names(*UNITS, *STEM, *PROJECTION, *FC)
RESNET_TIMM = residual_names(*SQUEEZE, *UNITS, *STEM, *DEEP_STEM, *PROJECTION, *FC)
RESNET_D = residual_names(*SQUEEZE, *UNITS, *STEM, *DEEP_STEM, *POOLED, *FC)
RESNET_CADENE = residual_names(*UNITS, *STEM, *PROJECTION, *LAST_LINEAR)
SENET_CADENE = residual_names(
    (r"body\.se\.gate\.conv", "se_module.fc"),
    *UNITS,
    (r"^stem\.conv$", "layer0.conv1"),
    (r"^stem\.norm$", "layer0.bn1"),
    *PROJECTION,
    *LAST_LINEAR,
)
RESNET_LINEAR = residual_names(*UNITS, *STEM, *PROJECTION, *LINEAR)
RESNET_SHORTCUT = residual_names(*UNITS, *STEM, *SHORTCUT, *LINEAR)
RESNET_SHORTCUT_FC = residual_names(*UNITS, *STEM, *SHORTCUT, *FC)

PRE: tuple[Rule, ...] = (
    (r"^stem\.norm$", "stages.0.blocks.0.norm1"),  # there the first block normalises, after the pooling
    (r"^stage2\.", "stages.0.blocks."),
    (r"^stage3\.", "stages.1.blocks."),
    (r"^stage4\.", "stages.2.blocks."),
    (r"^stage5\.", "stages.3.blocks."),
    (r"shortcut$", "downsample.conv"),
    (r"body\.", ""),
    (r"^head\.norm$", "norm"),
    (r"^head\.linear$", "head.fc"),
)


def pre(paths: Sequence[str]) -> list[str]:
    """A block's norms are numbered there from 1, also where the first of them stands before the split here."""
    names: list[str] = []
    for unit, group in groupby(paths, unit_of):
        inside = list(group)
        norms = [path for path in inside if re.search(r"\.norm\d?$", path)]
        first = 1 if inside[0] in norms else 2
        for path in inside:
            number = f"{unit}.norm{first + norms.index(path)}" if path in norms and unit else path
            names.append(rename_path(number, PRE))
    return names


def unit_of(path: str) -> str:
    """The residual block that a layer belongs to, or nothing."""
    unit = re.match(r"stage\d\.\d+", path)
    return unit[0] if unit else ""
