import os
import subprocess
import sys
from pathlib import Path

import pytest

from brickwork.machine import (
    ASSUMED,
    WAITING,
    allowed_cores,
    available_memory,
    compute_threads,
    container_cores,
    container_memory,
    cores,
    free_memory,
    other_processes,
    saturates_int8,
    wait_passively,
)


def test_free_memory_is_what_linux_calls_available(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:   16000 kB\nMemFree:   1000 kB\nMemAvailable:   4000 kB\n")
    assert available_memory(tmp_path / "meminfo") == 4000 * 1024


def test_where_the_system_does_not_say_pages_are_counted_or_a_little_is_assumed(tmp_path: Path) -> None:
    assert available_memory(tmp_path / "meminfo") >= min(ASSUMED, 1 << 20)


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    assert container_memory(tmp_path) == ()
    (tmp_path / "memory.current").write_text("300\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert container_memory(tmp_path) == ()
    (tmp_path / "memory.max").write_text("1000\n")
    assert container_memory(tmp_path) == (700,)
    (tmp_path / "memory.max").write_text("100\n")
    assert container_memory(tmp_path) == (0,)


def test_there_is_some() -> None:
    assert free_memory() > 1 << 20


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("max 100000", ()), ("100000 100000", (1,)), ("150000 100000", (2,)), ("50000 100000", (1,)),
     ("800000 50000", (16,)), ("", ()), ("0 100000", ()), ("much", ())],
)  # fmt: skip
def test_a_containers_cpu_quota_is_counted_in_cores(tmp_path: Path, quota: str, expected: tuple[int, ...]) -> None:
    (tmp_path / "cpu.max").write_text(f"{quota}\n")
    assert container_cores(tmp_path) == expected


def test_without_cgroup_v2_there_is_no_quota(tmp_path: Path) -> None:
    assert container_cores(tmp_path) == ()


def test_the_cores_are_the_fewer_of_affinity_and_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brickwork.machine.allowed_cores", lambda: 8)
    for quota, expected in (((), 8), ((3,), 3), ((64,), 8)):
        monkeypatch.setattr("brickwork.machine.container_cores", lambda group, quota=quota: quota)
        assert cores() == expected


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no affinity")
def test_cores_are_those_of_the_affinity() -> None:
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert allowed_cores() == cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_threads_wait_asleep_unless_the_environment_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in WAITING:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("brickwork.machine.other_processes", lambda: 0.0)
    before = dict(os.environ)
    wait_passively()
    assert dict(os.environ) == before, "alone, spinning threads are faster"
    monkeypatch.setattr("brickwork.machine.other_processes", lambda: 64.0 * cores())
    for chosen in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"):
        monkeypatch.setenv(chosen, "7")
        before = dict(os.environ)
        wait_passively()
        assert dict(os.environ) == before
        monkeypatch.delenv(chosen)
    monkeypatch.setattr(os, "environ", dict(os.environ))  # OpenMP of other tests' processes is left alone
    wait_passively()
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"


def test_other_processes_are_those_that_run_now_less_this_one(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("cpu 1 2\nprocesses 77\nprocs_running 5\nprocs_blocked 9\n")
    assert other_processes(tmp_path / "stat") == 4


def test_where_the_system_has_no_count_the_load_of_the_last_minute_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (3.5, 9.0, 9.0))
    assert other_processes(tmp_path / "none") == 3.5
    (tmp_path / "stat").write_text("cpu 1 2\n")
    assert other_processes(tmp_path / "stat") == 3.5


def test_the_command_line_sets_the_policy_before_torch_comes() -> None:
    script = (
        "import os, sys\nfrom brickwork import __main__ as entry, machine\nfrom brickwork.cli import shell\n"
        "machine.other_processes = lambda: 9999.0\n"
        "shell.run = lambda words: sys.exit(f\"{os.environ['OMP_WAIT_POLICY']} {'torch' in sys.modules}\")\n"
        "entry.main()"
    )
    environment = {name: value for name, value in os.environ.items() if name not in WAITING}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert done.stderr == "PASSIVE False\n"


def test_so_many_threads_compute_as_are_asked_for_and_then_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    before = torch.get_num_threads()
    with compute_threads(3):
        assert torch.get_num_threads() == 3
    assert torch.get_num_threads() == before
    with compute_threads(2):
        for quota, expected in ((1, 1), (64, 2)):  # torch does not know of a container's quota
            monkeypatch.setattr("brickwork.machine.cores", lambda quota=quota: quota)
            with compute_threads():
                assert torch.get_num_threads() == expected


@pytest.mark.parametrize(
    ("machine", "flags", "saturates"),
    [
        ("x86_64", "fpu avx2 avx512f avx512_vnni", False),
        ("AMD64", "fpu avx2 avx_vnni", False),
        ("x86_64", "fpu avx2 avx512f avx512_vnni_not", True),
        ("x86_64", None, True),  # as where there is no /proc
        ("aarch64", None, False),
    ],
)
def test_products_of_bytes_saturate_on_an_x86_without_vnni(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: str, flags: str | None, saturates: bool
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    if flags is not None:
        (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\nbogomips\t: 1\n")
    assert saturates_int8(tmp_path / "cpuinfo") == saturates
