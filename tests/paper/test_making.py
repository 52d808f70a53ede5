"""A grid joins rows as printed with what was measured of them and with what listeners said."""

from __future__ import annotations

from measured_records import PROTOCOL, grid, ratings, record, score

from bench.paper.grid import Block, Grid, Spot


def block(found: Grid, measured: str) -> Block:
    return next(one for one in found.blocks if one.measured == measured)


def verdicts(found: Grid, measured: str) -> list[str]:
    return [cell.judgement.verdict for cell in block(found, measured).attempts[0].cells]


def test_without_records_the_rows_stand_as_printed() -> None:
    found = grid()
    assert not found.measured
    assert [one.name for one in found.blocks] == [
        "AudioLDM", "Make-an-Audio", "TANGO", "AudioLDM 2-AC", "AudioLDM 2-AC-Large",
    ]  # fmt: skip
    assert found.ranks[Spot("printed", 4, 0, 0)] == "best"
    assert found.ranks[Spot("printed", 3, 0, 0)] == "second"
    assert found.ranks[Spot("printed", 3, 0, 2)] == "best"


def test_a_record_is_held_against_its_row_and_a_stranger_comes_last() -> None:
    found = grid(record("mine", {"fad": 1.0}), record("tango", {"fad": 1.75, "kl": 1.9}))
    assert verdicts(found, "tango") == ["reproduced", "differs", "not run", "not run", "not run"]
    assert [one.measured for one in found.blocks][-1] == "mine"
    assert verdicts(found, "mine") == [""] * 5


def test_the_decks_make_an_audio_is_make_an_audio_2() -> None:
    found = grid(record("make-an-audio-2", {"fad": 2.05}), record("make-an-audio", {"fad": 2.66}))
    assert verdicts(found, "make-an-audio-2")[0] == "reproduced"
    assert block(found, "make-an-audio-2").name == "Make-an-Audio"
    assert block(found, "make-an-audio").system is None


def test_the_decks_musicgen_is_two_rows_and_its_scores_are_not_the_released_models() -> None:
    made = record("musicgen", {"fad": 4.9, "kl": 1.36}, suite="musiccaps")
    deck = grid(made, table="text-to-music")
    assert verdicts(deck, "musicgen")[:2] == ["not comparable", "not comparable"]
    assert Spot("printed", 1, 0, 0) not in deck.ranks  # another protocol is not ranked
    assert Spot("printed", 1, 0, 3) in deck.ranks
    paper = grid(made, table="text-to-music", source="paper")
    rows = {one.system: one.attempts for one in paper.blocks if one.measured == "musicgen"}
    told = {system: attempts[0].cells[0].judgement.verdict for system, attempts in rows.items()}
    assert told == {"musicgen": "not comparable", "musicgen-reproduced": "reproduced"}


def test_weights_that_are_not_the_rows_are_marked_with_the_first_dagger() -> None:
    nearest = {"status": "nearest", "why": "close enough", "changes": ""}
    found = grid(record("tango", {"fad": 1.7}), record("audioldm2-ac", {"fad": 2.7}, standing=nearest))
    (attempt,) = block(found, "audioldm2-ac").attempts
    assert attempt.marks == ("†",)
    assert dict(found.notes)["†"] == "not the published weights, but the nearest that are public: close enough"
    assert attempt.cells[0].why == ("†",)


def test_an_incomplete_run_is_marked_and_not_ranked_beside_whole_ones() -> None:
    found = grid(
        record("tango", {"fad": 1.7}),
        record("audioldm", {"fad": score("fad", 4.5, 0.01)}),
        record("audioldm2-ac", {"fad": 0.1}, absent=20, scored=941),
    )
    (attempt,) = block(found, "audioldm2-ac").attempts
    notes = dict(found.notes)
    assert [notes[mark] for mark in attempt.lacking] == [
        "941 of 964 clips (20 without reference audio here, 3 not scored)"
    ]
    assert [notes[mark] for mark in attempt.cells[0].marks] == ["not like the others of its column: n is 941, not 964"]
    ranks = {spot.block: rank for spot, rank in found.ranks.items() if spot.kind == "tried"}
    assert ranks == {2: "best", 0: "second"}


def test_ties_of_measured_systems_are_all_best() -> None:
    found = grid(
        *(record(name, {"fad": score("fad", value, 0.1)}) for name, value in (("a", 1.0), ("b", 1.15), ("c", 2.0)))
    )
    ranks = {spot.block: rank for spot, rank in found.ranks.items() if spot.kind == "tried"}
    assert ranks == {5: "best", 6: "best", 7: "second"}


def test_a_missing_score_says_why() -> None:
    found = grid(record("tango", {"fad": 1.7}, not_scored={"kl": "passt is not here"}))
    cells = block(found, "tango").attempts[0].cells
    notes = dict(found.notes)
    assert [notes[mark] for mark in cells[1].marks] == ["no score: passt is not here"]
    assert [notes[mark] for mark in cells[2].marks] == ["no score: clap-paper was not asked for in that run"]


