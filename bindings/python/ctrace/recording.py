"""Steering the recording from within the program that is recorded. Without a recording these do nothing."""

from . import _ctrace


def is_recording():
    """Whether what happens now is recorded."""
    return _ctrace.session_is_recording()


def pause():
    """Nothing is recorded until resume(), but that functions are called and left."""
    _ctrace.session_pause()


def resume():
    _ctrace.session_resume()


def flush():
    """Waits until all that was recorded is in the file."""
    _ctrace.session_flush()


def dump():
    """Writes what a flight recorder holds; the same as flush() for other recordings."""
    _ctrace.session_dump()
