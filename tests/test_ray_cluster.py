"""Which Ray cluster there is and what fits it, as far as it can be said without one."""

import os
import socket

import pytest

from brickwork.cli.shell import run
from brickwork.errors import BrickworkError
from brickwork.ray_cluster import RayCluster, check_answer, check_engine, environment, is_named, same_errors
from brickwork.training.parallel.ray import check_shared


@pytest.mark.parametrize(
    ("cpus", "count", "threads", "share"),
    [((2,), 2, 0, 1), ((8,), 3, 0, 2), ((3, 3), 3, 0, 1), ((4, 4), 2, 0, 4), ((4, 5), 4, 2, 2), ((0, 6), 2, 0, 3)],
)
def test_processes_get_as_many_cpus_as_let_all_fit_the_machines(
    cpus: tuple[int, ...], count: int, threads: int, share: int
) -> None:
    assert RayCluster(True, cpus, 0).share_cpus(count, threads) == share


@pytest.mark.parametrize(
    ("cpus", "count", "threads", "text"),
    [
        ((2,), 3, 0, "3 processes do not fit the Ray cluster, whose machines have 2 CPUs: nproc=2 fits."),
        ((3, 3), 3, 2, "3 processes of 2 threads do not fit the Ray cluster, whose machines have 3+3 CPUs: nproc=2"),
        ((2,), 1, 4, "1 processes of 4 threads do not fit the Ray cluster, whose machines have 2 CPUs: fewer threads"),
    ],
)
def test_more_processes_than_fit_are_refused(cpus: tuple[int, ...], count: int, threads: int, text: str) -> None:
    with pytest.raises(BrickworkError) as error:
        RayCluster(False, cpus, 0).share_cpus(count, threads)
    assert str(error.value).startswith(text)


def test_gpus_are_shared_where_there_are_fewer_than_processes() -> None:
    assert [RayCluster(False, (8,), gpus).share_gpus(4) for gpus in (0, 1, 2, 8)] == [0, 0.25, 0.5, 1]


def test_an_unknown_engine_is_answered_with_those_that_are_known() -> None:
    check_engine("torch", None)
    check_engine("ray", 1)
    with pytest.raises(BrickworkError, match=r"unknown engine 'rai': known: torch, ray\."):
        check_engine("rai", 2)


@pytest.mark.parametrize("words", [("train", "lenet5"), ("predict", "model", "image.png")], ids=" ".join)
def test_a_cluster_without_a_number_of_processes_is_one_line(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words, "--engine", "ray"]) == 2
    assert capsys.readouterr().err == "brickwork: engine ray needs --nproc N, the number of processes on the cluster.\n"


def test_relative_paths_are_refused_on_a_cluster_that_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "lenet5", "--data", "fashion", "--engine", "ray", "--nproc", "2", "--out"]
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.1:6379")
    assert run([*words, "runs/one"]) == 2
    error = capsys.readouterr().err
    assert "--out is an absolute path that all machines see, not 'runs/one': " in error
    assert os.path.abspath("runs/one") in error
    with pytest.raises(BrickworkError, match=r"--data is an absolute path .* not '\.'"):
        check_shared(data=".")
    check_shared(data="fashion", out="/shared/run")
    monkeypatch.setenv("RAY_ADDRESS", "local")
    check_shared(data=".", out="run")


@pytest.mark.parametrize(("value", "named"), [("", False), ("local", False), ("auto", True), ("head:6379", True)])
def test_a_cluster_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch, value: str, named: bool) -> None:
    monkeypatch.setenv("RAY_ADDRESS", value)
    assert is_named() is named


@pytest.mark.parametrize("address", ["ray://head:10001", "head", ":6379", "head:port", "http://head:8265"])
def test_an_address_that_is_none_is_one_line(address: str) -> None:
    with pytest.raises(BrickworkError, match="RAY_ADDRESS is HOST:PORT of a cluster's head"):
        check_answer(address)


def test_an_address_where_nobody_listens_is_one_line() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(BrickworkError, match=f"no Ray cluster at RAY_ADDRESS=127.0.0.1:{port}: Connection refused"):
            check_answer(f"127.0.0.1:{port}")


def test_the_environment_is_what_it_was_and_a_persons_word_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    before = dict(os.environ)
    with environment({"RAY_USAGE_STATS_ENABLED": "0", "GLOO_SOCKET_IFNAME": "lo"}):
        assert (os.environ["RAY_USAGE_STATS_ENABLED"], os.environ["GLOO_SOCKET_IFNAME"]) == ("1", "lo")
        os.environ["RAY_AUTH_MODE"] = "token"  # as Ray does
    assert dict(os.environ) == before


def test_only_the_line_about_the_log_level_is_kept_from_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with same_errors():
        os.write(2, b"[I] Set ray log level from environment variable RAY_BACKEND_LOG_LEVEL to 3\nfatal: x\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "fatal: x\nafter\n"
