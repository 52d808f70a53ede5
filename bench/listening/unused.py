"""Options that were given and that nothing in the files has a use for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from bench.listening.intake import Draft, Options, Reading

RECORDINGS = ("condition_pattern", "condition_keys", "key")
USES = {  # by format, the options that are for some formats only
    "webmushra": ("question", "rater_from", *RECORDINGS),
    "p808": ("question", "drop_rejected", *RECORDINGS),
    "mturk": ("question", "score_columns", "drop_rejected", *RECORDINGS),
    "qualtrics": ("question", "rater_from", *RECORDINGS),
    "prolific": (),
    "golisten": ("question", *RECORDINGS),
    "crowdmos": ("question", "systems"),
    "beaqlejs": ("question", "rater_from", *RECORDINGS),
    "ttsmos": ("question", "drop_rejected"),
    "long": ("question", "rater_from", "columns", "score_columns"),
}
ALWAYS = ("salt", "allow_refused")


def idle(readings: Mapping[str, Reading], options: Options) -> Iterator[str]:
    """One line that names the options without effect, if there are any.

    Args:
        readings: by format, what its files hold.
        options: what was given.
    """
    drafts = [vote for reading in readings.values() for vote in reading.votes if isinstance(vote, Draft)]
    used = {*ALWAYS, *_of_formats(readings), *_of_votes(drafts, options)}
    given = [field.name for field in fields(Options) if getattr(options, field.name) != getattr(Options(), field.name)]
    names = [f"--{name.replace('_', '-')}" for name in given if name not in used]
    if names:
        yield f"without effect on these files: {', '.join(names)}"


def _of_formats(readings: Mapping[str, Reading]) -> Iterator[str]:
    """What formats have a use for; canonical tables, which hold no drafts, for nothing."""
    for name, reading in readings.items():
        if any(isinstance(vote, Draft) for vote in reading.votes) or name != "long":
            yield from (option for option in USES[name] if option not in ("question", "condition_keys", "systems"))


def _of_votes(drafts: list[Draft], options: Options) -> Iterator[str]:
    """What the votes themselves show to have been of use."""
    asked = {name.strip().upper() for name in (options.question or "").split(",")}
    words = {label.strip().casefold() for label in options.labels}
    pattern = options.condition_pattern or ""
    shown = {
        "scale": bool(drafts),
        "step": bool(drafts),
        "test": any(draft.test is None for draft in drafts),
        "question": any(draft.dimension.upper() in asked for draft in drafts),
        "labels": any(draft.score.strip().casefold() in words for draft in drafts),
        "systems": any(draft.system in options.systems for draft in drafts),
        "condition_keys": any(f"(?P<{name}>" in pattern for name in options.condition_keys)
        and "(?P<system>" not in pattern,
    }
    yield from (name for name, of_use in shown.items() if of_use)
