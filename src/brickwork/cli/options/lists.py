"""Options with several values, separated by commas."""

import click

LARGE = 10**9


class Counts(click.ParamType[tuple[int, ...]]):
    """Numbers with commas between them, as in 8,64,512."""

    name = "counts"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        words = str(value).split(",")
        if not all(word.strip().isdecimal() and 0 < int(word) <= LARGE for word in words):
            self.fail(f"{value!r} is not a list of numbers such as 8,64,512.", param, ctx)
        return tuple(map(int, words))


class Words(click.ParamType[tuple[str, ...]]):
    """Words with commas between them, as in torch,openvino."""

    name = "words"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        return tuple(dict.fromkeys(word.strip() for word in str(value).split(",") if word.strip()))
