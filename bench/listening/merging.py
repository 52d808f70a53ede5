"""What several files say of the same: a rating once, a sitting once, a sound once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from bench.listening.intake import Placed
from bench.listening.rating import Rating, Session, Stimulus
from bench.listening.sheet import AGAIN, Refused


def once(found: Iterable[Placed]) -> tuple[list[Rating], list[Refused]]:
    """Ratings, without those that stand there again, as where two exports overlap."""
    first: dict[tuple[Any, ...], Placed] = {}
    kept, doubled = [], []
    for one in found:
        before = first.setdefault(_key(one.rating), one)
        if before is one or one.rating.rater_id is None:
            kept.append(one.rating)
        else:
            why = f"duplicate: the same rating stands in {before.file}, row {before.row}"
            doubled.append(Refused(one.file, one.row, why, AGAIN))
    return kept, doubled


def _key(one: Rating) -> tuple[Any, ...]:
    """What is alike of a rating that stands in two files."""
    who = (one.test_id, one.session_id, one.rater_id)
    return (*who, *one.stimulus, one.dimension, one.score, one.role, one.trial_index, one.revision, one.submitted_at)


def merged(sessions: Iterable[Session], ratings: Sequence[Rating]) -> tuple[tuple[Session, ...], list[str]]:
    """One session a sitting; one that only a person is known of goes to all of the person's sittings."""
    sittings = dict.fromkeys((one.test_id, one.session_id, one.rater_id) for one in ratings if one.session_id)
    found: dict[tuple[str, str | None, str | None], Session] = {}
    persons: dict[str, Session] = {}
    for one in sessions:
        if one.session_id is None and one.rater_id:
            persons[one.rater_id] = _filled(persons.get(one.rater_id), one)
        else:
            key = (one.test_id, one.session_id, one.rater_id)
            found[key] = _filled(found.get(key), one)
    for test, session, rater in sittings:
        if rater in persons:
            known = dataclasses.replace(persons[rater], test_id=test, session_id=session)
            found[test, session, rater] = _filled(known, found.get((test, session, rater)))
    raters = {one.rater_id for one in ratings}
    unheard = [name for name in persons if name not in raters]
    notes = [f"{len(unheard)} of {len(persons)} people in the service's export rated nothing here"] if unheard else []
    alone = [one for name, one in persons.items() if name in raters and not any(key[2] == name for key in sittings)]
    return (*found.values(), *alone), notes


def _filled(one: Session | None, other: Session | None) -> Session:
    """A session, with what it does not know taken from another account of it."""
    if one is None or other is None:
        found = one or other
        assert found is not None
        return found
    names = [field.name for field in dataclasses.fields(Session)]
    return dataclasses.replace(one, **{name: getattr(other, name) for name in names if getattr(one, name) is None})


def stimuli(ratings: Iterable[Rating], known: Sequence[Stimulus]) -> tuple[Stimulus, ...]:
    """What was heard: as the key says it, and what ratings alone tell of."""
    found = {one.stimulus_id: one for one in known}
    for rating in ratings:
        if rating.stimulus_id and rating.stimulus_id not in found:
            found[rating.stimulus_id] = Stimulus(
                stimulus_id=rating.stimulus_id,
                item_id=rating.item_id,
                system_id=rating.system_id,
                sample_index=rating.sample_index,
                role=rating.role,
                duration_s=rating.audio_duration_s,
                expected_score=rating.expected_score,
            )
    return tuple(found.values())
