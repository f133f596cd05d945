"""Kinds of questions: rules that make drafts from a layer, or from a network's stages."""

from collections.abc import Callable, Iterator

from brickwork.exam.kinds.parameters import ask_groups, ask_parameters, ask_two_small
from brickwork.exam.kinds.sizes import ask_padding, ask_size, ask_stride
from brickwork.exam.kinds.stages import ask_first_size, ask_most, ask_whole
from brickwork.exam.kinds.subject import Drafts, Subject
from brickwork.exam.kinds.work import ask_field, ask_macs, ask_memory
from brickwork.exam.question import Draft
from brickwork.network import Network, Row

LAYER_KINDS: tuple[Callable[[Subject], Drafts], ...] = (
    ask_size, ask_stride, ask_padding, ask_parameters, ask_groups, ask_two_small, ask_macs, ask_memory, ask_field,
)  # fmt: skip
STAGE_KINDS: tuple[Callable[[Network, list[Row]], Iterator[Draft]], ...] = (ask_most, ask_first_size, ask_whole)

__all__ = ["LAYER_KINDS", "STAGE_KINDS", "Subject"]
