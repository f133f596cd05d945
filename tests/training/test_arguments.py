"""What `train` and `resume` say of arguments of a wrong kind: one line, before anything is opened or written."""

from pathlib import Path
from typing import Any

import pytest

import bars
import brickwork as bw
from brickwork.errors import BrickworkError


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"network": None}, "network is a name or a Network, which a Model has as model.network, not NoneType."),
        ({"data": ["photos"]}, "data is a path, a word or a Dataset, not list."),
        ({"data": bars.split(8, 0)}, "data is a path, a word or a Dataset, not ArraySplit."),
        ({"recipe": {"epochs": 1}}, r"recipe is a Recipe, .*given by name: epochs=20\), not dict."),
        ({"out": 5}, "out is a folder's path, not int."),
        ({"listener": 5}, "listener is a function of one event, not int."),
        ({"groups": "(.)"}, r"bars is open already, so groups='\(\.\)' can no longer divide it: see open_data."),
        ({"input": (1, 9, 9)}, "input is for a network's name; tiny has its own: see with_input."),
        ({"track": "tensorbord"}, "unknown tracker 'tensorbord': did you mean 'tensorboard'"),
    ],
)
def test_an_argument_of_a_wrong_kind_is_told_before_a_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BrickworkError, match=f"^{text}"):
        bw.train(**{"network": bars.network(), "data": bars.dataset(), "recipe": bars.QUICK, **wrong})
    assert not (tmp_path / "runs").exists()


def test_a_model_is_no_network_and_a_result_no_run() -> None:
    with pytest.raises(BrickworkError, match=r"model\.network, not Model\.$"):
        bw.train(bw.build(bars.network()), bars.dataset())  # type: ignore[arg-type]
    result = bw.Result(Path("runs/a"), None, None, 0.0)
    with pytest.raises(BrickworkError, match=r"a run folder, which a Result has as result\.run, not Result\.$"):
        bw.resume(result)  # type: ignore[arg-type]
    with pytest.raises(BrickworkError, match="listener is a function of one event, not bool"):
        bw.resume("runs/a", listener=True)  # type: ignore[arg-type]
