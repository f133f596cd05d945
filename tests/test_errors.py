"""What no sentence says: the credentials in addresses."""

import pytest

from brickwork.errors import BrickworkError, mask_credentials
from brickwork.loader.note import Note

SECRET = "s3cr3t"

MASKED = {
    f"https://ann:{SECRET}@host/pets.tar": "https://***@host/pets.tar",
    f"https://{SECRET}@host/pets.tar": "https://***@host/pets.tar",
    f"s3://AKIA:{SECRET}/with+slash@bucket/a.tar": "s3://***@bucket/a.tar",
    f"https://ann:#{SECRET}?@host/a.tar": "https://***@host/a.tar",
    f"ftp://ann:p@{SECRET}@host:21/a": "ftp://***@host:21/a",
    f"https://h/a.tar?X-Amz-Credential=AK/2020/{SECRET}&X-Amz-Signature={SECRET}#1.png": (
        "https://h/a.tar?X-Amz-Credential=***&X-Amz-Signature=***#1.png"
    ),
    f"az://c/a.tar?sv=2020;sig={SECRET}": "az://c/a.tar?sv=***",
    f"two: http://a:{SECRET}@b, 'http://h/x?token={SECRET}'.": "two: http://***@b, 'http://h/x?token=***'.",
    f"simplecache::https://ann:{SECRET}@host/a": "simplecache::https://***@host/a",
}

PLAIN = (
    "https://host:8080/a@2x.tar", "s3://bucket/train-{000..009}.tar", "s3://bucket/train-00?.tar", "C:/photos/a@b?c=d",
    "ann@host:photos?key=1", "https://h/x.tar#class=cat/1.png", "gs://bucket/a:b@c.tar",
)  # fmt: skip


@pytest.mark.parametrize("text", MASKED)
def test_credentials_in_an_address_are_masked(text: str) -> None:
    assert mask_credentials(text) == MASKED[text]
    assert mask_credentials(MASKED[text]) == MASKED[text]
    assert SECRET not in str(BrickworkError(f"{text} cannot be read."))
    note = Note(text, names=(text, "a.png"))
    assert (note.text, note.names) == (MASKED[text], (MASKED[text], "a.png"))


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_credential_stays(text: str) -> None:
    assert mask_credentials(text) == text
