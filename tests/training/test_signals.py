import os
import signal
import threading
from contextlib import suppress

import pytest

from brickwork.training.signals import Stopped, stop_signal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_at_once_until_there_is_something_to_keep(number: int) -> None:
    with pytest.raises(Stopped) as stop, stop_signal():
        os.kill(os.getpid(), number)
    assert stop.value.signal == number


def test_a_patient_request_waits_until_it_is_asked_for() -> None:
    with stop_signal() as asked:
        asked.patient = True
        asked.check()
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Stopped):
            asked.check()


def test_what_a_signal_did_before_it_does_again() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_signal():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_signal_that_was_to_be_ignored_still_is() -> None:
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_signal():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, old)


def test_outside_the_main_thread_nothing_is_heard_and_nothing_fails() -> None:
    failures: list[Exception] = []

    def work() -> None:
        try:
            with stop_signal() as asked:
                asked.check()
        except Exception as failure:
            failures.append(failure)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failures


def test_no_clause_for_faults_of_images_or_packages_takes_a_signal_for_one() -> None:
    with pytest.raises(Stopped), stop_signal(), suppress(Exception):  # as where a data set is opened
        os.kill(os.getpid(), signal.SIGTERM)
