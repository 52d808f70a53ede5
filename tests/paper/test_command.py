"""``bench table`` as it is typed."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import Bench, one_line
from measured_records import ratings, record, score, write, write_ratings

ROOT = Path(__file__).parent.parent.parent
GOLDEN = Path(__file__).parent / "golden"
PUBLISHED = ROOT / "results" / "published"
NAMES = ["a_b & 100 %", "x|y", "<x>", "#1 $5 ~ ^ {z}", "--long", "[s] *t* `u`", '"q"']


@pytest.mark.parametrize(
    ("words", "golden"),
    [
        (("--format", "markdown"), PUBLISHED / "deck.md"),
        (("--format", "markdown", "--published", "paper"), PUBLISHED / "paper.md"),
        ((), GOLDEN / "deck.txt"),
        (("--format", "latex"), GOLDEN / "deck.tex"),
        (("--format", "html"), GOLDEN / "deck.html"),
        (("--format", "csv"), GOLDEN / "deck.csv"),
        (("--format", "json"), GOLDEN / "deck.json"),
    ],
)
def test_the_published_tables_are_made_byte_for_byte(bench: Bench, words: tuple[str, ...], golden: Path) -> None:
    ran = bench("table", *words)
    assert ran.code == 0
    assert ran.out.encode() == golden.read_bytes()
    assert "nothing is measured in results yet; make a record with: bench run" in ran.err
    assert bench("table", *words, "--output", "file").out == "file\n"
    assert Path("file").read_bytes() == golden.read_bytes()


def test_the_golden_files_hold_the_published_numbers() -> None:
    """So that they can't be made anew from a damaged table unseen."""
    rows = list(csv.DictReader(io.StringIO((PUBLISHED / "audioldm2.csv").read_text(encoding="utf-8"))))
    deck = json.loads((GOLDEN / "deck.json").read_text(encoding="utf-8"))
    told = {(one["table"], one["row"], one["column"]): one["published"] for one in deck}
    assert told == {
        (row["table"], row["system"], row["metric"]): float(row["value"]) for row in rows if row["source"] == "deck"
    }


def measured() -> None:
    """Records of two tables and of a suite of neither, seeds, an incomplete run, weights of one's own, two tests."""
    for seed in (0, 1, 2):
        write(
            record("tango", {"fad": 1.75 + 0.05 * seed, "kl": 1.3, "clap-paper": score("clap-paper", 0.18)}, seed=seed)
        )
    unreleased = {"status": "unreleased", "why": "others", "changes": ""}
    write(
        record("audioldm", {"fad": 5.6, "clap": 0.2, "fad-logmel": 3.0}),
        record("audioldm2-ac", {"fad": 2.7}, standing=unreleased, absent=20, scored=941, note="Gone clips are gone."),
        record("musicgen", {"fad": 4.9}, suite="musiccaps"),
        record("noise", {"fad-logmel": 9.0}, suite="demo"),
    )
    write_ratings(ratings({"tango": 3.8, "audioldm": 2.0}))
    write_ratings(ratings({"ground-truth": 4.6, "fastspeech2": 3.0}, "MOS", "ljspeech-mos"), name="speech")


def test_tables_with_records_come_first_and_then_the_other_suites(bench: Bench) -> None:
    measured()
    ran = bench("table")
    assert (ran.code, ran.err) == (0, "")
    places = [
        ran.out.index(words)
        for words in ("Text-to-audio, AudioCaps", "Text-to-music, MusicCaps", "Text-to-speech, LJ", "Demo · version 1")
    ]
    assert places == sorted(places)
    for words in (
        "measured, 3 seeds", "reproduced", "differs", "not comparable", "not run", "941/964", "Gone clips are gone.",
        "rated, audiocaps-pilot", "rated, ljspeech-mos", "Also measured: ", "fad-logmel (bench table audiocaps).",
    ):  # fmt: skip
        assert words in ran.out


def test_a_table_without_records_is_left_out_unless_it_is_asked_for(bench: Bench) -> None:
    write(record("tango", {"fad": 1.7}))
    assert "Text-to-music" not in bench("table").out
    assert "Text-to-music" in bench("table", "text-to-music").out
    assert "AudioCaps evaluation set" not in bench("table", "text-to-music").out


