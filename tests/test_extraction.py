"""The one pass: each file decoded once for all embedders, what fails costs only itself, memory stays flat."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from bench import extraction
from bench.audio import Condition, Sound, Waveform, centred, decode, mono, resample
from bench.embedder import Embed, Embedder, EmbedTexts, Rows, read, spelled
from bench.extraction import BATCH, Demand, Ears, extract, extract_texts, prefetched, short_batches
from bench.features import Recording, Store, gather, survey
from bench.progress import Reporter
from bench.wav import encode_wav

QUIET = Reporter(quiet=True)
RATE = 8_000


@dataclass(frozen=True, kw_only=True)
class Ends(Embedder):
    """First and last sample and the level, of whatever it is given; reads too."""

    dimension: int = 3
    fail: str = ""
    loads: list[str] = field(default_factory=list, compare=False)

    accelerated: ClassVar[bool] = False
    reads: ClassVar[bool] = True

    def load(self, device: str) -> Embed:
        if self.fail == "load":
            raise RuntimeError("no weights")
        self.loads.append(device)
        return self._embed

    def _embed(self, waves: Sequence[Waveform]) -> list[Rows]:
        if self.fail == "embed":
            raise RuntimeError("burnt out")
        return [np.array([[wave[0], wave[-1], wave.std()]], np.float32) for wave in waves]

    def load_texts(self, device: str) -> EmbedTexts:
        self.loads.append("texts")
        return lambda texts: [np.array([[len(text), 0.0, 1.0]], np.float32) for text in texts]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def recordings(tmp_path: Path) -> dict[str, Recording]:
    """More than two batches of unlike clips."""
    for seed in range(2 * BATCH + 3):
        wave = np.random.default_rng(seed).uniform(-0.5, 0.5, RATE // 4).astype(np.float32)
        (tmp_path / f"c{seed}.wav").write_bytes(encode_wav(wave, RATE))
    return survey({path.stem: path for path in sorted(tmp_path.glob("c*.wav"))}, Store(), QUIET, "audio").readable


def demands(recordings: dict[str, Recording], *embedders: Embedder) -> list[Demand]:
    return [Demand(embedder, [list(recordings.values())]) for embedder in embedders]


def test_one_decode_feeds_all(recordings: dict[str, Recording], monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []

    def counted(path: Path) -> Sound:
        decoded.append(path.stem)
        return decode(path)

    monkeypatch.setattr(extraction, "decode", counted)
    one, other = Ends(name="one", rate=RATE), Ends(name="other", rate=16_000, resampler="sinc")
    assert extract(demands(recordings, one, other), "auto", Store(), QUIET) == {}
    assert sorted(decoded) == sorted(recordings)
    for embedder in (one, other):
        found = gather(recordings, embedder, Store())
        for name, rows in zip(found.ids, found.rows, strict=True):
            heard = mono(decode(recordings[name].path), embedder.rate, embedder.resampler)
            np.testing.assert_array_equal(rows[0], np.array([heard[0], heard[-1], heard.std()], np.float32))


@pytest.mark.parametrize("fail", ["load", "embed"])
def test_an_embedder_that_fails_costs_the_others_nothing(recordings: dict[str, Recording], fail: str) -> None:
    broken, sound = Ends(name="broken", rate=RATE, fail=fail), Ends(name="sound", rate=RATE)
    failures = extract(demands(recordings, broken, sound), "auto", Store(), QUIET)
    assert {embedder.name: str(error) for embedder, error in failures.items()} == {
        "broken": "no weights" if fail == "load" else "burnt out"
    }
    assert len(gather(recordings, sound, Store()).ids) == len(recordings)
    with pytest.raises(ValueError, match="lost"):
        gather(recordings, broken, Store())


def test_each_hears_only_what_it_has_not_heard(recordings: dict[str, Recording]) -> None:
    """An embedder that comes later, or wants more, starts from what is there."""
    first, later = Ends(name="first", rate=RATE), Ends(name="later", rate=RATE)
    some = dict(list(recordings.items())[:5])
    extract(demands(some, first), "auto", Store(), QUIET)
    extract([*demands(some, first), *demands(recordings, later)], "auto", Store(), QUIET)
    assert (first.loads, later.loads) == (["cpu"], ["cpu"])
    assert len(gather(some, first, Store()).ids) == 5
    assert len(gather(recordings, later, Store()).ids) == len(recordings)


def test_a_file_that_vanishes_fails_those_who_want_it(recordings: dict[str, Recording]) -> None:
    kept, lost = Ends(name="kept", rate=RATE), Ends(name="lost", rate=RATE)
    some = {name: found for name, found in recordings.items() if name != "c3"}
    recordings["c3"].path.unlink()
    failures = extract([*demands(some, kept), *demands(recordings, lost)], "auto", Store(), QUIET)
    assert [embedder.name for embedder in failures] == ["lost"]
    assert "c3.wav" in str(failures[lost])
    assert len(gather(some, kept, Store()).ids) == len(some)


def test_a_file_that_is_replaced_meanwhile_never_lends_its_features(
    recordings: dict[str, Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the old file's digest they would be taken for its own for good."""
    ends = Ends(name="ends", rate=RATE)
    recordings["c3"].path.write_bytes(recordings["c4"].path.read_bytes())
    (error,) = extract(demands(recordings, ends), "auto", Store(), QUIET).values()
    assert "c3.wav changed while it was being scored" in str(error)
    assert Store().get(ends.key, recordings["c3"].digest) is None


