"""``bench ratings`` as its users call it: from files of ratings to tables, and back to files."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import Bench, one_line, tree
from golden_ratings import COMPLETE, Row, Scenario, rows

from bench.errors import BadInput
from bench.listening.command import scale
from bench.listening.intake import SALT
from bench.listening.long import read_ratings
from bench.listening.rating import pseudonym

HEADER = ["test_id", "rater_id", "session_id", "item_id", "system_id", "dimension", "score"]


def write(path: str, given: Sequence[Row], dimension: str = "OVL", test: str = "t") -> Path:
    """A table of ratings with the columns' long names."""
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for score, rater, clip, system in given:
            writer.writerow([test, rater, f"s-{rater}", clip, system, dimension, f"{score:g}"])
    return Path(path)


def drawn(raters: int = 12, clips: int = 24) -> list[Row]:
    """Three systems half a point apart."""
    scenario = Scenario(raters, clips, 3, rater_system=0.2, clip_system=0.4)
    scores = np.clip(np.rint(scenario.draw(np.random.default_rng(4), np.array([2.5, 3.0, 3.5]))), 1, 5)
    return [
        (float(score), f"rater{rater}", f"clip{clip:02}", "abc"[system])
        for (rater, clip, system), score in np.ndenumerate(scores)
    ]


CLICKER: list[Row] = [(3.0, "clicker", f"clip{clip:02}", system) for clip in range(24) for system in "abc"]


def test_the_worked_table_from_a_file(bench: Bench) -> None:
    ran = bench("ratings", write("votes.csv", rows(COMPLETE)), "--no-screening")
    assert (ran.code, ran.err) == (0, "")
    assert "ratings: 60; raters: 4; systems: 3; clips: 5; rows refused: 0; dimensions: OVL (1-5)\n" in ran.out
    assert "quality control: not asked for" in ran.out
    words = " ".join(ran.out.split())
    for part in ("A 3.95 [2.56, 5.34] a 4 5 20 0", "A - C +1.20 [0.79, 1.61] 0.003 0.008", "ICC(A,1) 0.579"):
        assert part in words
    assert "without exclusions" not in ran.out


def test_json_has_the_same_numbers_and_says_as_much(bench: Bench) -> None:
    ran = bench("ratings", write("votes.csv", rows(COMPLETE)), "--no-screening", "--json")
    found = json.loads(ran.out)
    (question,) = found["questions"]
    assert found["without_exclusions"] == found["questions"]
    assert found["screening"] is None
    assert found["refused"] == []
    assert [one["system"] for one in question["systems"]] == ["A", "B", "C"]
    assert question["systems"][0]["standard_error"] == pytest.approx(0.437948, abs=5e-7)
    assert question["contrasts"][1]["adjusted"] == pytest.approx(0.007590, abs=5e-7)
    assert question["reliability"]["alpha_ordinal"] == pytest.approx(0.531452, abs=5e-7)