def test_a_suite_has_its_own_table_as_ever(bench: Bench) -> None:
    measured()
    ran = bench("table", "audiocaps")
    assert ran.out.startswith("Audiocaps · version 1")
    assert "published" not in ran.out.splitlines()[2]
    assert "tango, 3 seeds" in ran.out
    assert "tango (seed 1)" in bench("table", "audiocaps", "--each-seed").out
    assert "941 of 964 clips (20 without reference audio here, 3 not scored)" in ran.out
    assert "Gone clips are gone." in ran.out
    assert bench("table", "demo").out.startswith("Demo · version 1")


def test_what_was_rated_and_has_no_column_is_pointed_to(bench: Bench) -> None:
    given = [ratings({"fastspeech2": 3.0, "vits": 2.0}, name, "ljspeech-mos") for name in ("MOS", "NAT", "SIM")]
    write_ratings(*given)
    out = bench("table").out
    assert "Also rated in ljspeech-mos: NAT, SIM (bench ratings FILE)." in out
    assert "ljspeech-mos: 6 raters, 8 prompts, 96 ratings, 0 more excluded; scale 1 to 5." in out


def test_measured_rows_alone(bench: Bench) -> None:
    measured()
    ran = bench("table", "text-to-audio", "--published", "none")
    assert "published" not in ran.out.splitlines()[0]
    assert "AudioLDM 2-AC-Large" not in ran.out


def test_other_suites_of_a_table_are_pointed_to_and_not_mixed_in(bench: Bench) -> None:
    write(record("tango", {"fad": 1.7}), record("tango", {"fad": 0.1}, suite="audiocaps/common-880"))
    ran = bench("table", "text-to-audio")
    assert "not comparable and in tables of their own: audiocaps/common-880" in ran.out
    assert "0.100" not in ran.out


@pytest.mark.parametrize("form", ["csv", "json"])
def test_data_is_one_document_whatever_the_number_of_tables(bench: Bench, form: str) -> None:
    measured()
    text = bench("table", "--format", form).out
    entries = json.loads(text) if form == "json" else list(csv.DictReader(io.StringIO(text)))
    assert {entry.get("table") or "" for entry in entries} == {"text-to-audio", "text-to-music", "text-to-speech", ""}
    assert {entry["system"] for entry in entries if not entry.get("table")} == {"noise"}
    verdicts = {entry.get("verdict") for entry in entries}
    assert {"reproduced", "differs", "not comparable", "not run"} <= verdicts


