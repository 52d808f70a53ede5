"""The P.808 toolkit: votes by rater and by clip, summaries refused, reports joined, raw batches with their controls."""

from __future__ import annotations

import base64
import csv
import io
from typing import Any

import pytest
from listening_files import put, scores, table, take, why

from bench.errors import BadInput
from bench.listening.intake import Imported
from bench.listening.quality import screen

VOTES = ["HITId", "workerid", "assignment_id", "assignmentstatus", "file", "short_file_name", "vote", "question_type"]
VOTES += ["condition_num"]
PATTERN = r"(?P<item>\w+)_(?P<system>c\d+)\.wav"


def vote(worker: str, clip: str, score: object, question: str = "MOS", status: str = "Approved") -> tuple[object, ...]:
    return ("h1", worker, f"a-{worker}", status, f"https://x.org/{clip}.wav", f"{clip}.wav", score, question, clip[-2:])


def test_votes_by_rater_are_told_by_the_expression() -> None:
    rows = [vote("w1", "rain_c01", 4), vote("w1", "rain_c02", 2), vote("w2", "odd", 3), vote("w2", "rain_c01", 6)]
    found = take(put("x_votes_per_worker_.csv", table(VOTES, *rows)), condition_pattern=PATTERN)
    assert found.format == "p808"
    assert scores(found) == [("rain", "c01", "MOS", 4.0), ("rain", "c02", "MOS", 2.0)]
    assert why(found)[4] == "no system: 'https://x.org/odd.wav' does not match --condition-pattern"
    assert "out of the scale" in why(found)[5]
    assert any("what it dropped is not in the file" in note for note in found.notes)


def test_a_plain_mos_is_what_the_question_says_and_other_scales_keep_their_names() -> None:
    path = put("v.csv", table(VOTES, vote("w1", "rain_c01", 4), vote("w1", "rain_c01", 3, "MOS_SIG")))
    assert [one.dimension for one in take(path, condition_pattern=PATTERN, question="ovl").ratings] == ["OVL", "SIG"]


def test_three_files_of_p835_are_one_test() -> None:
    files = [
        put(f"v_{name}.csv", table(VOTES, vote("w1", "rain_c01", score, f"MOS_{name.upper()}")))
        for name, score in (("sig", 4), ("bak", 3), ("ovrl", 2))
    ]
    found = take(*files, condition_pattern=PATTERN)
    assert scores(found) == [("rain", "c01", "SIG", 4.0), ("rain", "c01", "BAK", 3.0), ("rain", "c01", "OVRL", 2.0)]
    assert len({(one.test_id, one.session_id) for one in found.ratings}) == 1


def test_comparisons_have_their_own_scale() -> None:
    rows = [vote("w1", "rain_c01", -3, "CMOS"), vote("w1", "rain_c02", 5, "DMOS")]
    found = take(put("v.csv", table(VOTES, *rows)), condition_pattern=PATTERN)
    assert [(one.method, one.scale_min, one.score) for one in found.ratings] == [("ccr", -3.0, -3.0), ("dcr", 1.0, 5.0)]


def test_keys_of_the_toolkit_are_the_system_and_the_rest_of_the_name_the_prompt() -> None:
    pattern = r"_(?P<codec>c\d+)_(?P<rate>r\d+)\.wav"
    rows = [vote("w1", "rain_c01_r8", 4), vote("w1", "rain_c02_r8", 3)]
    found = take(put("v.csv", table(VOTES, *rows)), condition_pattern=pattern, condition_keys=("codec", "rate"))
    assert scores(found) == [("rain_*_*.wav", "c01____r8", "MOS", 4.0), ("rain_*_*.wav", "c02____r8", "MOS", 3.0)]
    assert any("without what --condition-pattern takes" in note for note in found.notes)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "names recordings such as 'https://x.org/rain_c01.wav', but not their systems"),
        ({"condition_pattern": "("}, "--condition-pattern '(' is no expression"),
        ({"condition_pattern": r"(?P<item>\w+)"}, "has no group 'system'"),
        (
            {"condition_pattern": PATTERN, "condition_keys": ("num",)},
            "has no group 'num', which --condition-keys names",
        ),
    ],
)
def test_systems_are_not_guessed(options: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=r"^[^\n]+$") as caught:
        take(put("v.csv", table(VOTES, vote("w1", "rain_c01", 4))), **options)
    assert said in str(caught.value)


