"""What a pickle is read with: its bytes in order, the stack with its marks, and the memo."""

from __future__ import annotations

from nautiloid.models.limits import LARGEST_TEXT, Budget
from nautiloid.models.pickles.values import Blob
from nautiloid.models.span import Span

_NEWEST_PROTOCOL = 5


class BrokenError(Exception):
    """The pickle makes no sense from here on: the loader stops as well, after what was done until here."""


class Tape:
    """The state of a machine, as CPython's ``Unpickler`` has it.

    Args:
        content: Where the pickle is.
        at: Where in there it begins.
        budget: What reading it may cost.

    Attributes:
        at: How far it was read.
        missing: How many bytes an opcode wanted that the content does not have.
    """

    def __init__(self, content: Span, at: int, budget: Budget) -> None:
        self._content, self._buffer, self._base = content, content.buffer, content.start
        self._budget = budget
        self._stack: list[object] = []
        self._marks: list[int] = []
        self._memo: dict[int, object] = {}
        self._frame_ends = 0
        self.at = at
        self.missing = 0

    # -- bytes ---------------------------------------------------------------------------------------

    def _break(self, why: str) -> None:
        raise BrokenError(f"{why} (byte {self.at:,})")

    def take(self, size: int) -> bytes:
        """Read so many bytes."""
        found = self._content.read(self.at, size)
        if len(found) < size:
            self.missing = size - len(found)
            self._break("it ends too early")
        self.at += size
        return found

    def number(self, size: int) -> int:
        """Read an unsigned number, the lowest byte first."""
        return int.from_bytes(self.take(size), "little")

    def line(self) -> bytes:
        """Read up to the next line feed."""
        stop = self._content.find(b"\n", self.at)
        if stop < 0:
            self.missing = 1
            self._break("a line does not end")
        line = self._content.read(self.at, stop - self.at)
        self.at = stop + 1
        return line

    def blob(self, size: int, *, text: bool = False) -> None:
        """Push bytes that follow; a short text as itself."""
        if self.at + size > len(self._content):
            self.missing = self.at + size - len(self._content)
            self._break("it ends too early")
        span = self._content.part(self.at, self.at + size)
        self.at += size
        if text and size <= LARGEST_TEXT:
            self.push(span.content.decode("utf-8", "surrogatepass"))
        else:
            self.push(Blob(span, text))

    # -- stack ---------------------------------------------------------------------------------------

    def push(self, value: object) -> None:
        """Put a value on the stack."""
        self._stack.append(value)

    def pop(self) -> object:
        """Take the top of the stack."""
        self._need(1)
        return self._stack.pop()

    def _need(self, count: int) -> None:
        fence = self._marks[-1] if self._marks else 0
        if len(self._stack) - fence < count:
            self._break("its stack is empty")

    def top(self) -> object:
        """Return the top of the stack."""
        self._need(1)
        return self._stack[-1]

    def since_mark(self) -> list[object]:
        """Take all that lies above the last mark, and the mark."""
        if not self._marks:
            self._break("it names a MARK that is not there")
        start = self._marks.pop()
        values = self._stack[start:]
        del self._stack[start:]
        return values

    def mark(self) -> None:
        """Note how high the stack is."""
        self._marks.append(len(self._stack))

    def drop(self) -> None:
        """Forget the top of the stack, or the mark that is there."""
        if self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()
        else:
            self.pop()

    def frame(self) -> None:
        """Note where a frame ends; it must not end before one that is open."""
        size = self.number(8)
        if self.at < self._frame_ends:
            self._break("a frame begins within a frame")
        if self.at + size > len(self._content):
            self.missing = self.at + size - len(self._content)
            self._break("a frame is longer than the file")
        self._frame_ends = self.at + size

    def protocol(self) -> None:
        """Refuse what no loader knows."""
        if self.number(1) > _NEWEST_PROTOCOL:
            self._break("its protocol is unknown")

    # -- memo ----------------------------------------------------------------------------------------

    def put(self, place: int) -> None:
        """Remember the top of the stack."""
        if place < 0:
            self._break("a place of the memo is negative")
        self._memo[place] = self.top()

    def get(self, place: int) -> None:
        """Push what was remembered."""
        if place not in self._memo:
            self._break(f"nothing is in place {place} of the memo")
        self.push(self._memo[place])

    def memoize(self) -> None:
        """Remember the top of the stack in the next place, which is how many are in use."""
        self._memo[len(self._memo)] = self.top()