def test_the_papers_clap_is_taken_before_the_clean_one() -> None:
    found = grid(
        record("tango", {"clap": 0.3, "clap-paper": 0.18}),
        record("audioldm", {"clap": 0.2}),
        record("a", {"clap": 0.4}),
    )
    cell = block(found, "tango").attempts[0].cells[2]
    assert cell.measured is not None
    assert (cell.measured.metric, cell.marks) == ("clap-paper", ())
    clean = block(found, "audioldm").attempts[0].cells[2]
    assert "metric is clap, not clap-paper" in dict(found.notes)[clean.marks[0]]


def test_recipes_of_one_system_stand_under_one_row() -> None:
    found = grid(record("tango", {"fad": 1.7}), record("tango", {"fad": 1.8}, settings={"steps": 20}))
    assert len(block(found, "tango").attempts) == 2


def test_opinions_stand_beside_the_published_ones_and_are_not_compared() -> None:
    found = grid(heard=ratings({"tango": 3.75, "audioldm": 2.0, "stranger": 4.5}))
    (panel,) = block(found, "tango").panels
    cell = panel.cells[3]
    assert cell.opinion is not None
    assert (cell.judgement.verdict, cell.judgement.difference) == ("not comparable", None)
    assert "different test (audiocaps-pilot)" in dict(found.notes)[cell.why[0]]
    assert panel.cells[0].opinion is None
    assert block(found, "stranger").panels[0].cells[3].judgement.verdict == ""


def test_naturalness_stands_in_the_column_of_mos() -> None:
    found = grid(table="text-to-speech", heard=ratings({"ground-truth": 4.8, "fastspeech2": 3.5, "vits": 2.0}, "NAT"))
    assert block(found, "fastspeech2").panels[0].cells[0].opinion is not None
    ranks = {found.blocks[spot.block].measured for spot in found.ranks if spot.kind == "heard"}
    assert ranks == {"fastspeech2", "vits"}  # real speech is no competitor


def test_speech_records_have_no_place_in_a_table_of_opinions() -> None:
    assert not grid(record("fastspeech2", {"kl": 1.0}, suite="ljspeech"), table="text-to-speech").measured


def test_measured_rows_alone_if_nothing_published_is_wanted() -> None:
    found = grid(record("tango", {"fad": 1.7}), source="none")
    assert [one.measured for one in found.blocks] == ["tango"]
    assert verdicts(found, "tango") == [""] * 5


def test_a_test_without_a_column_here_makes_no_row_and_no_panel() -> None:
    found = grid(record("tango", {"fad": 1.7}), heard=ratings({"tango": 3.0, "stranger": 2.0}, "SIM"))
    assert block(found, "tango").panels == ()
    assert "stranger" not in [one.measured for one in found.blocks]
    assert found.hearings == ()


def test_a_system_that_was_rated_only_elsewhere_has_no_row() -> None:
    given = [*ratings({"tango": 3.0}), *ratings({"tango": 3.0, "stranger": 2.0}, "SIM")]
    found = grid(heard=given)
    assert len(block(found, "tango").panels) == 1
    assert "stranger" not in [one.measured for one in found.blocks]


def test_unlike_seeds_are_neither_judged_nor_ranked_as_one() -> None:
    other = PROTOCOL["kl"].replace("302903fa", "aaaa!") + "|n:964"
    found = grid(
        record("audioldm", {"kl": score("kl", 1.99, 0.03)}, seed=0),
        record("audioldm", {"kl": score("kl", 0.01, 0.03, signature=other)}, seed=1),
        record("tango", {"kl": score("kl", 1.5, 0.03)}),
    )
    cell = block(found, "audioldm").attempts[0].cells[1]
    assert cell.measured is not None
    assert (cell.measured.value, cell.measured.seeds) == (1.99, 1)
    assert dict(found.notes)[cell.marks[0]].startswith("kl of seed 1 is left out of the mean: w is aaaa!")
    assert {spot.block: rank for spot, rank in found.ranks.items() if spot.kind == "tried"} == {2: "best", 0: "second"}


def test_the_row_of_weights_that_were_never_released_is_not_reproduced_by_unknown_ones() -> None:
    found = grid(record("audioldm2-ac", {"fad": 1.67}, standing=None))
    (cell, *_) = block(found, "audioldm2-ac").attempts[0].cells
    assert cell.judgement.verdict == "not comparable"
    assert cell.judgement.reasons == ("not known to be the published weights, which were never released",)


def test_real_audio_is_compared_without_weights() -> None:
    found = grid(record("ground-truth", {"clap-paper": 0.25}, standing=None), source="paper")
    assert "not comparable" not in verdicts(found, "ground-truth")