def test_what_is_dropped_is_named_and_every_table_is_printed_with_and_without(bench: Bench) -> None:
    ran = bench("ratings", write("votes.csv", [*drawn(), *CLICKER]))
    assert ran.code == 0
    assert "straight_line" in ran.out
    assert "t · OVL (1-5) without exclusions" in ran.out
    assert "exclusions change neither the order of systems nor a letter" in ran.out
    kept, everything = ran.out.split(" without exclusions\n")
    for table, counts in ((kept, ["12", "24", "288", "72"]), (everything, ["13", "24", "312", "0"])):
        (row,) = [line.split() for line in table.splitlines() if line.startswith("c  ")]
        assert row[-4:] == [*counts[:3], str(int(counts[3]) // 3)]


def test_without_screening_nothing_is_dropped(bench: Bench) -> None:
    path = write("votes.csv", [*drawn(), *CLICKER])
    plain, kept = (json.loads(bench("ratings", path, "--json", *words).out) for words in (["--no-screening"], []))
    assert plain["questions"] == kept["without_exclusions"] != kept["questions"]
    assert kept["screening"]
    assert [(one["rule"], one["rater"]) for one in kept["findings"]] == [("straight_line", pseudonym(SALT, "clicker"))]


def test_without_screening_what_the_file_itself_excludes_stays_out(bench: Bench) -> None:
    bench("ratings", write("votes.csv", [*drawn(), *CLICKER]), "-o", "out")
    ran = bench("ratings", "out/ratings.csv", "--no-screening", "--json")
    found = json.loads(ran.out)
    assert [one["excluded"] for one in found["questions"][0]["systems"]] == [24, 24, 24]
    assert [one["n"] for one in found["without_exclusions"][0]["systems"]] == [312, 312, 312]


def test_rules_can_be_moved_and_turned_off(bench: Bench) -> None:
    path = write("votes.csv", [*drawn(), *CLICKER])
    for words in (["--rules.off", "straight_line,low_agreement"], ["--rules.straight-items", "100"]):
        found = json.loads(bench("ratings", path, "--json", *words).out)
        assert "straight_line" not in {one["rule"] for one in found["findings"]}
        assert (found["questions"] == found["without_exclusions"]) == ("--rules.off" in words)
    ran = bench("ratings", path, "--rules.off", "straight_lines")
    assert (ran.code, ran.out) == (2, "")
    assert "straight_line" in ran.err


def test_a_refused_row_is_named_the_others_count_and_the_code_is_3(bench: Bench) -> None:
    path = write("votes.csv", [*drawn(), (7.0, "rater0", "clip99", "a")])
    ran = bench("ratings", path)
    assert ran.code == 3
    assert one_line(ran.err)
    assert ran.err.startswith("bench: votes.csv row 866: score 7 is out of the scale 1 to 5")
    assert "rows refused: 1" in ran.out
    assert "t · OVL" in ran.out
    found = json.loads(bench("ratings", path, "--json").out)
    assert [(row["file"], row["row"]) for row in found["refused"]] == [("votes.csv", 866)]


@pytest.mark.parametrize("words", [["--explain"], ["-o", "out", "--test", "pilot"]])
def test_what_was_to_be_left_out_is_named_and_costs_no_code(bench: Bench, words: list[str]) -> None:
    given = (
        "--drop-rejected",
        "--question",
        "OVL",
        "--condition-pattern",
        r"(?P<item>c\d+)_(?P<system>\w)\.wav",
        *words,
    )
    row = "h,{0},{0},{1},c{2}_{3}.wav,{4},MOS\n"
    sound = [row.format(f"w{who}", "Approved", clip, system, 3) for who in "12" for clip in "12" for system in "AB"]
    rejected, wrong = row.format("w3", "Rejected", 1, "A", 3), row.format("w4", "Approved", 1, "A", "")
    head = "HITId,workerid,assignment_id,assignmentstatus,file,vote,question_type\n"
    Path("votes.csv").write_text("".join([head, *sound, rejected]), encoding="utf-8")
    ran = bench("ratings", "votes.csv", *given)
    assert (ran.code, ran.err) == (0, "bench: votes.csv row 10: the assignment was rejected (--drop-rejected)\n")
    assert "rows refused: 1" in ran.out
    Path("votes.csv").write_text("".join([head, *sound, rejected, wrong]), encoding="utf-8")
    assert bench("ratings", "votes.csv", *given).code == 3


def test_explain_says_what_is_understood_and_does_no_more(bench: Bench) -> None:
    write("votes.csv", rows(COMPLETE))
    ran = bench("ratings", "votes.csv", "--explain", "--output", "out")
    assert (ran.code, ran.err) == (0, "")
    assert "ratings: 60; raters: 4" in ran.out
    assert "3.95" not in ran.out
    assert not Path("out").exists()


def test_what_is_written_reads_back_to_the_same_numbers(bench: Bench) -> None:
    first = bench("ratings", write("votes.csv", [*drawn(), *CLICKER]), "-o", "out", "--json")
    assert first.code == 0
    assert sorted(tree(Path("out"))) == ["ratings.csv", "sessions.csv", "stimuli.csv"]
    assert first.err.splitlines() == [f"written: out/{name}.csv" for name in ("ratings", "sessions", "stimuli")]
    with Path("out/ratings.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert {line["exclusion_reasons"] for line in lines if line["excluded"] == "true"} == {"straight_line"}
    again = bench("ratings", "out/ratings.csv", "--json")
    assert json.loads(again.out)["questions"] == json.loads(first.out)["questions"]
    assert json.loads(again.out)["without_exclusions"] == json.loads(first.out)["without_exclusions"]


def test_what_is_kept_needs_the_name_of_its_test(bench: Bench) -> None:
    text = "rater,system,item,dimension,score\n"
    votes = [(who, name, clip) for who in (1, 2, 3) for name in "AB" for clip in (1, 2)]
    text += "".join(f"w{who},{name},c{clip},OVL,{1 + (who + clip) % 5}\n" for who, name, clip in votes)
    Path("hand.csv").write_text(text, encoding="utf-8")
    ran = bench("ratings", "hand.csv", "-o", "out")
    assert (ran.code, ran.out) == (2, "")
    assert one_line(ran.err)
    assert (
        "--output keeps ratings under the name of their test, and hand.csv has none: give it as --test NAME" in ran.err
    )
    assert not Path("out").exists()
    assert bench("ratings", "hand.csv", "-o", "out", "--explain").code == 0
    assert bench("ratings", "hand.csv", "-o", "out", "--test", "pilot").code == 0
    assert {one.test_id for one in read_ratings(Path("out/ratings.csv"))} == {"pilot"}


def test_nothing_is_written_where_rows_were_refused_unless_that_is_allowed(bench: Bench) -> None:
    path = write("votes.csv", [*drawn(), (7.0, "rater0", "clip99", "a")])
    ran = bench("ratings", path, "-o", "out")
    assert ran.code == 3
    assert ran.err.splitlines()[1:] == [
        "bench: nothing is written to out: rows that count were refused (1); mend them, or give "
        "--allow-refused to keep the others"
    ]
    assert "t · OVL (1-5)" in ran.out
    assert not Path("out").exists()
    ran = bench("ratings", path, "-o", "out", "--allow-refused")
    assert ran.code == 3
    assert "written: out/ratings.csv" in ran.out
    assert len(read_ratings(Path("out/ratings.csv"))) == len(drawn())


def test_ratings_that_stand_in_two_files_keep_nobody_from_writing(bench: Bench) -> None:
    paths = write("early.csv", drawn()), write("later.csv", [*drawn(), (3.0, "rater0", "clip99", "a")])
    ran = bench("ratings", *paths, "-o", "out")
    assert ran.code == 3
    assert "duplicate" in ran.err
    assert len(read_ratings(Path("out/ratings.csv"))) == len(drawn()) + 1


@pytest.mark.parametrize("words", [["--scale", "-3..3"], ["--scale=-3..3"], ["--scale", "-3-3"]])
def test_a_scale_may_begin_below_nought(bench: Bench, words: list[str]) -> None:
    path = write("votes.csv", [(score - 3, rater, clip, system) for score, rater, clip, system in drawn()], "CMOS")
    ran = bench("ratings", path, *words)
    assert (ran.code, ran.err) == (0, "")
    assert "t · CMOS (-3..3)" in ran.out
    assert "dimensions: CMOS (-3..3)\n" in ran.out


@pytest.mark.parametrize("words", [["--scale"], ["--scale", "--naive"], ["--scale", "-x"]])
def test_a_scale_without_its_ends_is_one_line(bench: Bench, words: list[str]) -> None:
    ran = bench("ratings", write("votes.csv", drawn()), *words)
    assert (ran.code, ran.out) == (2, "")
    assert one_line(ran.err)
    assert "--scale" in ran.err


def test_options_without_effect_are_named(bench: Bench) -> None:
    path = write("votes.csv", drawn())
    ran = bench("ratings", path, "--systems", "A,B", "--labels", "{Good: 4}", "--test", "pilot", "--explain")
    assert ran.code == 0
    assert "without effect on these files: --labels, --systems, --test" in ran.out


def test_the_scale_stands_beside_every_mean(bench: Bench) -> None:
    found = json.loads(bench("ratings", write("votes.csv", drawn()), "--json").out)
    (question,) = found["questions"]
    assert question["scale"] == [1.0, 5.0]
    assert {(one["scale_min"], one["scale_max"]) for one in question["systems"]} == {(1.0, 5.0)}


def test_writing_twice_gives_the_same_bytes(bench: Bench) -> None:
    path = write("votes.csv", drawn())
    bench("ratings", path, "-o", "one")
    bench("ratings", path, "-o", "two")
    assert tree(Path("one")) == tree(Path("two"))


def test_dimensions_and_tests_have_tables_of_their_own(bench: Bench) -> None:
    write("ovl.csv", drawn())
    write("rel.csv", drawn(), "REL")
    write("other.csv", drawn(), test="later")
    ran = bench("ratings", "ovl.csv", "rel.csv", "other.csv")
    assert ran.code == 0
    assert [line for line in ran.out.splitlines() if " · " in line and "(1-5)" in line] == [
        "t · OVL (1-5)", "t · REL (1-5)", "later · OVL (1-5)",
    ]  # fmt: skip


@pytest.mark.parametrize("interval", ["cluster", "raters", "crowdmos", "re", "satterthwaite", "jackknife", "bootstrap"])
def test_every_interval_can_be_asked_for(bench: Bench, interval: str) -> None:
    ran = bench("ratings", write("votes.csv", drawn()), "--interval", interval, "--json")
    (question,) = json.loads(ran.out)["questions"]
    assert {one["method"] for one in question["systems"]} == {interval}
    assert all(one["low"] < one["mean"] < one["high"] for one in question["systems"])


def test_fixed_prompts_and_the_naive_column(bench: Bench) -> None:
    ran = bench("ratings", write("votes.csv", drawn()), "--prompts", "fixed", "--naive")
    assert ran.code == 0
    assert "had there been new raters, these prompts" in ran.out
    assert "naive ±" in ran.out


def test_where_exclusions_leave_nothing_of_a_system_the_code_is_3(bench: Bench) -> None:
    lazy = [(3.0, "clicker", f"clip{clip:02}", "d") for clip in range(24)]
    ran = bench("ratings", write("votes.csv", [*drawn(), *lazy]))
    assert ran.code == 3
    assert ran.err == "bench: t · OVL: exclusions leave no rating of d\n"
    assert "t · OVL: exclusions leave no rating of d" in ran.out


def test_nothing_of_a_system_under_test_is_said_so(bench: Bench) -> None:
    Path("votes.csv").write_text(
        ",".join([*HEADER, "role"]) + "\nt,r,s,c,a,OVL,3,training\nt,q,s,c,a,OVL,3,training\n", encoding="utf-8"
    )
    ran = bench("ratings", "votes.csv")
    assert ran.code == 3
    assert one_line(ran.err)
    assert "no rating of a system under test among the 2" in ran.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "needs at least one FILE"),
        (["nowhere.csv"], "nowhere.csv"),
        (["votes.csv", "--interval", "clutser"], "did you mean 'cluster'"),
        (["votes.csv", "--prompts", "new"], "there are: fixed, random"),
        (["votes.csv", "--prompts", "fixed", "--interval", "re"], "not re"),
        (["votes.csv", "--format", "webmusra"], "webmushra"),
        (["votes.csv", "--scale", "5-1"], "--scale is '5-1', but must be two numbers"),
        (["votes.csv", "--step", "half"], "--step"),
        (["votes.csv", "--questoin", "OVL"], "did you mean '--question'"),
        (["votes.csv", "--output", "votes.csv"], "--output votes.csv can't be written"),
    ],
)
def test_wrong_input_is_one_line_and_nothing_is_written(bench: Bench, words: list[str], message: str) -> None:
    write("votes.csv", rows(COMPLETE))
    before = tree(Path())
    ran = bench("ratings", *words)
    assert (ran.code, ran.out) == (2, "")
    assert one_line(ran.err), ran.err
    assert message in ran.err
    assert tree(Path()) == before


@pytest.mark.parametrize(
    ("text", "ends"),
    [("1-5", (1, 5)), ("0..100", (0, 100)), ("-3..3", (-3, 3)), ("-3-3", (-3, 3)), ("1, 9.5", (1, 9.5))],
)
def test_a_scale_is_two_numbers(text: str, ends: tuple[float, float]) -> None:
    assert scale(text) == ends


@pytest.mark.parametrize("text", ["", "5", "5-1", "3-3", "one-five", "1-5-9", "nan-5"])
def test_what_is_no_scale_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="two numbers, the lower one first"):
        scale(text)


@pytest.mark.parametrize("words", [["votes.csv"], ["plan", "--raters", "30", "--clips", "40"], ["--help"]])
def test_torch_is_never_imported(words: list[str]) -> None:
    write("votes.csv", drawn())
    code = (
        "import sys\nfrom bench.cli import main\n"
        f"try:\n    main({['ratings', *words]!r})\nexcept SystemExit:\n    pass\n"
        "print(sorted(set(sys.modules) & {'torch', 'transformers', 'pandas'}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert done.stderr.strip().splitlines()[-1] == "[]"
