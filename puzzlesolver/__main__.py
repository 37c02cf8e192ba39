"""The process `puzzlesolver`: signals and closed streams are seen to before the slow imports.

`python -m puzzlesolver` is the same as the command `puzzlesolver`. A Ctrl-C before `run` gets
Python's own traceback, so nothing slow is imported here: of 22 ms of a core until `run`, 12 are
Python's start, 7 the import of `re` in the script that pip writes, and 3 the import of this module.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # `signal` imports `enum` first
import atexit
import os
import sys

COMPILERS = ("numba", "llvmlite", "torch")
INTERRUPTED = 128 + signal.SIGINT
"""As `errors.INTERRUPTED`, whose import would come before signals are seen to."""

_arrived: list[int] = []


def run() -> None:
    """Run the words of the command line and end the process with their exit code."""
    _on_signals(_leave)  # nothing to put away yet
    _open_closed_streams()
    _keep_machine_code()
    sys.unraisablehook = _hear_again
    try:
        from puzzlesolver.cli.app import main

        _on_signals(_interrupt)
        code = main()
        if _arrived:  # and was taken for a fault of what it met
            code = INTERRUPTED
        _on_signals(_leave)  # nor any more, while libraries end their threads
    except BaseException as error:
        _on_signals(_leave)
        if _arrived or isinstance(error, KeyboardInterrupt):
            # Between two lines of ours, or what follows where a library has swallowed it half-way.
            code = INTERRUPTED
        elif isinstance(error, SystemExit):
            code = int(error.code or 0)
        else:
            sys.excepthook(type(error), error, error.__traceback__)
            code = 1
    # Python's own end would put the signals back, and tear threads, such as a download's, out of
    # foreign code, which aborts.
    import contextlib

    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # it has been told
            stream.flush()
    os._exit(code)


def _on_signals(handler: object) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(each) != signal.SIG_IGN:  # as `nohup` and `&` in scripts ask
            signal.signal(each, handler)


def _interrupt(number: int, frame: object) -> None:
    """The first Ctrl-C or SIGTERM ends the command in good order, a second one at once."""
    _arrived.append(number)
    _on_signals(_leave)
    raise _Interrupt


class _Interrupt(KeyboardInterrupt):
    """Comes once more where a compiler has dropped it without a word, as some C code does."""

    def __del__(self) -> None:
        frame = sys._getframe()
        while frame := frame.f_back:  # type: ignore[assignment]
            if frame.f_globals.get("__name__", "").partition(".")[0] in COMPILERS:
                _come_again()
                return


def _come_again() -> None:
    import threading

    _on_signals(_interrupt)
    threading.Timer(0.02, signal.raise_signal, [signal.SIGINT]).start()


def _hear_again(ignored: sys.UnraisableHookArgs) -> None:
    """A Ctrl-C that met a callback, where Python ignores exceptions, comes once more."""
    if issubclass(ignored.exc_type, KeyboardInterrupt):
        _come_again()
    elif not _arrived:  # what it left half-built complains at its own end
        sys.__unraisablehook__(ignored)


def _leave(number: int, frame: object) -> None:
    os._exit(INTERRUPTED)


def _keep_machine_code() -> None:
    """Where numba may write nowhere it refuses to work; its code then lives as long as we do."""
    import contextlib

    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    for place in (os.path.dirname(__file__), os.path.join(caches, "numba")):
        with contextlib.suppress(OSError):
            os.makedirs(place, exist_ok=True)
            if os.access(place, os.W_OK):
                return
    if "NUMBA_CACHE_DIR" not in os.environ:
        import shutil
        import tempfile

        os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="puzzlesolver-")
        atexit.register(shutil.rmtree, os.environ["NUMBA_CACHE_DIR"], ignore_errors=True)


def _open_closed_streams() -> None:
    """What the caller has closed fails when it is used, and no file that we open gets its number.

    Messages alone are dropped without a word: there is nobody to tell.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            unusable = os.O_RDONLY if name == "stdout" else os.O_WRONLY
            os.dup2(os.open(os.devnull, unusable), number)
            setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", encoding="utf-8"))


if __name__ == "__main__":
    run()