def test_rejected_assignments_are_counted_and_dropped_on_request() -> None:
    path = put("v.csv", table(VOTES, vote("w1", "rain_c01", 4), vote("w2", "rain_c01", 2, status="Rejected")))
    assert len(take(path, condition_pattern=PATTERN).ratings) == 2
    found = take(path, condition_pattern=PATTERN, drop_rejected=True)
    assert why(found) == {3: "the assignment was rejected (--drop-rejected)"}


def test_rejected_assignments_are_counted_and_not_their_votes() -> None:
    rows = [vote("w1", "rain_c01", 4)]
    rows += [vote(who, clip, 2, status="Rejected") for who in ("w2", "w3") for clip in ("rain_c01", "wind_c01")]
    found = take(put("v.csv", table(VOTES, *rows)), condition_pattern=PATTERN)
    assert "v.csv: 2 rejected assignments are kept (--drop-rejected leaves them out)" in found.notes


def test_votes_by_clip_are_of_nobody() -> None:
    header = ["file_url", "n", "MOS_SIG", "std_sig", "95%CI_sig", "short_file_name", "vote_1", "vote_2", "vote_3"]
    rows: list[tuple[object, ...]] = [("https://x.org/rain_c01.wav", 3, 4, 0, 0, "rain_c01.wav", 4, 4, 4)]
    rows += [("https://x.org/rain_c02.wav", 2, 2.5, 1, 1, "rain_c02.wav", 2, 3, "")]
    found = take(put("votes_per_clip_sig.csv", table(header, *rows)), condition_pattern=PATTERN)
    assert [(one.rater_id, one.system_id, one.dimension, one.score) for one in found.ratings] == [
        *[(None, "c01", "SIG", 4.0)] * 3,
        (None, "c02", "SIG", 2.0),
        (None, "c02", "SIG", 3.0),
    ]
    assert any("raters are unknown" in note for note in found.notes)


def test_a_summary_is_refused_with_what_to_give_instead() -> None:
    path = put(
        "votes_per_cond.csv", table(["condition_name", "codec", "n", "MOS", "std", "95%CI"], ("c1", "c1", 9, 3, 1, 1))
    )
    with pytest.raises(BadInput, match="is a summary, and has each vote in several rows: give …votes_per_worker"):
        take(path, condition_pattern=PATTERN)


def test_what_the_toolkit_found_is_joined_by_assignment() -> None:
    header = ["worker_id", "HITId", "assignment", "status", "correct_cmps", "correct_math", "accept", "accept_and_use"]
    report = table(header, ("w1", "h1", "a-w1", "x", "4", "1", 1, 1), ("w2", "h1", "a-w2", "x", "1.0", "", 1, 0))
    votes = table(VOTES, vote("w1", "rain_c01", 4), vote("w2", "rain_c01", 2))
    found = take(put("v.csv", votes), put("data_cleaning_report.csv", report), condition_pattern=PATTERN)
    assert [(one.digits_correct, one.pairs_correct, one.accept_and_use) for one in found.sessions] == [
        (1, 4, True),
        (None, 1, False),
    ]
    assert [one.exclusion_reasons for one in screen(found.ratings, found.sessions).ratings] == [
        (),
        ("env_check", "not_accepted"),
    ]


def batch(*rows: dict[str, object]) -> Imported:
    common = {"HITId": "h", "AssignmentStatus": "Approved", "WorkTimeInSeconds": "90"}
    filled = [{**common, "AssignmentId": f"a{n}", "WorkerId": f"w{n}", **row} for n, row in enumerate(rows, 1)]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(dict.fromkeys(name for row in filled for name in row)), restval="")
    writer.writeheader()
    writer.writerows(filled)
    return take(put("batch.csv", buffer.getvalue()), condition_pattern=PATTERN)


