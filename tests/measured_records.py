"""Records and listening tests made by hand, as runs and imports would leave them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.digest import digest
from bench.listening.long import ratings_csv
from bench.listening.opinion import opinions
from bench.listening.rating import Rating
from bench.metric import Score
from bench.paper.grid import Grid
from bench.paper.hearing import Hearing
from bench.paper.making import Maker
from bench.paper.measured import grouped
from bench.paper.reading import load_published
from bench.record import Record, record_folder, write_record
from bench.stats import Interval
from bench.suites import card_named

FRONT = "mono:first,dc-removed|resample:sinc|pad:32000"
PROTOCOL = {
    "fad": f"fad|emb:vggish-1|w:10086976|rate:16000|{FRONT}|ref:aa|est:eigh-f64,boot-clip-centred",
    "kl": f"kl|set:b8|emb:passt-1|w:302903fa|rate:32000|{FRONT}|ref:aa|est:ref-gen,eps1e-6-gen,mean,boot1000-clip",
    "clap": f"clap|emb:clap-music-speech-1|set:0b|w:51c68f12|rate:32000>48000|{FRONT}|est:mean-cosine,boot1000-clip",
    "clap-paper": f"clap-paper|emb:clap-music-speech-1|w:51c68f12|rate:32000>48000|{FRONT}|est:dropout0.1-seeded",
    "clap-paper-expected": (
        f"clap-paper-expected|emb:clap-music-speech-1|set:0b|w:51c68f12|rate:32000>48000|{FRONT}|est:dropout0.1-expected"
    ),
    "kl-panns": f"kl|set:b8|emb:panns-16k-1|w:11|rate:16000|{FRONT}|ref:aa|est:ref-gen,eps1e-6-gen,mean,boot1000-clip",
    "fad-logmel": "fad|emb:logmel-1|w:none|rate:16000|est:eigh-f64",
}
SIZES = {"audiocaps": 964, "musiccaps": 5471, "ljspeech": 523, "demo": 24, "audiocaps/common-880": 880}
TASKS = {"musiccaps": "text-to-music", "ljspeech": "text-to-speech"}
LISTS = {suite: card_named(suite).sha256 for suite in SIZES if suite != "demo"}
RELEASED = {"status": "released", "why": "", "changes": ""}
PLAIN = Score(1 / 3, Interval(0.1, 0.5), 24, "fad|emb:x|n:24")
COUNTER = itertools.count()
PUBLISHED = load_published()


def score(name: str, value: float, half: float | None = 0.1, n: int = 964, **more: Any) -> Score:
    """A score of the papers' protocol."""
    interval = Interval(value - half, value + half) if half is not None else None
    return Score(value, interval, n, more.pop("signature", f"{PROTOCOL[name]}|n:{n}"), **more)


def record(
    system: str = "tango",
    scores: Mapping[str, float | Score] | None = None,
    *,
    suite: str = "audiocaps",
    seed: int = 0,
    standing: Mapping[str, str] | None = RELEASED,
    scored: int | None = None,
    settings: Mapping[str, Any] | None = None,
    checkpoint: str | None = None,
    **more: Any,
) -> Record:
    """One run's record."""
    size = more.pop("size", SIZES[suite])
    absent = more.pop("absent", 0)
    clips = more.pop("clip_list", LISTS.get(suite, ""))
    scored = size - absent if scored is None else scored
    made = {name: one if isinstance(one, Score) else score(name, one, n=scored) for name, one in (scores or {}).items()}
    return Record(
        suite={
            "name": suite,
            "title": suite.capitalize(),
            "task": TASKS.get(suite, "text-to-audio"),
            "version": 1,
            "hash": digest([suite, size, absent]),
            "clips": size - absent,
            "size": size,
            **({"list": clips} if clips else {}),
            **({"absent": absent} if absent else {}),
            **({"note": more.pop("note")} if "note" in more else {}),
        },
        system={
            "name": system,
            "hash": f"{next(COUNTER):08x}",
            "settings": dict(settings or {}),
            "checkpoint": checkpoint,
            "revision": None,
            **({"standing": dict(standing)} if standing else {}),
        },
        seed=seed,
        clips={"asked": more.pop("asked", size - absent), "scored": scored},
        scores=made,
        **more,
    )


def write(*records: Record, results: Path = Path("results"), rows: Sequence[Mapping[str, Any]] = ()) -> None:
    """Records where runs leave them."""
    for one in records:
        tag = f"{one.suite['name'].replace('/', '_')}-{one.suite['hash'][:8]}"
        write_record(record_folder(results, tag, one.system["name"], one.system["hash"]), one, rows)


def ratings(
    means: Mapping[str, float],
    dimension: str = "OVL",
    test_id: str = "audiocaps-pilot",
    clips: Sequence[str] = tuple("abcdefgh"),
    raters: int = 6,
) -> list[Rating]:
    """Every rater's opinion of every clip of every system: its mean, and how kind the rater and the clip are."""
    return [
        Rating(
            test_id=test_id,
            rater_id=f"r{rater}",
            item_id=clip,
            system_id=system,
            dimension=dimension,
            score=min(5.0, max(1.0, float(round(mean + (rater % 3 - 1) * 0.5 + (place % 4 - 1.5) * 0.4)))),
        )
        for system, mean in means.items()
        for place, clip in enumerate(clips)
        for rater in range(raters)
    ]


def write_ratings(*groups: Sequence[Rating], name: str = "pilot", results: Path = Path("results")) -> None:
    """A listening test where ``bench ratings`` would be asked to leave it."""
    folder = results / "listening"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.csv").write_text(ratings_csv([one for group in groups for one in group]), encoding="utf-8")


def grid(*records: Record, table: str = "text-to-audio", source: str = "deck", heard: Sequence[Rating] = ()) -> Grid:
    """The grid of some records, and perhaps of a listening test."""
    hearings = [Hearing(heard[0].test_id, table, opinions(heard), tuple(heard))] if heard else []
    layout = PUBLISHED.table(table)
    assert layout is not None
    return Maker(PUBLISHED, layout, source, grouped(records), hearings).grid()


def plain_record(system: str = "foley", seed: int = 0, suite: str = "demo") -> Record:
    """A record without a protocol, for what only stores and finds records."""
    return Record(
        suite={"name": suite, "title": "T", "hash": "ab" * 32, "size": 24, "version": 1},
        system={"name": system, "hash": "12345678", "settings": {"rate": 16_000}},
        seed=seed,
        clips={"asked": 24, "scored": 24},
        scores={"fad-logmel": PLAIN},
        not_scored={"kl": "no weights"},
        versions={"python": "3.11"},
        device="cpu",
        efficiency={"real-time-factor": Score(0.1, None, 24, "rtf|n:24")},
    )