def test_steps_that_embedders_share_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = Sound(np.random.default_rng(1).uniform(-0.5, 0.5, (4410, 2)).astype(np.float32), 44_100)
    steps: list[tuple[int, int]] = []

    def counted(wave: Waveform, rate: int, new_rate: int, resampler: str) -> Waveform:
        steps.append((rate, new_rate))
        return resample(wave, rate, new_rate, "sinc")

    monkeypatch.setattr(extraction, "resample", counted)
    ears = Ears(sound)
    twice = ears.at("sinc", (32_000, 48_000))
    once = ears.at("sinc", (32_000,))
    ears.at("sinc", (16_000,))
    assert steps == [(44_100, 32_000), (32_000, 48_000), (44_100, 16_000)]
    np.testing.assert_array_equal(once, resample(centred(sound), 44_100, 32_000, "sinc"))
    np.testing.assert_array_equal(twice, resample(once, 32_000, 48_000, "sinc"))


def test_texts_are_embedded_once_and_keep_their_order() -> None:
    embedder = Ends(name="reader", rate=RATE)
    texts = {f"t{n}": "x" * (n % 40) for n in range(70)}
    for _ in range(2):
        found = extract_texts(texts, embedder, "auto", Store(), QUIET)
        assert found.ids == tuple(texts)
        assert [int(rows[0, 0]) for rows in found.rows] == [n % 40 for n in range(70)]
    assert embedder.loads == ["texts"]


def test_long_clips_share_a_batch_with_fewer() -> None:
    """Eight hours of audio are never decoded at once."""

    def lasting(*seconds: float) -> list[Recording]:
        conditions = [Condition(one, RATE, 1, 0.5, True, False) for one in seconds]
        return [Recording(Path(f"{index}"), f"{index}", each) for index, each in enumerate(conditions)]

    def sizes(*seconds: float) -> list[int]:
        return [len(batch) for batch in short_batches(lasting(*seconds))]

    assert sizes(*[10.0] * (2 * BATCH + 1)) == [BATCH, BATCH, 1]
    assert sizes(100.0, 100.0, 100.0, 10.0) == [2, 2]
    assert sizes(3600.0, 3600.0, 1.0) == [1, 1, 1]
    assert sizes() == []
    every = lasting(100.0, 3600.0, 50.0, 60.0, 1.0)
    assert [one for batch in short_batches(every) for one in batch] == every


def test_a_resumed_pass_has_the_batches_of_any_other(recordings: dict[str, Recording]) -> None:
    """Sides don't share batches, so references are embedded alike whatever they are compared with."""
    sizes: list[int] = []

    @dataclass(frozen=True, kw_only=True)
    class Counting(Ends):
        def _embed(self, waves: Sequence[Waveform]) -> list[Rows]:
            sizes.append(len(waves))
            return Ends._embed(self, waves)

    names = list(recordings)
    ours, theirs = ([recordings[name] for name in part] for part in (names[:10], names[10:]))
    counting = Counting(name="counting", rate=RATE)
    extract([Demand(counting, [ours, theirs])], "auto", Store(), QUIET)
    assert sizes == [BATCH, 2, BATCH, 1]
    sizes.clear()
    Store().path(counting.key, ours[9].digest).unlink()
    extract([Demand(counting, [ours, theirs])], "auto", Store(), QUIET)
    assert sizes == [2]


def test_what_is_known_by_features_alone_is_never_heard(
    recordings: dict[str, Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where others of its batch are missing; and only the embedder that has no features of it fails."""
    known, unknown = Ends(name="known", rate=RATE), Ends(name="unknown", rate=RATE)
    some = dict(list(recordings.items())[:5])
    stub = dataclasses.replace(some["c1"], path=some["c1"].path.with_suffix(".features"), digest="ab" * 32)
    some["c1"] = stub
    theirs = np.array([[1.0, 2.0, 3.0]], np.float32)
    Store().put(known.key, stub.digest, theirs)
    decoded: list[str] = []

    def counted(path: Path) -> Sound:
        decoded.append(path.name)
        return decode(path)

    monkeypatch.setattr(extraction, "decode", counted)
    for _ in range(2):
        assert extract(demands(some, known), "auto", Store(), QUIET) == {}
        found = gather(some, known, Store())
        assert found.ids == tuple(some)
        np.testing.assert_array_equal(found.rows[list(some).index("c1")], theirs)
    assert sorted(decoded) == sorted(f"{name}.wav" for name in some if name != "c1")
    for path in (Store().folder / known.key).rglob("*.npy"):
        if path.stem != stub.digest:
            path.unlink()
    failures = extract([*demands(some, known), *demands(some, unknown)], "auto", Store(), QUIET)
    assert [embedder.name for embedder in failures] == ["unknown"]
    assert "of c1 only imported features are here, and not these" in str(failures[unknown])
    assert len(gather(some, known, Store()).ids) == len(some)


def test_prefetching_keeps_order_and_passes_errors_on() -> None:
    assert list(prefetched(lambda n: n * n, range(5))) == [(n, n * n) for n in range(5)]
    assert list(prefetched(str, [])) == []
    made = prefetched(lambda n: 1 // (2 - n), range(5))
    assert [next(made), next(made)] == [(0, 0), (1, 1)]
    with pytest.raises(ZeroDivisionError):
        next(made)


def test_a_text_is_read_back_from_its_rows() -> None:
    for text in ("", "a", "Grüezi 👋\nmitenand", "\n"):
        rows = spelled(text)
        assert rows.shape == (len(text) + 1, 1)
        assert read(rows) == text


def test_the_steps_to_a_rate_and_the_resampler_are_in_the_signature() -> None:
    plain = Ends(name="e", rate=48_000)
    others = [Ends(name="e", rate=48_000, through=(32_000,)), Ends(name="e", rate=48_000, resampler="sinc")]
    assert "rate:32000>48000" in others[0].signature
    assert len({one.key for one in (plain, *others)}) == 3
