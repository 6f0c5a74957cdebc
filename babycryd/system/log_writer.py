"""Log handler that writes from a thread of its own, so that a stuck reader never stops the detection."""

import logging
import os
import select
import threading
import time
from collections import deque
from typing import Final

MOST_WAITING: Final = 2000  # lines, some 300 kB
_CLOSE_LIMIT_S: Final = 0.3  # for a reader that has stopped
_LONGEST_CLOSE_S: Final = 1.2  # for a slow reader, or a computer too busy to run the thread
_POLL_S: Final = 0.05


class LogWriter(logging.Handler):
    """Bounded log handler: beyond MOST_WAITING lines the oldest are dropped, and a line gives their number."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._waiting: deque[str] = deque()
        self._dropped = 0
        self._changed = threading.Condition()
        self._idle = True
        self._reader_gone = False  # the reader has gone for good
        self._thread: threading.Thread | None = None  # started by the first line

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001  # as the standard library's handlers do
            self.handleError(record)
            return
        with self._changed:
            if self._reader_gone:
                return
            if len(self._waiting) >= MOST_WAITING:
                self._waiting.popleft()
                self._dropped += 1
            self._waiting.append(line)
            self._changed.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_for_ever, name="log", daemon=True)
            self._thread.start()

    def flush(self) -> None:
        """Wait until every line is written, or until the reader has taken none for _CLOSE_LIMIT_S."""
        begun_s = read_s = time.monotonic()  # when a line was last taken, or could have been
        with self._changed:
            while not (self._reader_gone or (self._idle and not self._waiting)):
                self._changed.wait(_POLL_S)
                now_s = time.monotonic()
                read_s = now_s if _takes_more(self._descriptor) else read_s
                if now_s - read_s > _CLOSE_LIMIT_S or now_s - begun_s > _LONGEST_CLOSE_S:
                    return

    def close(self) -> None:
        self.flush()
        super().close()

    def _write_for_ever(self) -> None:
        while not self._reader_gone:
            with self._changed:
                self._idle = True
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting)
                self._idle = False
                lines = [*self._lost(), *self._waiting]
                self._waiting.clear()
            if not _written(self._descriptor, "".join(f"{line}\n" for line in lines).encode(errors="backslashreplace")):
                with self._changed:
                    self._reader_gone = True
                    self._waiting.clear()
                    self._changed.notify_all()

    def _lost(self) -> list[str]:
        if not self._dropped:
            return []
        text = f"{self._dropped} earlier lines are lost: their reader had stopped"
        self._dropped = 0
        return [self.format(logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, None, None))]


def _takes_more(descriptor: int) -> bool:
    """Return whether the reader would take a line at once."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(0))


def _written(descriptor: int, text: bytes) -> bool:
    """Write without Python's buffer, whose lock a waiting thread would hold to the end; return False: no reader."""
    while text:
        try:
            text = text[os.write(descriptor, text) :]
        except BlockingIOError:  # another user of the descriptor has made it non-blocking
            time.sleep(_POLL_S)
        except OSError:
            return False
    return True
