"""Planning from the command line."""

from __future__ import annotations

import json

import pytest
from conftest import Bench, one_line


def columns(out: str) -> list[list[str]]:
    """Rows of the table's cells."""
    lines = out.splitlines()
    return [line.split() for line in lines[2 : lines.index("")]]


def test_a_design_shows_what_it_detects(bench: Bench) -> None:
    ran = bench("ratings", "plan", "--raters", "30", "--clips", "40")
    assert (ran.code, ran.err) == (0, "")
    assert columns(ran.out) == [["30", "40", "30", "2400", "80", "20", "0.314", "0.108", "0.135", "0.276"]]
    assert "shown with a chance of 80%" in ran.out
    assert "level: 0.05\n" in ran.out


def test_json_has_every_digit(bench: Bench) -> None:
    ran = bench("ratings", "plan", "--raters", "60", "--clips", "100", "--votes", "5", "--pay", "12", "--json")
    (found,) = json.loads(ran.out)
    assert found["detectable"] == pytest.approx(0.239927, abs=5e-7)
    assert found["half_width"] == pytest.approx(0.193107, abs=5e-7)
    assert found["design"]["deviations"]["residual"] == 0.8
    assert found["cost"] == pytest.approx(1000 * 15 / 3600 * 12)


def test_more_systems_cost_power_and_the_level_is_said(bench: Bench) -> None:
    ran = bench("ratings", "plan", "--raters", "30", "--clips", "40", "--systems", "5")
    assert "level: 0.005 for each of 10 comparisons" in ran.out
    assert float(columns(ran.out)[0][6]) > 0.4


def test_a_difference_to_detect_gives_the_fewest_clips_for_several_panels(bench: Bench) -> None:
    ran = bench("ratings", "plan", "--detect", "0.2", "--votes", "5", "--systems", "5")
    assert ran.code == 0
    assert [row[0] for row in columns(ran.out)] == ["40", "60", "100"]
    assert all(float(row[6]) <= 0.2 for row in columns(ran.out))
    assert "10, 20, 30 raters: too few to show 0.2 with any number of clips" in ran.out


def test_raters_can_be_sought_and_clips_for_one_panel(bench: Bench) -> None:
    raters = bench("ratings", "plan", "--detect", "0.3", "--clips", "100", "--json")
    clips = bench("ratings", "plan", "--detect", "0.3", "--raters", "30", "--json")
    (one,), (other,) = json.loads(raters.out), json.loads(clips.out)
    assert one["design"]["clips"] == 100
    assert other["design"]["raters"] == 30
    assert one["detectable"] <= 0.3
    assert other["detectable"] <= 0.3


def test_a_pilots_deviations_and_fixed_prompts(bench: Bench) -> None:
    words = ["ratings", "plan", "--raters", "30", "--clips", "40", "--json"]
    (quiet,) = json.loads(bench(*words, "--sd.residual", "0.1").out)
    (fixed,) = json.loads(bench(*words, "--fixed-prompts").out)
    (plain,) = json.loads(bench(*words).out)
    assert quiet["detectable"] < plain["detectable"]
    assert fixed["df"] == plain["df"] == 29
    assert fixed["detectable"] < plain["detectable"]


def test_options_can_stand_in_a_file(bench: Bench, tmp_path: object) -> None:
    from pathlib import Path

    Path("pilot.yaml").write_text("raters: 30\nclips: 40\nsd: {clip: 0.6}\n", encoding="utf-8")
    ran = bench("ratings", "plan", "--config", "pilot.yaml")
    assert ran.code == 0
    assert "clip 0.6" in ran.out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "needs --raters and --clips, or --detect"),
        (["--raters", "30"], 2, "needs --raters and --clips, or --detect"),
        (["--raters", "30", "--clips", "40", "--detect", "0.2"], 2, "give one of them or neither"),
        (["--raters", "1", "--clips", "40"], 2, "at least 2 raters, not 1"),
        (["--raters", "ten", "--clips", "40"], 2, "--raters: expected int or nothing, got ten"),
        (["--raters", "30", "--clips", "40", "--votes", "31"], 2, "votes of a stimulus are 31"),
        (["--raters", "30", "--clips", "40", "--sd.clip", "-1"], 2, "standard deviation clip is -1"),
        (["--raters", "30", "--clips", "40", "--sd.clop", "1"], 2, "did you mean '--sd.clip'"),
        (["--raters", "30", "--clips", "40", "--seconds", "0"], 2, "--seconds must be above 0"),
        (["--rater", "30"], 2, "did you mean '--raters'"),
        (["--detect", "0"], 2, "must be above 0"),
        (["--detect", "0.05", "--raters", "5"], 3, "5 raters can't show a difference of 0.05"),
        (["--detect", "0.05", "--clips", "5"], 3, "5 clips can't show a difference of 0.05"),
        (["--detect", "0.05", "--votes", "200"], 3, "200 raters can't show a difference of 0.05"),
        (["--detect", "0.2", "--votes", "20", "--raters", "10"], 2, "votes of a stimulus are 20"),
    ],
)
def test_wrong_input_is_one_line(bench: Bench, words: list[str], code: int, message: str) -> None:
    ran = bench("ratings", "plan", *words)
    assert (ran.code, ran.out) == (code, "")
    assert one_line(ran.err), ran.err
    assert message in ran.err
