"""Work on many recordings at once, with nothing lost when it is interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple

from bench.manifest import Item
from bench.progress import Advance, Reporter


class Task(NamedTuple):
    """One recording and what makes it; the function gives what became of it."""

    name: str
    make: Callable[[], Item]


def gather(tasks: Iterator[Task], total: int, jobs: int, keep: Callable[[Item], None], reporter: Reporter) -> None:
    """Do the tasks, some at a time, and hand each outcome over as it comes.

    The next tasks are drawn only as others end: a source that unpacks or downloads as it is drawn from never runs ahead
    by more than twice as many as are worked on.

    Raises:
        OSError: the disk is full. What was finished has been handed over.
        KeyboardInterrupt: likewise.
    """
    with reporter.track("converting", total, "recordings") as advance, ThreadPoolExecutor(jobs, "convert") as pool:
        running: set[Future[Item]] = set()
        try:
            for task in tasks:
                running.add(pool.submit(task.make))
                _settle(running, 2 * jobs - 1, keep, advance)
            _settle(running, 0, keep, advance)
        except BaseException:
            _stop(running, keep)
            raise


def _settle(running: set[Future[Item]], least: int, keep: Callable[[Item], None], advance: Advance) -> None:
    """Wait until no more than so many are under way."""
    while len(running) > least:
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            running.discard(future)
            keep(future.result())
            advance(1)


def _stop(running: set[Future[Item]], keep: Callable[[Item], None]) -> None:
    """Begin nothing more; what was under way is whole by its end, and is kept."""
    for future in running:
        future.cancel()
    for future in running:
        if not future.cancelled() and future.exception() is None:
            keep(future.result())
