"""Download of published weights; without a network the error says which file to bring."""

from hashlib import file_digest
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError

import torch

from brickwork.errors import BrickworkError
from brickwork.weights.tag import Tag
from brickwork.weights.tags import HUB, find_tag


def fetch(tag: Tag | str) -> Path:
    """Downloads published weights, once, by their tag or its name; gives the file's path on this machine.

    Files of the web go where torch.hub keeps them, and their names hold the beginning of their sha256, which is
    checked; files of huggingface.co are huggingface_hub's. Raises BrickworkError without a network.
    """
    tag = find_tag(tag) if isinstance(tag, str) else tag
    return _hub(tag) if tag.address.startswith(HUB) else _web(tag)


def is_fetched(tag: Tag) -> bool:
    """Whether `fetch` would ask nobody; huggingface_hub asks whether there is a newer file each time."""
    return not tag.address.startswith(HUB) and _web_path(tag).exists()


def _web_path(tag: Tag) -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints" / tag.file


def _web(tag: Tag) -> Path:
    path = _web_path(tag)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(tag.address, str(path), hash_prefix=tag.sha256, progress=False)
        except (URLError, OSError, HTTPException) as fault:  # an answer that is no HTTP is no OSError
            raise BrickworkError(fetch_advice(tag, tag.address, fault)) from None
        except RuntimeError as fault:  # the sum is wrong
            raise BrickworkError(f"{tag.name}: {tag.address} is not the file it was: {fault}.") from None
    verify(path, tag)
    return path


def _hub(tag: Tag) -> Path:
    repository = tag.address.removeprefix(HUB)
    try:
        from huggingface_hub import hf_hub_download
    except ImportError:
        raise BrickworkError(
            f"{tag.name} is kept on huggingface.co, and fetching it needs 'pip install huggingface_hub'; or bring "
            f"{tag.file} of {repository} and pass it: {passing(tag)}."
        ) from None
    try:
        return Path(hf_hub_download(repository, tag.file))
    except Exception as fault:  # its errors are those of several libraries
        raise BrickworkError(fetch_advice(tag, f"{tag.file} of https://huggingface.co/{repository}", fault)) from None


def fetch_advice(tag: Tag, address: str, fault: Exception) -> str:
    reason = str(fault).partition("\n")[0]
    return f"{tag.name} could not be fetched ({reason:.100}): bring {address} and pass it: {passing(tag)}."


def passing(tag: Tag) -> str:
    return f"--weights {tag.file}, or weights.load_weights(model, {tag.file!r}, tag={tag.name!r})"


def verify(path: Path, tag: Tag) -> None:
    """Raises BrickworkError where a file is not the published one."""
    if tag.sha256 is None:
        return
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    if not digest.startswith(tag.sha256):
        raise BrickworkError(
            f"{path}: the sha256 of {tag.name} begins with {tag.sha256}, this file's with {digest[: len(tag.sha256)]}: "
            "it is truncated, or other weights under the same name."
        )
