"""A command at work: which clips it is asked for, in which runs, and what came of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.audio import Waveform
from bench.clip import Clip
from bench.digest import digest
from bench.disk import cache_folder, locked, write_atomically

from ._command_process import last_line, run, surroundings
from ._command_templates import (
    DEFAULT_COLUMNS,
    SEEDS,
    SUFFIXES,
    Values,
    file_pattern,
    of_clip,
    prompts_file,
    seeds_file,
    uses,
)
from ._command_work import Attempt, Ordered, Shape, Undelivered, Work

if TYPE_CHECKING:
    from .command import Command

TAG = 12  # hex digits that name a recipe's folder


class Program:
    """A command that is ready to be run; clips that it made before are not asked for again."""

    def __init__(self, card: Command, device: str) -> None:
        """Find what earlier runs left.

        Args:
            card: the command.
            device: what the program is told.
        """
        identity = card.identity()
        self.card, self.device = card, device
        self.shape = Shape(card.rate, card.leading_zeros, card.pad)
        self.work = Work(cache_folder().absolute() / "commands" / digest(identity)[:TAG], identity)

    def __call__(self, clips: Sequence[Clip], seeds: Sequence[int]) -> list[Waveform | Exception]:
        """Run the program for the clips that it has not made, and give the sound of each, or why there is none."""
        orders = [self.work.ordered(clip, seed) for clip, seed in zip(clips, seeds, strict=True)]
        made: dict[str, Waveform | Exception] = {}
        for order in orders:
            wave = self.work.earlier(order, self.shape)
            if wave is not None:
                made[order.key] = wave
        for group in self._runs([order for order in orders if order.key not in made]):
            made.update(self._attempt(group))
        return [made[order.key] for order in orders]

    def forget(self, clips: Sequence[Clip], seeds: Sequence[int]) -> None:
        """Delete what was made for these clips: the caller has it, and a second copy would only grow old."""
        self.work.forget({self.work.ordered(clip, seed).key for clip, seed in zip(clips, seeds, strict=True)})

    def _runs(self, orders: Sequence[Ordered]) -> Iterator[Sequence[Ordered]]:
        """The clips of each run: one each, or all that the command line does not tell apart."""
        if self.card.per_clip:
            yield from ([order] for order in orders)
            return
        whole = dict.fromkeys(self._length(order) for order in orders)
        for length in whole:
            yield [order for order in orders if self._length(order) == length]

    def _length(self, order: Ordered) -> float | None:
        return order.clip.seconds if uses(self.card.words, "seconds") else None

    def _attempt(self, orders: Sequence[Ordered]) -> dict[str, Waveform | Exception]:
        """One run of the program: what it made of each clip, by key."""
        card = self.card
        lines = [of_clip(one.clip, index, one.seed, card.seconds) for index, one in enumerate(orders)]
        files = {one.key: file_pattern(card.output, line) for one, line in zip(orders, lines, strict=True)}
        attempt = self.work.begin(self._seed(orders), files)
        with locked(attempt.folder):
            argv = self._command_line(attempt, lines)
            foreign = card.python is not None
            told = uses(card.words, "device")
            environment = surroundings(card.environment, self.device, foreign=foreign, told=told)
            print(f"running {Path(argv[0]).name}; its log: {attempt.log}", file=sys.stderr, flush=True)
            end = run(argv, card.place, environment, attempt.log, card.timeout)
            return {one.key: self._result(attempt, one, end) for one in orders}

    def _seed(self, orders: Sequence[Ordered]) -> int:
        """The seed that the program is given: the clip's own, or one for all that are first asked for together."""
        if self.card.per_clip:
            return orders[0].seed % SEEDS
        before = self.work.seed(orders)
        return int(digest(sorted(order.seed for order in orders))[:8], 16) if before is None else before

    def _command_line(self, attempt: Attempt, lines: Sequence[Values]) -> list[str]:
        """Write what the program reads, and say how it is called."""
        card = self.card
        prompts = attempt.folder / f"prompts{SUFFIXES[card.prompts]}"
        seeds = attempt.folder / "seeds.jsonl"
        out = {"out": str(attempt.out)}
        columns = DEFAULT_COLUMNS[card.prompts] if card.columns is None else card.columns
        write_atomically(prompts, prompts_file([{**line, **out} for line in lines], card.prompts, columns))
        write_atomically(seeds, seeds_file(lines, card.prompts))
        values = {
            **(lines[0] if card.per_clip else {"seconds": lines[0]["seconds"]}),
            **card.fixed,
            **out,
            "prompts": str(prompts),
            "seeds": str(seeds),
            "device": self.device,
            "seed": attempt.seed,
        }
        return [template.format(**values) for template in card.words]

    def _result(self, attempt: Attempt, order: Ordered, end: str) -> Waveform | Exception:
        try:
            return attempt.found(order, self.shape)
        except Undelivered as error:
            said = last_line(attempt.log)
            log = f"its log {attempt.log} {f'ends with: {said}' if said else 'is empty'}"
            return Undelivered(f"{error}; the program {end}, and {log}")
