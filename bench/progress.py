"""Progress of long work: a bar with rate and time left on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

Advance = Callable[[int], None]
BRIEF = 0.5  # seconds of work below which a plain log is told nothing
LINE_EVERY = 10.0  # seconds between plain lines: enough to see life in a log, too few to fill it


class Reporter:
    """Says on stderr what is going on; ``quiet`` says nothing."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet

    def line(self, text: str) -> None:
        """One plain line."""
        if not self.quiet:
            print(text, file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def track(self, label: str, total: int, unit: str = "clips") -> Iterator[Advance]:
        """Follow ``total`` pieces of work; the function given is called with how many are newly done."""
        if self.quiet or not total:
            yield lambda _count: None
        elif sys.stderr.isatty():
            yield from _bar(label, total, unit)
        else:
            yield _Lines(label, total, unit, self.line).advance


def _bar(label: str, total: int, unit: str) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{unit} · {{task.fields[rate]}} ·"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=total, rate="–/s")

        def advance(count: int) -> None:
            progress.advance(task, count)
            speed = progress.tasks[0].speed
            progress.update(task, rate=f"{speed:.1f}/s" if speed else "–/s")

        yield advance


class _Lines:
    def __init__(self, label: str, total: int, unit: str, line: Callable[[str], None]) -> None:
        self.label, self.total, self.unit, self.line = label, total, unit, line
        self.done = 0
        self.start = self.last = time.monotonic()

    def advance(self, count: int) -> None:
        self.done += count
        now = time.monotonic()
        finished = self.done >= self.total
        if (now - self.start < BRIEF) if finished else (now - self.last < LINE_EVERY):
            return
        self.last = now
        rate = self.done / max(now - self.start, 1e-9)
        left = (self.total - self.done) / rate if rate else 0.0
        rest = f", {left:.0f} s left" if not finished else ""
        self.line(f"{self.label}: {self.done}/{self.total} {self.unit}, {rate:.1f}/s{rest}")
