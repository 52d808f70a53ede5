"""Whatever stands in a file of ratings is taken, refused, or counted in a note: no vote is lost unsaid."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from listening_files import put

from bench.errors import BadInput
from bench.listening.importing import FORMATS
from bench.listening.intake import Options, Reading
from bench.listening.sheet import read_sheet

COUNTED = re.compile(
    r"(\d+) (header rows|previews|questions were not shown|cells are 0|test sets were not shown"
    "|answers have neither score nor recording)"
)
WHOLE = ("header rows", "previews")  # what is counted in rows, and not in votes
FILLERS = ("", "NA", "x", "0", "9", "[]", "[1", "{}", "4,2")
ANYTHING: tuple[Any, ...] = (None, {}, [], "", "x", 9, True, [1])  # in a place of a JSON document


class Sample(NamedTuple):
    """A file of one format without anything wrong: its text, the rows of its body, what must be said of it."""

    text: str
    first: int = 1
    options: Mapping[str, Any] = MappingProxyType({})


ITEMS = {"condition_pattern": r"(?P<item>c\d)_?(?P<system>[AB])", "question": "OVL"}
MTURK = "AssignmentId,HITId,WorkerId,Input.url_1,Input.url_2,"
PAGE = json.dumps([{"q1": {"4": True, "5": False}, "q2": 2}]).replace('"', '""')
SHORT = json.dumps([{"q1": 3}]).replace('"', '""')
P808 = "AssignmentId,HITId,WorkerId,Answer.Q1_URL,Answer.Q2_URL,"
TAGS = ",Tags,c1_A,,c1_B,\n"
TABLES = {
    "webmushra mushra": Sample(
        "session_test_id,email,session_uuid,trial_id,rating_stimulus,rating_score,rating_time,rating_comment\n"
        "t,a@x,u1,c1,A,80,900,\nt,a@x,u1,c1,reference,100,900,\nt,a@x,u1,c1,B,20,900,\n"
    ),
    "webmushra pairs": Sample(
        "session_test_id,email,trial_id,choice_reference,choice_non_reference,choice_answer,choice_time,choice_comment\n"
        "t,a@x,c1,A,B,correct,9,\nt,a@x,c2,A,B,undecided,9,\nt,b@x,c2,A,B,incorrect,9,\n"
    ),
    "webmushra bs1116": Sample(
        "session_test_id,email,trial_id,rating_reference,rating_non_reference,rating_reference_score,"
        "rating_non_reference_score,rating_time,choice_comment\nt,a@x,c1,ref,A,5,3,9,\nt,a@x,c1,ref,B,5,2,9,\n"
    ),
    "webmushra likert": Sample(
        "session_test_id,email,trial_id,stimuli_rating1,stimuli_rating2,stimuli,rating_time\n"
        "t,a@x,c1,4,5,A,9\nt,a@x,c1,3,2,B,9\n",
        options={"question": "OVL,REL"},
    ),
    "webmushra pymushra": Sample(
        "wm_type;wm_testId;wm_id;questionaire_uuid;responses_stimulus;responses_score\n"
        "mushra;t;c1;u1;A;40\nmushra;t;c1;u1;B;50\n"
    ),
    "p808 raters": Sample(
        "HITId,workerid,assignment_id,assignmentstatus,file,vote,question_type\n"
        "h,w1,a1,Approved,c1_A.wav,4,MOS\nh,w2,a2,Approved,c1_B.wav,2,MOS\n",
        options=ITEMS,
    ),
    "p808 clips": Sample("file_url,n,MOS,vote_1,vote_2\nc1_A,2,4,4,4\nc1_B,1,2,2,\n", options=ITEMS),
    "p808 cleaning": Sample("worker_id,assignment,accept_and_use,correct_math\nw1,a1,1,1\nw2,a2,0,1\n"),
    "p808 batch": Sample(f"{P808}Answer.q1,Answer.q2\na1,h,w1,c1_A,c1_B,4,2\na2,h,w2,c1_A,c1_B,3,3\n", options=ITEMS),
    "p808 batch of three scales": Sample(
        f"{P808}Answer.q1_sig,Answer.q1_ovrl,Answer.q2_sig,Answer.q2_ovrl\na1,h,w1,c1_A,c1_B,4,2,1,5\n"
        "a2,h,w2,c1_A,c1_B,3,3,3,3\n",
        options=ITEMS,
    ),
    "p808 batch of unequal rows": Sample(
        f"{P808}Input.Q1,Input.Q2,Answer.q1,Answer.q2\na1,h,w1,c1_A,c1_B,c1_A,c1_B,4,2\n"
        "a2,h,w2,c2_A,,c2_A,,3,\na3,h,w3,c1_A,c1_B,c1_A,c1_B,5,2\n",
        options=ITEMS,
    ),
    "mturk plain": Sample(
        f"{MTURK}Answer.q1,Answer.q2\na1,h,w1,c1_A.wav,c1_B.wav,4,2\na2,h,w2,c1_A.wav,c1_B.wav,3,3\n", options=ITEMS
    ),
    "mturk buttons": Sample(
        f"{MTURK}Answer.q1.4,Answer.q1.5,Answer.q2.4,Answer.q2.5\n"
        "a1,h,w1,c1_A.wav,c1_B.wav,true,false,false,true\na2,h,w2,c1_A.wav,c1_B.wav,true,false,true,false\n",
        options=ITEMS,
    ),
    "mturk page": Sample(
        f'{MTURK}Answer.taskAnswers\na1,h,w1,c1_A.wav,c1_B.wav,"{PAGE}"\na2,h,w2,c1_A.wav,c1_B.wav,"{PAGE}"\n',
        options=ITEMS,
    ),
    "mturk plain of unequal rows": Sample(
        f"{MTURK}Answer.q1,Answer.q2\na1,h,w1,c1_A.wav,c1_B.wav,4,2\na2,h,w2,c2_A.wav,,3,\n"
        "a3,h,w3,c1_A.wav,c1_B.wav,5,2\n",
        options=ITEMS,
    ),
    "mturk buttons of unequal rows": Sample(
        f"{MTURK}Answer.q1.4,Answer.q1.5,Answer.q2.4,Answer.q2.5\n"
        "a1,h,w1,c1_A.wav,c1_B.wav,true,false,false,true\na2,h,w2,c2_A.wav,,true,false,,\n"
        "a3,h,w3,c1_A.wav,c1_B.wav,true,false,true,false\n",
        options=ITEMS,
    ),
    "mturk page of unequal rows": Sample(
        f'{MTURK}Answer.taskAnswers\na1,h,w1,c1_A.wav,c1_B.wav,"{PAGE}"\na2,h,w2,c2_A.wav,,"{SHORT}"\n'
        f'a3,h,w3,c1_A.wav,c1_B.wav,"{PAGE}"\n',
        options=ITEMS,
    ),
    "qualtrics": Sample(
        "StartDate,EndDate,Status,Finished,ResponseId,c1_A,c1_B\n2025,2025,0,1,R1,4,2\n2025,2025,0,1,R2,3,3\n",
        options=ITEMS,
    ),
    "prolific": Sample("Submission id,Participant id,Status\ns1,p1,APPROVED\ns2,p2,RETURNED\n"),
    "golisten acr": Sample(
        f"{TAGS}Name,Date,One rating,Time (s),Two rating,Why\nann,d,4,7,2,so\n,d,3,1,3,\n", first=2, options=ITEMS
    ),
    "golisten mushra": Sample(
        f"{TAGS},Sound filename,c1_A.wav,c1_B.wav\nName,Date,Trial rating,\nann,d,40,50\nben,d,60,10\n",
        first=3,
        options=ITEMS,
    ),
    "crowdmos bare": Sample("4,2,5\n3,2,1\n", first=0, options={"systems": ("A",), "question": "MOS"}),
    "crowdmos labelled": Sample("System,Rater,s1,s2\nA,w1,4,1\nB,w1,2,2\n", options={"question": "MOS"}),
    "long": Sample("rater,system,item,dimension,score\nann,A,c1,OVL,4\nann,B,c1,OVL,3\n"),
    "long wide": Sample(
        "rater,system,item,overall,fit,time\nann,A,c1,4,5,2.5\nann,B,c1,3,2,1\n",
        options={"score_columns": {"OVL": "overall", "REL": "fit"}},
    ),
    "long canonical": Sample(
        "test_id,rater_id,item_id,system_id,dimension,score,stimulus_id,scale_min,scale_max,revision\n"
        "t,ann,c1,A,OVL,4,x1,1,5,1\nt,ann,c1,B,OVL,3,x2,1,5,1\n"
    ),
    "long sessions": Sample("test_id,session_id,rater_id,status\nt,s1,ann,complete\nt,s2,ben,partial\n"),
    "long stimuli": Sample("stimulus_id,item_id,system_id\nx1,c1,A\nx2,c1,B\n"),
}
MUSHRA = {"rating": {"Reference": 100, "A": 40}, "filename": {"Reference": "r.wav", "A": "a.wav"}}
PAIR = {"PresentationOrder": "A=one, B=two", "Preference": "A"}
VOTED = [{"algorithm": "A", "file": "c1", "votes": {"NAT": 4, "INT": 2}}]
RATED = [{"algorithm": "A", "file": "c1", "rating": 4}, {"algorithm": "B", "file": "c1", "rating": 2}]
DOCUMENTS: dict[str, Any] = {
    "beaqlejs mushra": [{"TestID": "c1", **MUSHRA}, {"TestID": "c2", **MUSHRA}, {"UserName": "ann"}],
    "beaqlejs pairs": [{"TestID": "c1", **PAIR}, {"TestID": "c2", **PAIR}, {"UserName": "ann"}],
    "ttsmos first": {"workers": {"w1": {"a1": {"ratings": RATED}}, "w2": {"a2": {"ratings": RATED}}}},
    "ttsmos second": {"workers": {"w1": {"assignments": {"a1": {"ratings": VOTED}, "a2": {"ratings": VOTED}}}}},
}


def test_every_format_has_a_sample() -> None:
    assert {name.split()[0] for name in (*TABLES, *DOCUMENTS)} == set(FORMATS)


@pytest.mark.parametrize("name", [name for name in TABLES if name.endswith("of unequal rows")])
def test_an_assignment_of_fewer_clips_lacks_nothing(name: str) -> None:
    text, first, options = TABLES[name]
    found = reading(name, text, options)
    assert len(found.votes) == 2 * (text.count("\n") - first) - 1
    assert found.refused == []
    assert counted(found, 2) == 1


def reading(name: str, text: str, options: Mapping[str, Any]) -> Reading:
    """What the format makes of a file, before votes are held to their scale."""
    sheet, chosen = read_sheet(put("file", text)), Options(**options)
    form = FORMATS[name.split()[0]]
    if not form.recognises(sheet, chosen):
        raise BadInput("the file is of another format")
    return form.read([sheet], chosen)


def taken(found: Reading) -> int:
    """How many votes there are; of side tables, how many rows."""
    return len(found.votes) or len(found.sessions) or len(found.stimuli)


def counted(found: Reading, row: int) -> int:
    """How many votes the notes say are not there, if a row has so many."""
    counts = [match for note in found.notes for match in COUNTED.findall(note)]
    return sum(int(count) * (row if what in WHOLE else 1) for count, what in counts)


def require_all_told(name: str, before: Reading, text: str, options: Mapping[str, Any], row: int) -> None:
    """Fail if a change of one row lost votes of which nothing is said."""
    try:
        after = reading(name, text, options)
    except BadInput:  # which stops everything, and says why
        return
    lost = taken(before) - taken(after)
    assert lost <= 0 or after.refused or counted(after, row) - counted(before, row) >= lost, text


def text_of(rows: list[list[str]], separator: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


@pytest.mark.parametrize("name", TABLES)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_no_row_of_a_table_is_lost_unsaid(name: str, data: st.DataObject) -> None:
    text, first, options = TABLES[name]
    separator = ";" if ";" in text else ","
    rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    before = reading(name, text, options)
    assert taken(before)
    assert not before.refused
    row = rows[data.draw(st.integers(first, len(rows) - 1))]
    free = [place for place in range(len(row)) if rows[0][place] != "n"]  # which says how many votes there are
    for place in data.draw(st.sets(st.sampled_from(free), min_size=1)):
        row[place] = data.draw(st.sampled_from(FILLERS))
    row += data.draw(st.sampled_from(([], ["1"])))
    if any(row):  # an empty line is none
        require_all_told(name, before, text_of(rows, separator), options, taken(before) // (len(rows) - first))


@pytest.mark.parametrize("name", TABLES)
def test_no_cell_of_a_table_is_lost_unsaid(name: str) -> None:
    text, first, options = TABLES[name]
    separator = ";" if ";" in text else ","
    before = reading(name, text, options)
    rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    votes = taken(before) // (len(rows) - first)
    for row in rows[first:]:
        for place, was in enumerate(row):
            for row[place] in FILLERS:
                if any(row):
                    require_all_told(name, before, text_of(rows, separator), options, votes)
            row[place] = was


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a document, with each of its keys or indices."""
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    for key, one in pairs:
        yield value, key
        yield from places(one)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_value_of_a_document_is_lost_unsaid(name: str) -> None:
    document = json.loads(json.dumps(DOCUMENTS[name]))
    options = {"question": "OVL"}
    before = reading(name, json.dumps(document), options)
    assert taken(before)
    assert not before.refused
    for holder, key in list(places(document)):
        was = holder[key]
        for holder[key] in ANYTHING:
            require_all_told(name, before, json.dumps(document), options, 2)
        holder[key] = was
