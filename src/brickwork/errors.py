"""The one exception that a person can mend, and what no sentence says: the credentials in addresses."""

import difflib
import re
from importlib.util import find_spec

ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s'\"<>]+")
USER = re.compile(r"(?<=://)(?:[^/?#]*@|[^/?#:@]*:(?![0-9]{1,5}(?:[/?#]|$))[^@]*@)")  # a secret may hold a slash
QUERY = re.compile(r"\?[^#]*")
VALUE = re.compile(r"(?<==)[^&]*")  # a token, a signature, a key
MASK = "***"


def mask_credentials(text: str) -> str:
    """The text with the user's part and the query's values of every address in it as ***."""
    return ADDRESS.sub(lambda found: _mask(found[0]), text) if "://" in text else text


def _mask(address: str) -> str:
    return QUERY.sub(lambda query: VALUE.sub(MASK, query[0]), USER.sub(f"{MASK}@", address, count=1), count=1)


class BrickworkError(Exception):
    """A mistake in what was asked for, in one line: where, what was expected, what came, what to do.

    The command line prints it without a traceback and leaves with its exit code. Credentials in it are masked.
    """

    exit_code = 2

    def __str__(self) -> str:
        return mask_credentials(super().__str__())


def nearest(word: str, known: list[str]) -> str:
    """The phrase that ends an "unknown ..." message: the nearest known word, or all of them when few.

    A word that resembles none gets none: mobilenet_v2 is no misspelt googlenet_tv.
    """
    looks = str.maketrans("ol", "01")  # resnet5O is resnet50
    seen = {name.lower().translate(looks): name for name in known}
    close = difflib.get_close_matches(word.lower().translate(looks), list(seen), n=1, cutoff=0.75)
    if close:
        return f"did you mean {seen[close[0]]!r}?"
    return f"known: {', '.join(known)}." if len(known) <= 12 else ""


def check_kind(name: str, value: object, kinds: type | tuple[type, ...], expected: str) -> None:
    """Raises BrickworkError where an argument is of another type: what was expected, and what came."""
    if not isinstance(value, kinds):
        raise BrickworkError(f"{name} is {expected}, not {type(value).__name__}.")


def require(package: str, extra: str, user: str) -> None:
    """Raises BrickworkError, with the line that installs it, where a package of an extra is not installed.

    It is not imported: torch takes seconds.
    """
    if find_spec(package) is None:
        raise BrickworkError(
            f"{user} needs {package}, which is not installed: pip install 'brickwork[{extra}]' "
            f"(from its folder: pip install '.[{extra}]')"
        )


def first_line(fault: BaseException) -> str:
    """The first line of what a fault says; its kind where it says nothing."""
    return next((line.strip() for line in str(fault).splitlines() if line.strip()), type(fault).__name__)[:300]
