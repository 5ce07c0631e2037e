import os
import signal
import time

import pytest

from cloister.platform.interrupts import StopRequest, interrupts


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_asks_and_the_second_forces(number: signal.Signals) -> None:
    forced: list[bool] = []
    before = signal.getsignal(number)
    with interrupts() as signals:
        with pytest.raises(StopRequest):
            press(number)
        press(number)  # between the request and the stop there is nothing to force yet
        signals.stopping(lambda: forced.append(True))
        press(number)
    assert forced == [True]
    assert signal.getsignal(number) == before


def test_a_stop_for_another_reason_takes_one_signal_as_patience() -> None:
    forced: list[bool] = []
    with interrupts() as signals:
        signals.stopping(lambda: forced.append(True))
        press(signal.SIGINT)
        assert forced == []
        press(signal.SIGINT)
    assert forced == [True]


def press(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)
    time.sleep(0.01)