class Parsed(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_names_of_any_characters_are_shown_as_they_are(bench: Bench) -> None:
    write(*(record(name, {"fad": 1.0}, note=f"note of {name}") for name in NAMES))
    write_ratings(ratings(dict.fromkeys(NAMES, 3.0), test_id="audiocaps <&|_%>"))
    parsed = Parsed()
    parsed.feed(bench("table", "--format", "html").out)
    assert parsed.open == []
    table = {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert parsed.seen <= table | {"div", "ul", "li", "strong", "u", "meta"}
    for name in (*NAMES, "audiocaps <&|_%>"):
        assert name in parsed.text
        assert name in bench("table").out
    rows = [line for line in bench("table", "--format", "markdown").out.splitlines() if line.startswith("|")]
    assert {line.replace(r"\|", "").count("|") for line in rows} == {9}
    latex = bench("table", "--format", "latex").out
    body = [line for line in latex.splitlines() if line.endswith(r" \\")]
    assert {line.replace(r"\&", "").count("&") for line in body} == {7}


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_every_latex_table_compiles(bench: Bench) -> None:
    measured()
    write(*(record(name, {"fad": 1.0}) for name in NAMES))
    begin = r"\documentclass{article}\usepackage{booktabs,graphicx}\begin{document}"
    tables = [bench("table", *words, "--format", "latex").out for words in ((), ("--correlations",))]
    published = (GOLDEN / "deck.tex").read_text(encoding="utf-8")
    Path("t.tex").write_text("\n".join([begin, *tables, published, r"\end{document}"]), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Overfull" not in done.stdout


def test_correlations(bench: Bench) -> None:
    names = ("tango", "audioldm", "audioldm2-full", "mine", "other")
    for place, name in enumerate(names):
        rows = [{"id": clip, "scores": {"kl": place + nth / 10}} for nth, clip in enumerate("abcdefgh")]
        write(record(name, {"fad": 1.0 + place, "kl": 1.0 + place}), rows=rows)
    write_ratings(ratings({name: 4.5 - 0.8 * place for place, name in enumerate(names)}))
    ran = bench("table", "--correlations")
    assert (ran.code, ran.err) == (0, "")
    assert "Metrics and listeners: audiocaps-pilot, suite audiocaps" in ran.out
    (line,) = [line for line in ran.out.splitlines() if line.startswith("OVL       kl ↓")]
    assert "−1.00" in line
    assert "40" in line
    entries = json.loads(bench("table", "--correlations", "--format", "json").out)
    assert [(one["metric"], one["level"], one["n"]) for one in entries] == [
        ("fad", "systems", 5), ("fad", "clips", 0), ("kl", "systems", 5), ("kl", "clips", 40),
    ]  # fmt: skip
    assert bench("table", "text-to-audio", "--correlations").out == ran.out


def test_too_few_systems_are_said_to_be_too_few(bench: Bench) -> None:
    measured()
    assert "systems: too few: 2, and a rank correlation needs 3" in bench("table", "--correlations").out


def test_a_damaged_record_is_named_and_the_others_are_shown(bench: Bench) -> None:
    write(record("tango", {"fad": 1.7}), record("audioldm", {"fad": 4.5}), record("noise", {}, suite="demo"))
    (path,) = Path("results").glob("records/*/audioldm-*/record.json")
    path.write_text("{", encoding="utf-8")
    for words in (
        (),
        ("text-to-audio",),
        ("audiocaps",),
        ("--format", "json"),
        ("--format", "model-index", "-o", "out"),
    ):
        ran = bench("table", *words)
        assert ran.code == 3
        assert one_line(ran.err), ran.err
        assert str(path) in ran.err
        assert "tango" in ran.out.lower()


def test_a_damaged_listening_test_is_named_too(bench: Bench) -> None:
    measured()
    Path("results/listening/broken.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    ran = bench("table")
    assert ran.code == 3
    assert one_line(ran.err)
    assert "broken.csv" in ran.err
    assert "rated, audiocaps-pilot" in ran.out


def test_a_listening_test_of_no_table_is_named(bench: Bench) -> None:
    write_ratings(ratings({"tango": 3.0}, test_id="pilot"))
    ran = bench("table", "text-to-audio")
    assert ran.code == 0
    assert "listening test pilot is in no table" in ran.err
    assert one_line(ran.err)


@pytest.mark.parametrize("form", ["every-eval-ever", "eval-results", "model-index"])
def test_exports_are_one_file_a_system(bench: Bench, form: str) -> None:
    write(record("tango", {"fad": 1.7}), record("audioldm", {"fad": 4.5}))
    several = bench("table", "--format", form)
    assert (several.code, several.out) == (2, "")
    assert "one file a system, and there are 2: give -o FOLDER" in several.err
    ran = bench("table", "--format", form, "-o", "out")
    assert ran.code == 0
    assert sorted(path.stem for path in Path("out").iterdir()) == ["audioldm", "tango"]
    write(record("noise", {"fad-logmel": 9.0}, suite="demo"))
    alone = bench("table", "demo", "--format", form)
    assert (alone.code, bool(alone.out)) == ((3, False) if form == "eval-results" else (0, True))


WRONG: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "table": (("text-to-musik",), ("'text-to-musik'", "did you mean 'text-to-music'", "demo")),
    "suite": (("dmeo",), ("'dmeo'", "did you mean 'demo'")),
    "format": (("--format", "pdf"), ("pdf", "markdown", "every-eval-ever")),
    "source": (("--published", "book"), ("book", "deck", "paper")),
    "rows of a suite": (
        ("demo", "--published", "paper"),
        ("--published paper goes with the tables text-to-audio, text-to-music, text-to-speech, not with suite demo",),
    ),
    "the deck's rows of a suite": (
        ("demo", "--published", "deck"),
        ("--published deck goes with", "not with suite demo"),
    ),
    "rows of other suites": (("--published", "paper"), ("not with records of other suites alone",)),
    "rows of an export": (("--published", "paper", "--format", "model-index"), ("not with --format model-index",)),
    "rows of correlations": (("--published", "deck", "--correlations"), ("not with --correlations",)),
    "results": (("--results", "nowhere"), ("--results nowhere is no folder",)),
    "no test": (("--correlations",), ("no listening test in results/listening", "bench ratings")),
    "two forms": (("--correlations", "--format", "model-index"), ("--correlations goes with", "markdown")),
    "output": (("--output", "results"), ("--output results is a folder",)),
    "option": (("--publishd", "deck"), ("'--publishd'", "did you mean '--published'")),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_gets_one_line(bench: Bench, case: str) -> None:
    words, expected = WRONG[case]
    write(record("noise", {"fad-logmel": 9.0}, suite="demo"))
    ran = bench("table", *words)
    assert (ran.code, ran.out) == (2, "")
    assert one_line(ran.err), ran.err
    for fragment in expected:
        assert fragment in ran.err


@pytest.mark.parametrize("words", [("demo",), ("--published", "none"), ("--format", "model-index")])
def test_what_needs_records_says_how_to_make_one(bench: Bench, words: tuple[str, ...]) -> None:
    ran = bench("table", *words)
    assert (ran.code, ran.out) == (2, "")
    assert one_line(ran.err)
    assert "no records in results; make one with: bench run" in ran.err


def test_a_test_whose_systems_have_no_records_has_no_correlations(bench: Bench) -> None:
    write_ratings(ratings({"tango": 3.0}))
    ran = bench("table", "--correlations")
    assert ran.code == 2
    assert "no listening test is about systems and clips that have records here" in ran.err


def test_nothing_heavy_is_imported() -> None:
    measured()
    code = (
        "import sys\nfrom bench.cli import main\n"
        "main(['table'])\nmain(['table', '--format', 'model-index', '-o', 'out'])\n"
        "print(sorted({'torch', 'transformers', 'pandas', 'pyarrow'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


FORMS = ("text", "markdown", "latex", "html", "csv", "json")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dimension", ["SIM", "MUSHRA"])
def test_a_test_that_has_no_column_is_pointed_to_and_costs_no_table(bench: Bench, form: str, dimension: str) -> None:
    write_ratings(ratings({"tango": 3.8, "stranger": 2.0}, dimension, "audiocaps-sim"))
    ran = bench("table", "--format", form)
    assert (ran.code, ran.err) == (0, "")
    assert "stranger" not in ran.out
    assert ("4.53" in ran.out) and ("Text-to-music" not in ran.out)
    assert "Also rated in audiocaps-sim" in ran.out


def test_a_test_of_no_table_and_no_record_leaves_the_published_tables(bench: Bench) -> None:
    write_ratings(ratings({"tango": 3.0}, test_id="pilot"))
    ran = bench("table")
    assert ran.code == 0
    assert ran.out == (GOLDEN / "deck.txt").read_text(encoding="utf-8")
    assert "listening test pilot is in no table" in ran.err
    for words in (("--published", "none"), ("--format", "model-index"), ("--format", "every-eval-ever", "-o", "x")):
        nothing = bench("table", *words)
        assert (nothing.code, nothing.out) == (2, "")
        assert "no records in results; make one with: bench run" in nothing.err


def test_a_card_of_ones_own_called_audiocaps_reproduces_nothing(bench: Bench) -> None:
    write(record("tango", {"fad": 1.73}, clip_list="0" * 64))
    out = bench("table").out
    assert "not comparable" in out
    assert "suite audiocaps has other clips here" in out


def demo(*systems: str) -> None:
    """Records of the demo, and a listening test of its clips."""
    for place, name in enumerate(systems):
        rows = [{"id": clip, "scores": {}} for clip in "abcdefgh"]
        write(record(name, {"fad-logmel": 3.0 + place}, suite="demo"), rows=rows)


def test_a_test_of_a_suites_clips_stands_in_its_table(bench: Bench) -> None:
    demo("foley", "noise")
    write_ratings(ratings({"foley": 4.0, "noise": 2.0, "human": 4.8}, test_id="pilot"))
    ran = bench("table")
    assert (ran.code, ran.err) == (0, "")
    assert "OVL ↑" in ran.out
    assert re.search(r"foley, rated in pilot +[*_]?\d\.\d\d", ran.out)
    assert (
        ran.out.index("foley, rated in pilot") < ran.out.index("noise, rated in pilot") < ran.out.index("human, rated")
    )
    assert "pilot: 6 raters, 8 prompts, 144 ratings, 0 more excluded; scale 1 to 5." in ran.out
    heard = [one for one in json.loads(bench("table", "--format", "json").out) if one.get("test")]
    assert [(one["system"], one["metric"], one["scale_max"]) for one in heard] == [
        ("foley", "OVL", 5.0), ("noise", "OVL", 5.0), ("human", "OVL", 5.0),
    ]  # fmt: skip
    elsewhere = bench("table", "text-to-music")
    assert "listening test pilot is of clips of suite demo, and stands in: bench table demo" in elsewhere.err


def test_seeds_of_a_suite_are_one_row_unless_each_is_asked_for(bench: Bench) -> None:
    write(
        *(
            record("noise", {"fad-logmel": score("fad-logmel", 8.0 + seed, n=24)}, suite="demo", seed=seed)
            for seed in range(3)
        )
    )
    write(record("foley", {"fad-logmel": 3.0}, suite="demo"))
    out = bench("table", "demo").out
    assert re.search(r"noise, 3 seeds +_9\.000_ ± 1\.000 \[8\.900, 9\.100\]", out)
    assert re.search(r"foley +\*3\.000\*", out)
    assert "standard deviation (n − 1) over the seeds" in out
    each = bench("table", "demo", "--each-seed").out
    assert [word in each for word in ("noise (seed 1)", "noise (seed 2)", "seeds")] == [True, True, False]


def test_items_that_are_no_clips_and_anchors_cost_no_correlation(bench: Bench) -> None:
    names = ("tango", "audioldm", "audioldm2-full", "ground-truth")
    for place, name in enumerate(names):
        rows = [{"id": clip, "scores": {"kl": place + nth / 10}} for nth, clip in enumerate("abcdefgh")]
        write(record(name, {"kl": 1.0 + place}), rows=rows)
    means = {name: 4.5 - 0.8 * place for place, name in enumerate(names)}
    write_ratings(ratings(means, clips=[*"abcdefgh", "stray"]))
    write_ratings(ratings(means, test_id="text-to-music-other", clips="uvw"), name="other")
    ran = bench("table", "--correlations")
    assert ran.code == 0
    assert "1 of 9 rated items are no clips of audiocaps, and are left out: stray" in ran.out
    assert "ground-truth is left out: an anchor" in ran.out
    assert re.search(r"OVL +kl ↓ +3 ", ran.out)
    assert "listening test text-to-music-other is left out: none of its items is a clip of these records" in ran.err
    assert one_line(ran.err)


@pytest.mark.parametrize(
    ("form", "suffix"), [("every-eval-ever", "json"), ("eval-results", "yaml"), ("model-index", "yaml")]
)
def test_an_export_goes_into_a_folder_unless_a_file_of_its_kind_is_named(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, form: str, suffix: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    write(record("tango", {"fad": 1.7}))
    assert bench("table", "--format", form, "-o", "exports").out == f"exports/tango.{suffix}\n"
    assert bench("table", "--format", form, "-o", f"one.{suffix}").out == f"one.{suffix}\n"
    assert Path(f"one.{suffix}").read_bytes() == Path(f"exports/tango.{suffix}").read_bytes()
    Path("notes.md").write_text("mine", encoding="utf-8")
    ran = bench("table", "--format", form, "-o", "notes.md")
    assert ran.code == 2
    assert f"--output notes.md is a file; name a folder, or a file that ends in .{suffix}" in ran.err
    assert Path("notes.md").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("stamp", ["abc", "²", "-1", "1.5"])
def test_a_wrong_time_of_the_export_gets_one_line(bench: Bench, monkeypatch: pytest.MonkeyPatch, stamp: str) -> None:
    write(record("noise", {"fad-logmel": 9.0}, suite="demo"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", stamp)
    ran = bench("table", "demo", "--format", "every-eval-ever", "-o", "x")
    assert (ran.code, ran.out) == (2, "")
    assert one_line(ran.err)
    assert f"SOURCE_DATE_EPOCH is {stamp!r}, but must be a whole number of seconds" in ran.err


def test_a_misspelt_table_is_named_with_the_good_ones_whether_or_not_there_are_records(bench: Bench) -> None:
    ran = bench("table", "text-to-adio")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean 'text-to-audio'" in ran.err
    write(record("noise", {"fad-logmel": 9.0}, suite="demo"))
    assert "did you mean 'text-to-audio'" in bench("table", "text-to-adio").err
    other = bench("table", "audiocaps")
    assert other.code == 2
    assert (
        "no records of suite audiocaps in results; make one with: bench run --system foley --suite audiocaps"
        in other.err
    )


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_a_long_table_of_strange_names_compiles_and_fits_its_pages(bench: Bench) -> None:
    measured()
    write(*(record(f"{name} α☃Ðł雨", {"fad": 1.0 + place}) for place, name in enumerate(NAMES * 3)))
    begin = r"\documentclass{article}\usepackage{booktabs,graphicx}\begin{document}"
    wanted = ((), ("text-to-audio", "--published", "paper"), ("audiocaps", "--each-seed"))
    tables = [bench("table", *words, "--format", "latex").out for words in wanted]
    assert all("{[}U+2603{]}" in table for table in tables)
    Path("t.tex").write_text("\n".join([begin, *tables, r"\end{document}"]), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Float too large" not in done.stdout
    assert "Overfull" not in done.stdout
    assert "Missing character" not in done.stdout


def test_a_test_whose_clips_are_of_suites_of_two_tables_says_where_it_stands(bench: Bench) -> None:
    rows = [{"id": clip, "scores": {}} for clip in "abcdefgh"]
    write(record("tango", {"fad": 1.7}), record("musicgen", {"fad": 4.9}, suite="musiccaps"), rows=rows)
    write_ratings(ratings({"tango": 3.8}, test_id="pilot"))
    ran = bench("table")
    assert "rated" not in ran.out
    assert (
        "is of clips of suite audiocaps, musiccaps, and stands in: bench table audiocaps or bench table musiccaps"
        in ran.err
    )
    assert one_line(ran.err)
    assert "tango, rated in pilot" in bench("table", "audiocaps").out


@pytest.mark.parametrize("form", ["csv", "json"])
def test_data_holds_no_last_bits_of_a_subtraction(bench: Bench, form: str) -> None:
    write(*(record("tango", {"fad": score("fad", value, 0.1)}, seed=seed) for seed, value in enumerate((1.1, 2.2))))
    write(*(record("noise", {"fad-logmel": value}, suite="demo", seed=seed) for seed, value in enumerate((1.1, 2.2))))
    for words in ((), ("text-to-speech", "--published", "paper"), ("demo",)):
        out = bench("table", *words, "--format", form).out
        assert not re.search(r"\d\.\d{11,}", out)
        assert "-0.0," not in out


def test_a_wrong_time_is_named_before_numpy_stumbles_over_it(process: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    measured()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "abc")
    ran = process("table")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "bench: SOURCE_DATE_EPOCH is 'abc', but must be a whole number of seconds\n"


def test_published_rows_may_be_asked_for_or_left_out_where_they_stand_or_not(bench: Bench) -> None:
    write(record("noise", {"fad-logmel": 9.0}, suite="demo"))
    assert bench("table", "demo", "--published", "none").out == bench("table", "demo").out
    assert bench("table", "text-to-audio", "--published", "deck").out == bench("table", "text-to-audio").out
    measured()
    assert bench("table", "--published", "deck").out == bench("table").out
    assert bench("table", "--published", "paper").out != bench("table").out
