"""What became of some files: answers with and without exclusions, as text and as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from bench.errors import NotEvaluable
from bench.listening.analysis import Analysis, analyse
from bench.listening.intake import Imported
from bench.listening.quality import Rules, Screened, report, screen
from bench.listening.rating import Rating, scale_text
from bench.listening.report import change, lines, lost, means, named


class Findings(NamedTuple):
    """What became of some files.

    Attributes:
        imported: what was understood, taken and refused.
        screened: the ratings after quality control; None without it.
        kept: every question after exclusions.
        everything: every question without exclusions.
    """

    imported: Imported
    screened: Screened | None
    kept: list[Analysis]
    everything: list[Analysis]

    @property
    def ratings(self) -> tuple[Rating, ...]:
        """All of them, with what is excluded marked."""
        return self.screened.ratings if self.screened else self.imported.ratings

    @property
    def dropped(self) -> int:
        """How many ratings are excluded."""
        return sum(rating.excluded for rating in self.ratings)

    def pairs(self) -> Iterator[tuple[Analysis | None, Analysis]]:
        """Each question after exclusions, None if nothing is left, beside itself without them."""
        after = {(one.question.test_id, one.question.dimension): one for one in self.kept}
        for one in self.everything:
            yield after.get((one.question.test_id, one.question.dimension)), one


def findings(imported: Imported, method: str, rules: Rules | None) -> Findings:
    """Screen what was imported, and answer every question with and without exclusions.

    Args:
        imported: from files.
        method: of the means' intervals.
        rules: of quality control; None for none, so that only what a file itself excludes is dropped.

    Raises:
        NotEvaluable: there is no rating of a system under test.
        BadInput: two scales in one dimension of one test.
    """
    everything = analyse([replace(rating, excluded=False) for rating in imported.ratings], method)
    if not everything:
        refused = f" ({len(imported.refused)} rows were refused)" if imported.refused else ""
        raise NotEvaluable(f"there is no rating of a system under test among the {len(imported.ratings)}{refused}")
    screened = screen(imported.ratings, imported.sessions, rules) if rules else None
    kept = analyse(screened.ratings if screened else imported.ratings, method)
    return Findings(imported, screened, kept, everything)


def problems(found: Findings) -> list[str]:
    """The systems of which exclusions leave nothing, one line a question."""
    return [
        f"{named(before)}: exclusions leave no rating of {', '.join(lost(now, before))}"
        for now, before in found.pairs()
        if lost(now, before)
    ]


def counted(imported: Imported) -> str:
    """How many ratings, raters, systems and clips there are, in one line."""
    given = imported.ratings
    raters = {rating.rater_id for rating in given if rating.rater_id}
    counts = {
        "ratings": len(given),
        "raters": len(raters) or "unknown",
        "systems": len({rating.system_id for rating in given if rating.role == "test"}),
        "clips": len({(rating.test_id, rating.item_id) for rating in given}),
        "rows refused": len(imported.refused),
    }
    scales = dict.fromkeys((one.dimension, scale_text(one.scale_min, one.scale_max)) for one in given)
    dimensions = ", ".join(f"{dimension} ({ends})" for dimension, ends in scales)
    return "; ".join(f"{name}: {count}" for name, count in counts.items()) + f"; dimensions: {dimensions or 'none'}"


def text(found: Findings, *, naive: bool = False) -> Iterator[str]:
    """All that was found, as lines."""
    yield from (f"format: {found.imported.format}", *found.imported.notes, counted(found.imported), "")
    yield from report(found.screened) if found.screened else ["quality control: not asked for"]
    for now, before in found.pairs():
        if now:
            yield ""
            yield from lines(now, naive=naive)
        if found.dropped:
            yield ""
            yield from means(before, naive, " without exclusions")
            yield change(now, before)


def everything(found: Findings) -> dict[str, Any]:
    """All that was found, as plain values for JSON."""
    return {
        "format": found.imported.format,
        "notes": list(found.imported.notes),
        "refused": [row._asdict() for row in found.imported.refused],
        "screening": report(found.screened) if found.screened else None,
        "findings": [one._asdict() for one in found.screened.findings] if found.screened else None,
        "questions": [one.fields() for one in found.kept],
        "without_exclusions": [one.fields() for one in found.everything],
    }