ACR = {
    "Input.TP": "https://x.org/trap.wav",
    "Input.TP_ANS": "2",
    "Input.gold_clips": "https://x.org/gold.wav",
    "Input.gold_clips_ans": "5",
    **{
        f"Answer.Q{n}_URL": f"https://x.org/{name}.wav"
        for n, name in enumerate(("rain_c01", "trap", "gold", "wind_c02"))
    },
    **{f"Answer.q{n}_slide": score for n, score in enumerate((4, 2, 4, 3))},
    **{f"Answer.audio_n_finish_q{n}": count for n, count in enumerate((1, 1, 2, 0))},
    **{f"Answer.audio_n_play_q{n}": count for n, count in enumerate((1, 1, 3, 1))},
    "Answer.time_page_hidden_sec": "3.5",
    "Answer.any_parallel_session": "false",
    "Answer.8_hearing": "normal",
}


def test_a_raw_batch_has_traps_gold_clips_and_playback() -> None:
    found = batch(ACR)
    assert found.format == "p808"
    assert [(one.role, one.item_id, one.system_id, one.score) for one in found.ratings] == [
        ("test", "rain", "c01", 4.0),
        ("trap", "trap.wav", "trap", 2.0),
        ("gold", "gold.wav", "gold", 4.0),
        ("test", "wind", "c02", 3.0),
    ]
    assert [(one.expected_score, one.expected_tol) for one in found.ratings[1:3]] == [(2.0, 0.0), (5.0, 1.0)]
    assert [(one.play_count, one.listened_frac) for one in found.ratings] == [(1, 1.0), (1, 1.0), (3, 1.0), (1, 0.0)]
    [session] = found.sessions
    assert (session.page_hidden_s, session.parallel_session, session.hearing_reported) == (3.5, False, "normal")
    screened = screen(found.ratings, found.sessions)
    assert [one.exclusion_reasons for one in screened.ratings] == [(), (), (), ("not_fully_played",)]


def test_a_wrong_trap_and_a_wrong_gold_clip_lose_the_session() -> None:
    found = batch(ACR, {**ACR, "Answer.q1_slide": 3}, {**ACR, "Answer.q2_slide": 3})
    reasons = {one.source_row: set(one.exclusion_reasons) for one in screen(found.ratings, found.sessions).ratings[::4]}
    assert reasons == {2: set(), 3: {"trap_failed"}, 4: {"gold_failed"}}


def test_p835_gold_answers_are_decoded_and_its_traps_held_to_the_overall_scale() -> None:
    url = "https://x.org/gold.wav"
    code = {scale: base64.b64encode(f"{url}_{score}".encode()).decode() for scale, score in (("sig", 1), ("ovrl", 5))}
    row = {
        "Input.TP": "https://x.org/trap.wav",
        "Input.TP_ANS": "3.0",
        "Input.gold_url_2": url,
        **{f"Input.gold_{scale}_ans_2": text for scale, text in code.items()},
        "Answer.Q1_URL": "https://x.org/rain_c01.wav",
        "Answer.Q2_URL": "https://x.org/trap.wav",
        "Answer.Q3_URL": url,
        **{f"Answer.q{n}_{scale}": n + 1 for n in (1, 2, 3) for scale in ("sig", "bak", "ovrl")},
        "Answer.audio_n_finish_q1_ovrl_audio": 1,
    }
    found = batch(row)
    assert [(one.dimension, one.role, one.expected_score) for one in found.ratings] == [
        ("SIG", "test", None),
        ("BAK", "test", None),
        ("OVRL", "test", None),
        ("SIG", "trap", None),
        ("BAK", "trap", None),
        ("OVRL", "trap", 3.0),
        ("SIG", "gold", 1.0),
        ("BAK", "gold", None),
        ("OVRL", "gold", 5.0),
    ]
    assert {one.listened_frac for one in found.ratings[:3]} == {1.0}
    assert "gold_failed" in screen(found.ratings, found.sessions).ratings[0].exclusion_reasons  # SIG 4 is not 1


def test_a_comparison_keeps_its_order_and_turns_no_sign() -> None:
    row = {
        "Input.Q1_P": "https://x.org/rain_c01.wav",
        "Input.Q1_R": "https://x.org/rain.wav",
        "Answer.Q1_URL": "https://x.org/rain_c01.wav",
        "Answer.q1": -2,
        "Answer.Q1_order": "rp",
        "Answer.audio_n_finish_q_1": 1,
    }
    [one] = batch(row).ratings
    assert (one.method, one.dimension, one.score, one.scale_min) == ("ccr", "CMOS", -2.0, -3.0)
    assert (one.system_id, one.compared_system_id, one.presented_order) == ("c01", "reference", "BA")
    assert one.listened_frac == 1.0


