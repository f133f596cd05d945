from pathlib import Path

from brickwork.machine import ASSUMED, available_memory, container_memory, free_memory


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
