"""End in order when the terminal closes or a signal arrives; driver for such terminals.

Without this a SIGTERM would leave the terminal in the app's modes, and after a dropped connection
the writing thread would wait for a terminal that takes nothing any more. SIGKILL, SIGSEGV and their
like end a program at once: for these a `Watcher` restores the terminal.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import termios
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TextIO, cast

from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

from ima_tui.config.api_key import environment_for_children
from ima_tui.i18n.streams import screen_file

OFF = (
    *("\x1b[?1000l", "\x1b[?1003l", "\x1b[?1015l", "\x1b[?1006l", "\x1b[?1016l"),  # mouse
    *("\x1b[?2004l", "\x1b[?2048l", "\x1b[?2026l", "\x1b[?1004l"),  # paste, resize, sync, focus
    *("\x1b[<u", "\x1b[?7h", "\x1b[?1049l", "\x1b[?25h", "\x1b[0m"),
)
"""Everything that the screen switches on, off; the other screen is left last but for the cursor."""

_SCRIPT = r"""
trap '' HUP INT QUIT TERM TSTP TTIN TTOU PIPE USR1 USR2 ALRM
parent=$1 tty=$2 off=$3
shift 3
read -r word && exit 0  # the program has nothing left to give back
# a program that replaced itself by another closed the pipe as well, and still has the terminal
left=20
while [ $left -gt 0 ]; do
    if [ -r "/proc/$$/stat" ]; then read -r _ _ _ now _ < "/proc/$$/stat"
    else now=$(ps -o ppid= -p $$ 2>/dev/null); fi
    [ ${now:-0} -eq "$parent" ] 2>/dev/null || break
    left=$((left - 1))
    sleep 0.1
done
[ $left -gt 0 ] || exit 0
( exec 0<>"$tty" || exit; printf "$off" >&0; stty "$@" ) 2>/dev/null
"""

_LOCAL = (("echo", "ECHO"), ("icanon", "ICANON"), ("iexten", "IEXTEN"), ("isig", "ISIG"))
_INPUT = (
    *(("ixon", "IXON"), ("ixoff", "IXOFF")),
    *(("icrnl", "ICRNL"), ("inlcr", "INLCR"), ("igncr", "IGNCR")),
)
"""What Textual changes, by the names of `stty` and of `termios`."""


class Watcher:
    """`start` with the screen's modes, `stop` when the terminal is as it was before.

    A child process: a shell that waits for a pipe to close. No Python, no processor time, no hold
    on the terminal, which it opens by name and only when it has to.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, descriptor: int, before: list[Any]) -> None:
        """Watch over the terminal at `descriptor`, whose modes were `before`. Where it can't be
        watched over, it isn't: that is no reason not to work."""
        if self._child is not None:
            return
        with suppress(OSError, ValueError):
            words = [str(os.getpid()), os.ttyname(descriptor), _escaped("".join(OFF))]
            self._child = subprocess.Popen(
                ["/bin/sh", "-c", _SCRIPT, "ima-tui-watcher", *words, *_stty(before)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",  # no folder is held
                env=environment_for_children(),
                start_new_session=True,  # keys and a hang-up are not meant for it
            )

    def stop(self) -> None:
        """The terminal is given back, or not ours for a while: there is nothing left to do."""
        child, self._child = self._child, None
        if child is None or child.stdin is None:
            return
        with suppress(OSError):  # somebody ended it
            child.stdin.write(b"over\n")
            child.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            child.wait(1)


def _escaped(sequences: str) -> str:
    return sequences.replace("\x1b", "\\033")


def _stty(before: list[Any]) -> list[str]:
    """The words for `stty` that bring these modes back."""
    flags = ((_LOCAL, before[3]), (_INPUT, before[0]))
    return [
        name if flag & getattr(termios, constant) else f"-{name}"
        for names, flag in flags
        for name, constant in names
    ]


SIGNALS = (
    *(signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT),
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF),
    *(signal.SIGXCPU,),
)
"""What would end a program and can be waited for; a `Watcher` is there for the rest."""
LOOK_SECONDS = 5.0
"""How often the line is looked at, for connections that drop without a signal. Draws nothing."""


