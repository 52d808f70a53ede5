"""A grid as lines: published, measured, verdict, rated, each where a reader looks for it."""

from __future__ import annotations

import dataclasses

from measured_records import PUBLISHED, grid, ratings, record, score

from bench.paper.grid import Grid
from bench.paper.page import sheet
from bench.sheet import Sheet


def page(found: Grid) -> Sheet:
    return sheet(found, PUBLISHED, ["elsewhere too"])


def lines(found: Grid, name: str) -> list[list[str]]:
    for block in page(found).blocks:
        if block[0][0].text.rstrip("†‡§¶‖#") == name:
            return [[cell.text + cell.after for cell in line[1:]] for line in block]
    raise AssertionError(name)


def test_published_tables_alone_have_one_line_a_row() -> None:
    found = page(grid())
    assert found.header == ("System", "FAD ↓", "KL ↓", "CLAP ↑", "OVL ↑", "REL ↑")
    assert [cell.text for cell in found.lines[0]] == ["AudioLDM", "4.53", "1.99", "0.141", "3.61", "3.55"]
    assert found.title.endswith("(published)")
    assert "elsewhere too" in found.notes


def test_a_measured_row_has_its_verdicts_below() -> None:
    made = record("tango", {"fad": 1.75, "kl": score("kl", 1.5, 0.01), "clap-paper": score("clap-paper", 0.1, 0.01)})
    assert lines(grid(made), "TANGO") == [
        ["published", "1.73", "1.27", "0.176", "3.75", "3.72", ""],
        ["measured", "1.750 [1.650, 1.850]", "1.500 [1.490, 1.510]", "0.1000 [0.0900, 0.1100]", "", "", "964"],
        ["verdict", "+0.020 reproduced", "+0.230 differs", "−0.0760 differs", "not run", "not run", ""],
    ]


def test_a_row_without_a_run_says_so_in_every_cell() -> None:
    assert lines(grid(record("tango", {"fad": 1.75})), "AudioLDM")[1] == ["measured", *["not run"] * 5, ""]


def test_seeds_are_shown_with_their_number_and_spread() -> None:
    made = [record("tango", {"fad": value}, seed=seed) for seed, value in enumerate((1.7, 1.8))]
    assert lines(grid(*made), "TANGO")[1][:2] == ["measured, 2 seeds", "1.750 ± 0.071 [1.650, 1.850]"]
    assert lines(grid(record("tango", {"fad": 1.7}, seed=7)), "TANGO")[1][0] == "measured, seed 7"


def test_an_incomplete_run_shows_of_how_many() -> None:
    made = lines(grid(record("tango", {"fad": 1.7}, absent=20, scored=941)), "TANGO")[1]
    assert made[-1].rstrip("†‡§¶‖#") == "941/964"
    assert made[-1] != "941/964"


def test_recipes_are_told_apart_and_another_name_is_said() -> None:
    made = [record("make-an-audio-2", {"fad": 2.0}, settings={"steps": steps}) for steps in (10, 20)]
    labels = [line[0] for line in lines(grid(*made), "Make-an-Audio")]
    assert [label.split(" [")[0] for label in labels] == [
        "published", "measured make-an-audio-2", "verdict", "measured make-an-audio-2", "verdict",
    ]  # fmt: skip
    assert len({*labels}) == 4


def test_a_published_interval_is_shown() -> None:
    found = page(grid(table="text-to-speech", source="paper"))
    cells = {line[0].text: line[1].text + line[1].after for line in found.lines}
    assert cells["FastSpeech2"] == "3.78 ± 0.15"


def test_rated_cells_show_interval_and_letters_and_the_verdict_is_marked() -> None:
    made = lines(grid(heard=ratings({"tango": 3.75, "audioldm": 1.0})), "TANGO")
    assert made[1][0] == "measured"
    assert made[1][1:6] == ["not run", "not run", "not run", "", "not run"]
    assert made[2][0] == "rated, audiocaps-pilot"
    assert made[2][4].endswith("] a")
    assert made[2][-1] == "8"
    assert made[3][4].startswith("not comparable")
    assert made[3][4][-1] in "†‡§¶‖#"


def test_the_legend_says_what_a_reader_must_know() -> None:
    made = record("tango", {"fad": 1.7}, note="From YouTube.")
    notes = "\n".join(page(grid(made, heard=ratings({"tango": 3.75, "audioldm": 1.0}))).notes)
    for words in (
        "within 10 % (FAD), 5 % (KL), 5 % (CLAP)",
        "95 % interval",
        "share a letter",
        "From YouTube.",
    ):
        assert words in notes
    assert [name for name, _ in grid(made).signatures] == ["fad"]


def test_a_verdict_that_says_little_is_marked_and_the_legend_counts_the_seeds() -> None:
    found = grid(*(record("tango", {"fad": value}, seed=seed) for seed, value in enumerate((1.2, 2.9))))
    assert lines(found, "TANGO")[2][1].startswith("+0.320 reproduced")
    notes = "\n".join(page(found).notes)
    assert "standard deviation over seeds (n − 1), here of 2 seeds" in notes
    (mark,) = [note[0] for note in page(found).notes if " says little: " in note]
    assert lines(found, "TANGO")[2][1].endswith(mark)
    assert "over seeds (n" not in "\n".join(page(grid(record("tango", {"fad": 1.7}))).notes)


def test_nothing_is_minus_nought() -> None:
    made = record("tango", {"fad": score("fad", 1.7299999, 0.01), "kl": score("kl", -0.00001, 0.00001)})
    measured, verdict = lines(grid(made), "TANGO")[1:3]
    assert measured[2] == "0.000 [0.000, 0.000]"
    assert verdict[1] == "+0.000 reproduced"


def test_recipes_say_in_which_settings_they_differ() -> None:
    made = [record("tango", {"fad": 2.0}, settings={"steps": steps, "rate": 16000}) for steps in (10, 20)]
    told = [note for note in page(grid(*made)).notes if note.startswith("tango: ")]
    assert told == [f"tango: [{made[0].system['hash']}] has steps 10; [{made[1].system['hash']}] has steps 20."]


def test_a_test_says_its_scale_and_counts_people_and_prompts_once() -> None:
    given = [*ratings({"tango": 3.75}, clips="ab", raters=2)]
    given += [dataclasses.replace(one, rater_id=f"other {one.rater_id}", item_id=f"other {one.item_id}") for one in
              ratings({"audioldm": 3.0}, clips="ab", raters=2)]  # fmt: skip
    given = [dataclasses.replace(one, scale_max=9.0) for one in given]
    notes = page(grid(heard=given)).notes
    assert "audiocaps-pilot: 4 raters, 4 prompts, 8 ratings, 0 more excluded; scale 1 to 9." in notes


def test_unknown_raters_are_not_drawn_anew() -> None:
    given = [dataclasses.replace(one, rater_id=None) for one in ratings({"tango": 3.75, "audioldm": 1.0})]
    notes = "\n".join(page(grid(heard=given)).notes)
    assert "had other prompts been drawn" in notes
    assert "unknown raters, 8 prompts" in notes
