"""Ratings from files of any known format: each file told by its header, each row taken or refused with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bench.errors import BadInput, unknown
from bench.listening.admission import admit, require_labels, require_scale
from bench.listening.beaqlejs import BEAQLEJS
from bench.listening.crowdmos import CROWDMOS
from bench.listening.golisten import GOLISTEN
from bench.listening.intake import PUBLIC, SALT, TEST, Draft, Format, Imported, Options, Placed, Reading, parted
from bench.listening.long import LONG
from bench.listening.merging import merged, once, stimuli
from bench.listening.mturk import MTURK
from bench.listening.p808 import P808
from bench.listening.prolific import PROLIFIC
from bench.listening.qualtrics import QUALTRICS
from bench.listening.rating import Rating, is_pseudonym
from bench.listening.sheet import Refused, Sheet, read_sheet
from bench.listening.ttsmos import TTSMOS
from bench.listening.unused import idle
from bench.listening.webmushra import WEBMUSHRA

__all__ = ["FORMATS", "Format", "Imported", "Options", "Refused", "read"]
LONGEST = 600  # characters of a message


def read(files: Sequence[Path], *, form: str = "auto", options: Options) -> Imported:
    """The ratings of some files, brought into one form.

    Args:
        files: of one test, or of several that carry their own names; side tables (a Prolific export) among them.
        form: a key of ``FORMATS``, or "auto" to tell each file by its header.
        options: what the files don't say.

    Raises:
        BadInput: a file can't be read or told, or lacks what an option must say.
    """
    if form != "auto" and form not in FORMATS:
        raise unknown("format", form, ("auto", *FORMATS))
    try:
        return _read(files, form, options)
    except BadInput as error:
        raise BadInput(_one_line(str(error))) from None


def _one_line(text: str) -> str:
    """A message that may quote whatever a file holds, in one line of bearable length."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 2]} …"


def _read(files: Sequence[Path], form: str, options: Options) -> Imported:
    doubled = [path for path, count in Counter(path.resolve() for path in files).items() if count > 1]
    if doubled:
        raise BadInput(f"{doubled[0].name} is named twice")
    sheets: dict[str, list[Sheet]] = {}
    names = Counter(path.name for path in files)
    for path in files:
        sheet = read_sheet(path)
        if names[path.name] > 1:
            sheet = sheet._replace(file=f"{path.resolve().parent.name}/{path.name}")
        sheets.setdefault(_told(sheet, form, options), []).append(sheet)
    readings = {name: FORMATS[name].read(group, options) for name, group in sheets.items()}
    if all(not FORMATS[name].alone for name in readings):
        raise BadInput(
            f"{', '.join(path.name for path in files) or 'nothing'} holds no ratings: name their files as well"
        )
    return _imported(readings, options)


def _told(sheet: Sheet, form: str, options: Options) -> str:
    """The format of a file: the one asked for, or that of a side table, or the one that recognises it."""
    fitting = [name for name, known in FORMATS.items() if known.recognises(sheet, options)]
    side = [name for name in fitting if not FORMATS[name].alone]
    if form in fitting or side:
        return form if form in fitting else side[0]
    if sheet.is_json and not fitting:
        raise BadInput(
            f"{sheet.file} is JSON of no known format; read are beaqleJS's (a list of entries with TestID) and "
            "tts-mos-test-mturk's (an object with workers): make anything else a table with the columns rater, system, "
            "item, dimension, score"
        )
    header = ", ".join(name[:40] for name in sheet.header if name)[:200]
    if form != "auto":
        looks = f"; it looks like {fitting[0]}" if fitting else ""
        row = "" if sheet.is_json else f"; its first row is: {header}"
        raise BadInput(f"{sheet.file} is not {form}{looks}{row}")
    if not fitting:
        raise BadInput(
            f"{sheet.file} is of no known format ({', '.join(FORMATS)}); its first row is: {header}; "
            "a table of one's own: --columns '{rater_id: NAME, system_id: NAME, item_id: NAME, score: NAME}'"
        )
    return fitting[0]


def _imported(readings: dict[str, Reading], options: Options) -> Imported:
    placed: list[Placed] = []
    refused: list[Refused] = [row for reading in readings.values() for row in reading.refused]
    for name, reading in readings.items():
        require_labels(reading.votes, options)
        taken, unfit = parted(admit(vote, options, name) if isinstance(vote, Draft) else vote for vote in reading.votes)
        placed += taken
        refused += unfit
    if not options.allow_refused:
        require_scale(readings.values(), refused)
    kept, doubled = once(placed)
    sessions, unheard = merged([one for reading in readings.values() for one in reading.sessions], kept)
    notes = [note for reading in readings.values() for note in reading.notes]
    unnamed = _unnamed(readings, options)
    return Imported(
        format=" + ".join(readings),
        ratings=tuple(kept),
        sessions=sessions,
        stimuli=stimuli(kept, [one for reading in readings.values() for one in reading.stimuli]),
        refused=tuple(_sorted([*refused, *doubled])),
        notes=tuple(dict.fromkeys(map(_one_line, [*notes, *unheard, *_of_all(readings, kept, unnamed, options)]))),
        unnamed=unnamed,
    )


def _sorted(refused: Iterable[Refused]) -> list[Refused]:
    clean = [row._replace(why=_one_line(row.why)) for row in refused]
    return sorted(clean, key=lambda row: (row.file, row.row))


def _unnamed(readings: dict[str, Reading], options: Options) -> tuple[str, ...]:
    """The files that neither name their test nor have it named."""
    drafts = [vote for reading in readings.values() for vote in reading.votes if isinstance(vote, Draft)]
    return () if options.test else tuple(dict.fromkeys(one.file for one in drafts if one.test is None))


def _of_all(
    readings: dict[str, Reading], ratings: Sequence[Rating], unnamed: Sequence[str], options: Options
) -> Iterator[str]:
    """What must be said whatever the format."""
    drafts = [vote for reading in readings.values() for vote in reading.votes if isinstance(vote, Draft)]
    if unnamed:
        yield f"the files don't name their test; it is called {TEST!r} (--test gives another name)"
    if options.salt == SALT and any(draft.rater and not is_pseudonym(draft.rater) for draft in drafts):
        yield PUBLIC
    if any(rating.rater_id is None for rating in ratings):
        yield "raters are unknown: an interval can only cluster on clips, and is too narrow"
    yield from idle(readings, options)


FORMATS: dict[str, Format] = {
    "webmushra": WEBMUSHRA,
    "p808": P808,
    "mturk": MTURK,
    "qualtrics": QUALTRICS,
    "prolific": PROLIFIC,
    "golisten": GOLISTEN,
    "crowdmos": CROWDMOS,
    "beaqlejs": BEAQLEJS,
    "ttsmos": TTSMOS,
    "long": LONG,
}
