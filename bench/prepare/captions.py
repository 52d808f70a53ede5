"""The clip list of a suite, made of its owner's tables as the card says."""

from __future__ import annotations

import dataclasses
import fnmatch
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from bench.card import Card
from bench.clip import Clip
from bench.errors import BadInput, NotEvaluable, short
from bench.prepare.listing import Row, id_of, rows
from bench.prepare.tags import CAPTION, tag_rows
from bench.prepared import Entry, list_digest
from bench.progress import Reporter
from bench.sources import Captions, Listing

Field = Literal["caption", "transcription", "recording", "start"]
Found = Mapping[str, Sequence[Path]]  # the files of each table, by its name on the card
ALL = -1


def entries(captions: Captions, found: Found, reporter: Reporter) -> tuple[Entry, ...]:
    """The clips, in the order in which the table that lists them first has their ids.

    Args:
        captions: what the card says of them.
        found: every table's files, as ``obtain_lists`` gives them.
        reporter: told what is left out.

    Raises:
        BadInput: a table is not as the card says, or contradicts another; the message names file and line.
    """
    listing, table = _table(captions, found, reporter)
    listed = [_Listed(id_of(row, listing), row) for row in table]
    if not captions.take:
        _check_unique(listed)
    wanted = _wanted(captions, found, {one.id for one in listed})
    taken = _taken((one for one in listed if one.id in wanted), captions.take)
    joined = _joined(captions.join, found)
    return tuple(_entry(name, one, listing, captions.join, joined) for name, one in taken)


def check_list(card: Card, made: Sequence[Entry]) -> None:
    """Raise unless the clips are as many, and the ones, that the card says.

    Raises:
        NotEvaluable: they are others.
    """
    wrong = f"the list obtained is not that of version {card.version} of the card"
    if card.clips is not None and len(made) != card.clips:
        raise NotEvaluable(f"{wrong}: it has {len(made)} clips, and must have {card.clips}")
    if card.sha256 and (digest := list_digest(made)) != card.sha256:
        raise NotEvaluable(f"{wrong}: its SHA-256 is {digest}, and must be {card.sha256}")


class _Listed(NamedTuple):
    """A row with its id."""

    id: str
    row: Row


def _table(captions: Captions, found: Found, reporter: Reporter) -> tuple[Listing, list[Row]]:
    """The table that lists the clips, with where its columns are; of tags, one with the captions made of them."""
    listing = captions.list
    if listing.format == "tags":
        made = tag_rows(found[listing.file], captions, reporter)
        return dataclasses.replace(listing, format="csv", caption=CAPTION), made
    return listing, rows(found[listing.file], listing)


def _check_unique(listed: Iterable[_Listed]) -> None:
    first: dict[str, str] = {}
    for name, row in listed:
        if name in first:
            raise BadInput(f"{row.where}: id {short(name)!r} stands there before, in {first[name]}")
        first[name] = row.where


def _wanted(captions: Captions, found: Found, there: set[str]) -> set[str]:
    """The ids that the suite has of those that are there."""
    file = captions.list.file
    wanted = there
    if captions.ids:
        matched = [set(fnmatch.filter(there, pattern)) for pattern in captions.ids]
        _check_none([one for one, ids in zip(captions.ids, matched, strict=True) if not ids], "matches no id of", file)
        wanted = set().union(*matched)
    if captions.only:
        only = _ids(captions.only, found)
        _check_none([one for one in only if one not in there], f"of {captions.only.file} is not in", file)
        wanted = wanted & set(only)
    _check_none([one for one in captions.without if one not in there], "is to be left out, but is not in", file)
    left = set(_ids(captions.not_in, found)) if captions.not_in else set()
    wanted = wanted - set(captions.without) - left
    if not wanted:
        raise BadInput(f"of the {len(there)} ids of {file} the card leaves none")
    return wanted


def _check_none(ids: Sequence[str], what: str, file: str) -> None:
    if ids:
        rest = f" (nor are {len(ids) - 1} more)" if len(ids) > 1 else ""
        raise BadInput(f"{short(ids[0])!r} {what} {file}{rest}")


def _ids(listing: Listing, found: Found) -> list[str]:
    return [id_of(row, listing) for row in rows(found[listing.file], listing)]


def _taken(listed: Iterable[_Listed], take: int) -> Iterator[tuple[str, _Listed]]:
    """The rows that count, each with its clip's id, in the order in which ids first stand there.

    Raises:
        BadInput: an id has fewer rows than the one that is to be taken.
    """
    by_id: dict[str, list[_Listed]] = {}
    for one in listed:
        by_id.setdefault(one.id, []).append(one)
    for name, same in by_id.items():
        if len(same) < take:
            raise BadInput(
                f"{same[0].row.where}: id {short(name)!r} has {len(same)} rows, so there is no row {take} to take"
            )
        if take == ALL:
            yield from ((f"{name}-{number}", one) for number, one in enumerate(same, 1))
        else:
            yield name, same[max(take, 1) - 1]


def _joined(join: Listing | None, found: Found) -> dict[str, Row]:
    """The rows of the table with further columns, by id."""
    if join is None:
        return {}
    listed = [_Listed(id_of(row, join), row) for row in rows(found[join.file], join)]
    _check_unique(listed)
    return dict(listed)


def _entry(name: str, one: _Listed, listing: Listing, join: Listing | None, joined: Mapping[str, Row]) -> Entry:
    sources = [(listing, one.row)]
    if join:
        if one.id not in joined:
            raise BadInput(f"{one.row.where}: {join.file} has no row for id {short(one.id)!r}")
        sources.append((join, joined[one.id]))
    spoken = _said("transcription", sources)
    text = _said("caption", sources) or spoken
    recording = _said("recording", sources) or one.id
    if text is None:
        raise BadInput(f"{listing.file}: the card names neither a column with captions nor one with transcriptions")
    start = _start(sources)
    try:
        Clip(recording)  # it names a file too
        return Entry(Clip(name, text, spoken), recording, start)
    except BadInput as error:
        raise BadInput(f"{one.row.where}: {error}") from error


def _said(field: Field, sources: Sequence[tuple[Listing, Row]]) -> str | None:
    """What the first table that has a column for something says; None where none has.

    Raises:
        BadInput: it says nothing.
    """
    for listing, row in sources:
        if column := getattr(listing, field):
            if not row.cells[column].strip():
                raise BadInput(f"{row.where}: {column} is empty")
            return row.cells[column]
    return None


def _start(sources: Sequence[tuple[Listing, Row]]) -> float | None:
    said = _said("start", sources)
    if said is None:
        return None
    try:
        second = float(said)
    except ValueError:
        second = math.nan
    if not 0 <= second < math.inf:
        row = next(row for listing, row in sources if listing.start)
        raise BadInput(f"{row.where}: start is {short(said)!r}, but must be a number of seconds")
    return second