class Forgiving:
    """A file whose other end may be gone: what can't be written any more is dropped. Textual's
    writing thread would die of it, and then whoever writes waits for ever."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write text, or drop it."""
        with suppress(OSError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, or do nothing."""
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return self._file.isatty()


class LineDriver(LinuxDriver):
    """Textual's, for a line that may drop."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._ours: list[Any] | None = None
        """The terminal's modes while the app has it."""
        self._file = cast(Any, Forgiving(screen_file()))
        self._watcher = Watcher()
        self._watched = False

    def watch(self) -> None:
        """Have the terminal given back should the program be killed. Once the screen is there:
        nobody waits for this."""
        self._watched = True
        if self._ours is not None and self.attrs_before is not None:
            self._watcher.start(self.fileno, self.attrs_before)

    def start_application_mode(self) -> None:
        """Take the terminal, and keep its modes to set them again after a stop."""
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's
        with suppress(termios.error):
            self._ours = termios.tcgetattr(self.fileno)
        if self._watched:
            self.watch()

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        self._ours = None
        super().stop_application_mode()

    def close(self) -> None:
        """At the end, and each time that the terminal is lent to somebody."""
        super().close()
        self._watcher.stop()

    def _sigcont_application(self, *_: object) -> None:
        """Continued. Textual starts anew, though it never stopped when somebody else sent the
        SIGSTOP: two threads would read the keys, the first writer would never end, and the modes
        to give back at the end would be the app's own."""
        if self._ours is None:
            super()._sigcont_application()
        else:
            asyncio.get_running_loop().call_soon_threadsafe(self._retake)

    def _retake(self) -> None:
        """What a shell changes when a program under it is stopped: the modes of the line, pasting
        in brackets, the cursor, and what stands on the screen."""
        if self._ours is None:
            return
        with suppress(termios.error):
            termios.tcsetattr(self.fileno, termios.TCSANOW, self._ours)
        self.write("\x1b[?25l")
        self._enable_bracketed_paste()
        self._disable_line_wrap()
        self.flush()
        self._app.refresh(layout=True)

    def run_input_thread(self) -> None:
        """Reading from a closed terminal is no fault of the app: `orderly` sees it, too."""
        with suppress(OSError):
            super().run_input_thread()


class WatchedApp(App[Any]):
    """An app that tells when its first screen is painted, and which driver draws it."""

    on_painted: Callable[[], None] | None

    @property
    @abstractmethod
    def driver(self) -> Driver | None:
        """What draws on the terminal, once it is there."""


@contextmanager
def orderly(app: WatchedApp) -> Iterator[None]:
    """While this holds, a signal or a dropped line ends `app` as its own key would. A second
    signal ends it at once."""
    app.driver_class = LineDriver
    app.on_painted = partial(_watch_over, app)
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        with suppress(NotImplementedError, RuntimeError):  # not the main thread: the system's way
            loop.add_signal_handler(number, partial(_end, app))
    watch = asyncio.create_task(_watch(app), name="watch the line")
    try:
        yield
    finally:
        watch.cancel()
        with suppress(NotImplementedError, RuntimeError):
            for number in {*SIGNALS} - {signal.SIGHUP}:  # a terminal may close while we do
                loop.remove_signal_handler(number)


def _watch_over(app: WatchedApp) -> None:
    if isinstance(app.driver, LineDriver):
        app.driver.watch()


def _end(app: WatchedApp) -> None:
    """The way out. A closed terminal may hang up more than once; a second SIGTERM means it. Who
    sends a SIGHUP by hand gets the terminal back: it is still there."""
    if is_gone():
        let_go()
    with suppress(NotImplementedError, RuntimeError):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            asyncio.get_running_loop().remove_signal_handler(number)
    app.exit()


async def _watch(app: WatchedApp) -> None:
    while not is_gone():  # noqa: ASYNC110 - nobody would set an event for it
        await asyncio.sleep(LOOK_SECONDS)
    _end(app)


def is_gone() -> bool:
    """Whether the other end of the terminal is closed."""
    poll = select.poll()
    try:
        poll.register(0, 0)
        return any(found & (select.POLLHUP | select.POLLNVAL) for _, found in poll.poll(0))
    except OSError:
        return True


def let_go() -> None:
    """What is still written goes nowhere, rather than wait for nobody."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
