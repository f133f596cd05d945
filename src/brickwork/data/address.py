"""Addresses: which protocols are opened, judged before fsspec, which can run code for others, is imported."""

import re
from importlib.metadata import PackageNotFoundError, version

from brickwork.data.names import printable, shorten
from brickwork.errors import BrickworkError

PROTOCOLS = ("file", "http", "https", "s3", "gs", "az")
CHAIN = "::"  # by which fsspec puts one system above another
SAFE = (2026, 6)  # the first release of fsspec whose reference:// runs no code of its templates


def check_address(address: str) -> None:
    """Raises BrickworkError for an address of another protocol than those of `PROTOCOLS`, or of several."""
    protocol = address.partition("://")[0]
    if CHAIN not in address and protocol in PROTOCOLS:
        return
    shown = shorten(printable(address))
    found = (
        "'::', which leads from one address to another" if CHAIN in address else f"{shorten(printable(protocol))}://"
    )
    known = ", ".join(f"{protocol}://" for protocol in PROTOCOLS)
    raise BrickworkError(f"{shown} is not opened: addresses begin with {known}, not with {found}.")


def check_fsspec() -> None:
    """Raises BrickworkError where the fsspec that is installed is one that runs code from data."""
    try:
        found = version("fsspec")
    except PackageNotFoundError:
        raise BrickworkError("addresses are read with fsspec: pip install 'brickwork[address]'.") from None
    if tuple(map(int, re.findall("[0-9]+", found)[:2])) < SAFE:
        least = ".".join(map(str, SAFE))
        raise BrickworkError(
            f"fsspec {found} can run code that stands in data: pip install --upgrade 'fsspec>={least}', then again."
        )
