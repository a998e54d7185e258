"""The trap for exceptions that would vanish does catch them."""

import threading

import ipywidgets as widgets
import pytest


def broken(*_):
    raise RuntimeError("lost")


def in_a_button():
    button = widgets.Button()
    button.on_click(broken)
    button.click()


def in_interactive():
    widgets.interactive(broken, x=(0, 3)).update()


def in_a_thread():
    thread = threading.Thread(target=broken)
    thread.start()
    thread.join()


def in_a_finaliser():
    class Dying:
        __del__ = broken

    Dying()


@pytest.mark.parametrize("fail", [in_a_button, in_interactive, in_a_thread, in_a_finaliser])
def test_an_exception_that_would_vanish_fails_the_test(trap, fail):
    with pytest.raises(trap.Failure, match="lost"), trap():
        fail()


def test_a_test_without_failures_passes(trap):
    with trap():
        widgets.Button().click()
