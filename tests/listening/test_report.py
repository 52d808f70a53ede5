"""The report: every number stands beside what must be known to read it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from golden_ratings import COMPLETE, FALLBACK, GAPS, rows

from bench.listening.analysis import Analysis, analyse
from bench.listening.intervals import INTERVALS, TITLES
from bench.listening.rating import Rating
from bench.listening.report import change, lines, p_text


def ratings(tables: dict[str, str] = COMPLETE, gaps: set[tuple[str, int, int]] | None = None) -> list[Rating]:
    return [
        Rating(test_id="t", rater_id=rater, item_id=clip, system_id=system, dimension="OVL", score=score)
        for score, rater, clip, system in rows(tables, gaps or ())
    ]


def analysis(given: list[Rating], method: str = "cluster") -> Analysis:
    (found,) = analyse(given, method)
    return found


def report(given: list[Rating], method: str = "cluster", *, naive: bool = False) -> str:
    return "\n".join(lines(analysis(given, method), naive=naive))


def cells(text: str, label: str) -> list[str]:
    """The cells of a row; columns stand three blanks apart."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"{label}  ")]
    return [cell.strip() for cell in line.split("   ") if cell.strip()]


def test_means_and_differences_of_the_worked_table() -> None:
    text = report(ratings())
    assert text.startswith("t · OVL (1-5)\n")
    assert cells(text, "A") == ["A", "3.95", "[2.56, 5.34]", "a", "4", "5", "20", "0"]
    assert cells(text, "B") == ["B", "2.95", "[1.71, 4.19]", "ab", "4", "5", "20", "0"]
    assert cells(text, "A - C") == ["A - C", "+1.20", "[0.79, 1.61]", "0.003", "0.008", "–"]
    assert "same letter: not shown to differ (Holm, α = 0.05)" in text
    assert "agreement of 4 raters on 15 stimuli: ICC(A,1) 0.579, ICC(A,4) 0.846; Krippendorff's α 0.531" in text
    assert "few raters (4; 10 or more are better)" in text
    assert "few clips (5; 20 or more are better)" in text


def test_the_naive_half_width_is_printed_on_request_and_called_too_narrow() -> None:
    assert "naive" not in report(ratings())
    text = report(ratings(), naive=True)
    assert cells(text, "A")[-1] == "0.47"
    assert "naive ±: half-width as if ratings were independent; too narrow" in text


def test_the_legend_says_what_intervals_are_of() -> None:
    assert "had there been new raters and new prompts; two-way (rater, clip) cluster-robust, t." in report(ratings())
    fixed = report(ratings(), "raters")
    assert "had there been new raters, these prompts" in fixed
    assert "few clips" not in fixed


@pytest.mark.parametrize("method", INTERVALS)
def test_the_legend_names_what_differences_are_of_where_that_is_not_what_means_are_of(method: str) -> None:
    found = analysis(ratings(), method)
    text = "\n".join(lines(found))
    assert f"; {TITLES[method]}.\n" in text
    (used,) = {one.difference.method for one in found.contrasts}
    assert (f"\ndifferences and letters: {TITLES[used]}.\n" in text) == (used != method)
    assert ("differences and letters" in text) == (method in ("crowdmos", "re", "satterthwaite"))


def test_gaps_make_agreement_approximate() -> None:
    text = report(ratings(gaps=GAPS))
    assert "(from variance components: not everyone rated everything)" in text
    assert "ICC(A,3.73)" in text


def test_a_fallback_is_named_with_its_pair() -> None:
    assert "A - B: two-way variance not positive: the larger one-way variance is used" in report(ratings(FALLBACK))


def test_unknown_raters_are_a_dash_and_a_warning() -> None:
    text = report([replace(one, rater_id=None) for one in ratings()])
    assert cells(text, "A")[4] == "–"
    assert "A: raters unknown: the interval is too narrow" in text
    assert "had there been new prompts; cluster-robust over clips" in text
    assert "new raters" not in text
    assert "agreement" not in text


def test_one_system_has_no_differences() -> None:
    text = report([one for one in ratings() if one.system_id == "A"])
    assert "Holm" not in text
    assert cells(text, "A")[3] == "–"


def without(system: str, rater: str | None = None) -> list[Rating]:
    return [replace(one, excluded=one.system_id == system and rater in (None, one.rater_id)) for one in ratings()]


def test_it_is_said_what_exclusions_change() -> None:
    before = analysis(ratings())
    assert change(before, before).endswith("exclusions change neither the order of systems nor a letter")
    assert change(analysis(without("B")), before) == "t · OVL: exclusions leave no rating of B"
    assert change(None, before) == "t · OVL: exclusions leave no rating of A, B, C"
    turned = [replace(one, excluded=one.rater_id == "r4" or one.item_id == "c5") for one in ratings()]
    equal = [replace(one, score=6 - one.score) if one.system_id == "A" else one for one in turned]
    assert change(analysis(equal), before) == "t · OVL: exclusions change the order of systems"
    letters = [replace(one, excluded=one.item_id in ("c2", "c4", "c5")) for one in ratings()]
    assert change(analysis(letters), before) == "t · OVL: exclusions change letters, not the order of systems"


def many(systems: int) -> list[Rating]:
    """Systems that are each a little better than the next."""
    return [
        Rating(
            test_id="t",
            rater_id=f"r{rater}",
            item_id=f"c{clip}",
            system_id=f"s{system:02}",
            dimension="OVL",
            score=80.0 - 4 * system + 3 * (rater % 2) + (rater * clip + system) % 5,
            scale_min=0.0,
            scale_max=100.0,
        )
        for system in range(systems)
        for rater in range(3)
        for clip in range(4)
    ]


def differences(text: str) -> list[str]:
    return [
        line.split("   ")[0].strip()
        for line in text.splitlines()
        if line.startswith("s") and " - " in line and ":" not in line
    ]


def test_up_to_ten_systems_every_difference_is_printed() -> None:
    text = report(many(10))
    assert len(differences(text)) == 45
    assert "of systems next to each other" not in text


def test_of_more_systems_only_neighbours_are_compared_in_print_and_it_is_said() -> None:
    found = analysis(many(11))
    text = "\n".join(lines(found))
    assert differences(text) == [f"s{place:02} - s{place + 1:02}" for place in range(10)]
    assert (
        "differences: 10 of 55, of systems next to each other; letters and Holm are of all, and --json has all" in text
    )
    assert len(found.fields()["contrasts"]) == 55
    (first,) = [one for one in found.contrasts if (one.system, one.other) == ("s00", "s01")]
    assert p_text(first.adjusted) in cells(text, "s00 - s01")


def test_the_scale_stands_in_the_title() -> None:
    assert report(many(2)).startswith("t · OVL (0-100)\n")
    turned = [replace(one, score=one.score / 50 - 1, scale_min=-3.0, scale_max=3.0, scale_step=0.0) for one in many(2)]
    assert report(turned).startswith("t · OVL (-3..3)\n")