def test_both_sounds_of_a_degradation_pair_must_be_finished() -> None:
    row = {
        "Input.Q1_P": "https://x.org/rain_c01.wav",
        "Answer.Q1_URL": "https://x.org/rain_c01.wav",
        "Answer.q1": 4,
        "Answer.audio_n_finish_q_a1": 2,
        "Answer.audio_n_finish_q_b1": 0,
    }
    [one] = batch(row).ratings
    assert (one.method, one.listened_frac) == ("dcr", 0.0)


def test_votes_on_clips_without_an_address_are_refused() -> None:
    addresses = {name: "" for name in ACR if name.endswith("_URL")}
    found = batch(ACR, {**ACR, **addresses}, {**ACR, "Answer.Q0_URL": ""}, {**ACR, "Answer.q7_slide": 3})
    assert [(row.row, row.why) for row in found.refused] == [
        (3, "every Answer.Q…_URL is empty, so nothing says what was heard"),
        (4, "Answer.Q0_URL is empty"),
        (5, "Answer.Q7_URL is empty"),
    ]
    assert [one.source_row for one in found.ratings] == [*[2] * 4, *[4] * 3, *[5] * 4]


def pages(*clips: tuple[str, str, object]) -> dict[str, object]:
    """An assignment's clips: what Input and Answer say of each, and its score."""
    return {
        name: cell
        for n, (given, heard, score) in enumerate(clips, 1)
        for name, cell in ((f"Input.Q{n}", given), (f"Answer.Q{n}_URL", heard), (f"Answer.q{n}", score))
    }


RAIN, WIND = ("https://x.org/rain_c01.wav",) * 2, ("https://x.org/wind_c02.wav",) * 2
PASSED = "answers have neither score nor recording, as where an assignment has fewer clips, and are passed over"


def test_an_assignment_of_fewer_clips_lacks_none() -> None:
    found = batch(pages((*RAIN, 4), (*WIND, 2)), pages((*RAIN, 3), ("", "", "")), pages(("", "", ""), (*WIND, 5)))
    assert [one.score for one in found.ratings] == [4.0, 2.0, 3.0, 5.0]
    assert found.refused == ()
    assert f"batch.csv: 2 {PASSED}" in found.notes
    scales = {f"Answer.q{n}_{scale}": "" for n in (1, 2) for scale in ("sig", "ovrl")}
    urls = {"Answer.Q1_URL": RAIN[0], "Answer.Q2_URL": ""}
    found = batch({**scales, **urls, "Answer.q1_sig": 3, "Answer.q1_ovrl": 4})
    assert [one.dimension for one in found.ratings] == ["SIG", "OVRL"]
    assert found.refused == ()
    assert f"batch.csv: 2 {PASSED}" in found.notes


@pytest.mark.parametrize(
    ("clip", "said"),
    [
        ((WIND[0], "", ""), "Answer.Q2_URL is empty"),
        (("", "", 3), "Answer.Q2_URL is empty"),
        (("", WIND[1], ""), "no score"),
    ],
)
def test_a_clip_of_which_something_is_there_is_refused(clip: tuple[str, str, object], said: str) -> None:
    found = batch(pages((*RAIN, 4), (*WIND, 2)), pages((*RAIN, 4), clip))
    assert why(found) == {3: said}
    assert not any(PASSED in note for note in found.notes)


@pytest.mark.parametrize(
    ("n", "votes", "refused"), [(3, 2, True), (0, 0, True), ("inf", 2, True), (2, 2, False), (1, 2, False)]
)
def test_a_clip_with_fewer_votes_than_it_counts_is_named(n: object, votes: int, refused: bool) -> None:
    rows = [("https://x.org/rain_c01.wav", n, 4, *[4] * votes, *[""] * (3 - votes))]
    text = table(["file_url", "n", "MOS", "vote_1", "vote_2", "vote_3"], *rows)
    found = take(put("votes_per_clip.csv", text), condition_pattern=PATTERN)
    assert len(found.ratings) == votes
    assert why(found) == ({2: f"n is '{n}', but the row has {votes} votes"} if refused else {})
