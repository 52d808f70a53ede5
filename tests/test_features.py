"""The feature store and the pass that fills it: by content, once, outside the user's folders, never wrong."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from bench.audio import Condition, Unreadable, Waveform, decode, mono
from bench.digest import file_digest
from bench.embedder import Embed, Embedder, Rows
from bench.errors import BadInput
from bench.extraction import BATCH, Demand, batches, extract
from bench.features import CONDITION, Recording, Store, Stub, Survey, gather, read_stub, survey
from bench.metric import Features, Score
from bench.progress import Reporter
from bench.stats import Interval
from bench.wav import encode_wav

RATE = 8_000
QUIET = Reporter(quiet=True)


def statistics(waves: Sequence[Waveform]) -> list[Rows]:
    """Two rows a clip: mean, deviation and peak of each half."""
    halves = [np.array_split(wave, 2) for wave in waves]
    return [
        np.array([[half.mean(), half.std(), np.abs(half).max()] for half in pair], dtype=np.float32) for pair in halves
    ]


@dataclass(frozen=True, kw_only=True)
class Statistics(Embedder):
    """A small real embedder that writes down each load and the size of each batch."""

    name: str = "statistics"
    rate: int = RATE
    dimension: int = 3
    run: Embed = statistics
    loads: list[str] = field(default_factory=list, compare=False)
    sizes: list[int] = field(default_factory=list, compare=False)

    accelerated: ClassVar[bool] = False

    def load(self, device: str) -> Embed:
        self.loads.append(device)
        return self._counted

    def _counted(self, waves: Sequence[Waveform]) -> Sequence[Rows]:
        self.sizes.append(len(waves))
        return self.run(waves)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    """A folder of five unlike clips."""
    folder = tmp_path / "audio"
    folder.mkdir()
    for seed in range(5):
        write(folder / f"clip{seed}.wav", seed)
    return folder


def write(path: Path, seed: int, rate: int = RATE) -> None:
    wave = np.random.default_rng(seed).uniform(-0.5, 0.5, rate // 2).astype(np.float32)
    path.write_bytes(encode_wav(wave, rate))


def look(folder: Path) -> Survey:
    return survey({path.stem: path for path in sorted(folder.glob("*.wav"))}, Store(), QUIET, "audio")


def embed(recordings: Mapping[str, Recording], embedder: Embedder) -> Features:
    failures = extract([Demand(embedder, [list(recordings.values())])], "auto", Store(), QUIET)
    for error in failures.values():
        raise error
    return gather(recordings, embedder, Store())


def embedded(folder: Path, embedder: Embedder) -> Features:
    return embed(look(folder).readable, embedder)


def direct(path: Path) -> Rows:
    """A clip's features without store or batch."""
    return statistics([mono(decode(path), RATE)])[0]


def kept(embedder: Embedder, path: Path) -> Path:
    return Store().path(embedder.key, file_digest(path))


def test_each_clip_has_its_own_features(audio: Path) -> None:
    found = embedded(audio, Statistics())
    assert found.ids == ("clip0", "clip1", "clip2", "clip3", "clip4")
    for name, rows in zip(found.ids, found.rows, strict=True):
        np.testing.assert_array_equal(rows, direct(audio / f"{name}.wav"))
    assert found.pooled().shape == (10, 3)
    assert found.pooled().dtype == np.float64


def test_the_second_pass_loads_no_embedder(audio: Path) -> None:
    first, second = Statistics(), Statistics()
    before, after = embedded(audio, first), embedded(audio, second)
    assert (first.loads, second.loads) == (["cpu"], [])
    for one, other in zip(before.rows, after.rows, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_changed_file_is_computed_again_with_its_batch(audio: Path) -> None:
    embedded(audio, Statistics())
    write(audio / "clip2.wav", seed=99)
    again = Statistics()
    found = embedded(audio, again)
    assert again.sizes == [5]  # its batch, which is that of any other run
    np.testing.assert_array_equal(found.rows[2], direct(audio / "clip2.wav"))


def test_a_renamed_file_is_known_again(audio: Path) -> None:
    before = embedded(audio, Statistics())
    (audio / "clip0.wav").rename(audio / "other.wav")
    again = Statistics()
    found = embedded(audio, again)
    assert again.loads == []
    assert found.ids == ("clip1", "clip2", "clip3", "clip4", "other")
    np.testing.assert_array_equal(found.rows[-1], before.rows[0])


def test_swapped_files_swap_their_features(audio: Path) -> None:
    before = embedded(audio, Statistics())
    for old, new in (("clip0", "x"), ("clip1", "clip0"), ("x", "clip1")):
        (audio / f"{old}.wav").rename(audio / f"{new}.wav")
    found = embedded(audio, Statistics())
    np.testing.assert_array_equal(found.rows[0], before.rows[1])
    np.testing.assert_array_equal(found.rows[1], before.rows[0])


def test_another_rate_name_or_dimension_shares_nothing(audio: Path) -> None:
    embedded(audio, Statistics())
    for other in (Statistics(rate=4_000), Statistics(name="others")):
        embedded(audio, other)
        assert other.loads == ["cpu"]


def test_a_copy_of_a_clip_is_computed_once(audio: Path) -> None:
    (audio / "clip0copy.wav").write_bytes((audio / "clip0.wav").read_bytes())
    embedder = Statistics()
    found = embedded(audio, embedder)
    assert sum(embedder.sizes) == 5
    np.testing.assert_array_equal(found.rows[0], found.rows[1])


def test_batches_are_bounded_and_lose_nobody(tmp_path: Path) -> None:
    for seed in range(2 * BATCH + 1):
        write(tmp_path / f"{seed:02}.wav", seed)
    embedder = Statistics()
    found = embedded(tmp_path, embedder)
    assert embedder.sizes == [BATCH, BATCH, 1]
    assert len(found.ids) == 2 * BATCH + 1
    assert [list(batch) for batch in batches("abcde", 2)] == [["a", "b"], ["c", "d"], ["e"]]


def damaged(data: bytes) -> list[bytes]:
    """What a crash or a bad disk makes of an array file."""
    return [
        b"", data[:4], data[:40], data[:-1], data[:-8], b"\0" * len(data), b"not an array at all", b"PK\x03\x04" + data,
        data.replace(b"descr", b"de\0cr"), data.replace(b"'descr", b"('desc"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", range(10))
def test_a_damaged_array_is_computed_again(audio: Path, kind: int) -> None:
    embedded(audio, Statistics())
    path = kept(Statistics(), audio / "clip3.wav")
    path.write_bytes(damaged(path.read_bytes())[kind])
    again = Statistics()
    found = embedded(audio, again)
    assert again.sizes == [5]  # its batch, which is that of any other run
    np.testing.assert_array_equal(found.rows[3], direct(audio / "clip3.wav"))


def test_an_array_of_another_shape_in_the_store_is_an_error_and_never_a_feature(audio: Path) -> None:
    embedded(audio, Statistics())
    np.save(kept(Statistics(), audio / "clip3.wav"), np.zeros((2, 5), np.float32))
    with pytest.raises(ValueError, match=r"shape \(2, 5\) for clip clip3"):
        embedded(audio, Statistics())


def test_a_damaged_condition_is_looked_at_again(audio: Path) -> None:
    before = look(audio).readable["clip1"].condition
    path = Store().path(CONDITION, file_digest(audio / "clip1.wav"))
    for data in (b"", path.read_bytes()[:-5], b"nonsense"):
        path.write_bytes(data)
        assert look(audio).readable["clip1"].condition == before


def test_nothing_is_written_into_the_audio_folder(audio: Path, cache: Path) -> None:
    before = {path: path.read_bytes() for path in audio.rglob("*")}
    embedded(audio, Statistics())
    assert {path: path.read_bytes() for path in audio.rglob("*")} == before
    assert [path.name for path in cache.iterdir()] == ["features"]
    assert not list(cache.rglob("*.tmp"))


def spoilt(by: Callable[[list[Rows]], list[Rows]]) -> Statistics:
    """An embedder that gives the right features of every clip but for what ``by`` does to them."""
    return Statistics(run=lambda waves: by(statistics(waves)))


def nan(rows: Rows) -> Rows:
    changed = rows.copy()
    changed[1, 1] = np.nan
    return changed


@pytest.mark.parametrize(
    "by",
    [
        lambda rows: rows[:, :2], lambda rows: rows[0], lambda rows: rows[:0], lambda rows: rows[None], nan,
        lambda rows: rows + np.inf,
    ],
    ids=["narrow", "flat", "none", "deep", "nan", "inf"],
)  # fmt: skip
def test_what_are_no_features_is_refused_and_not_kept(audio: Path, by: Callable[[Rows], Rows]) -> None:
    broken = spoilt(lambda rows: [*rows[:2], by(rows[2]), *rows[3:]])
    with pytest.raises(ValueError, match=r"statistics gave features .* clip clip2"):
        embedded(audio, broken)
    assert not kept(broken, audio / "clip2.wav").exists()
    healed = embedded(audio, Statistics())
    for name, rows in zip(healed.ids, healed.rows, strict=True):
        np.testing.assert_array_equal(rows, direct(audio / f"{name}.wav"))


@pytest.mark.parametrize(
    "by", [lambda rows: rows[1:], lambda rows: [*rows, rows[0]], lambda rows: []], ids=["lost", "more", "none"]
)
def test_an_embedder_that_loses_clips_leaves_no_neighbours_features(
    audio: Path, by: Callable[[list[Rows]], list[Rows]]
) -> None:
    with pytest.raises(ValueError, match=r"argument|statistics"):
        embedded(audio, spoilt(by))
    healed = embedded(audio, Statistics())
    for name, rows in zip(healed.ids, healed.rows, strict=True):
        np.testing.assert_array_equal(rows, direct(audio / f"{name}.wav"))


def test_an_exception_in_the_middle_is_an_error_and_no_shorter_set(audio: Path) -> None:
    def breaks(waves: Sequence[Waveform]) -> list[Rows]:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        embedded(audio, Statistics(run=breaks))


def test_corrupt_audio_is_reported_and_no_neighbour_stands_in(audio: Path) -> None:
    (audio / "clip1.wav").write_bytes((audio / "clip1.wav").read_bytes()[:3000])
    (audio / "clip2.wav").write_bytes(b"")
    (audio / "clip4.wav").write_text("not a recording")
    seen = look(audio)
    assert sorted(seen.readable) == ["clip0", "clip3"]
    assert sorted(seen.unreadable) == ["clip1", "clip2", "clip4"]
    assert all(reason.startswith(f"{name}.wav") for name, reason in seen.unreadable.items())
    found = embed(seen.readable, Statistics())
    assert found.ids == ("clip0", "clip3")
    for name, rows in zip(found.ids, found.rows, strict=True):
        np.testing.assert_array_equal(rows, direct(audio / f"{name}.wav"))


def test_a_file_that_is_gone_is_reported(audio: Path) -> None:
    seen = survey({"gone": audio / "gone.wav"}, Store(), QUIET, "audio")
    assert seen.readable == {}
    assert "can't be read" in seen.unreadable["gone"]


def test_a_condition_is_remembered_as_it_was(audio: Path) -> None:
    first, second = look(audio), look(audio)
    assert first == second
    assert isinstance(second.readable["clip0"].condition.channels, int)
    assert second.readable["clip0"].condition.finite is True


def test_no_recordings_need_no_embedder(tmp_path: Path) -> None:
    embedder = Statistics()
    assert embed({}, embedder) == Features((), ())
    assert embedder.loads == []


def test_a_score_is_recalled_as_it_was_or_not_at_all() -> None:
    kept = Score(
        2 / 3,
        Interval(0.5, 0.75),
        7,
        per_clip={"é": 0.1, "b": 1.0},
        flags=("implausible",),
        details={"bw": "1.5"},
        weights={"b": 4.0},
    )
    key = "ab" * 32
    assert Store().recall(key) is None
    Store().keep(key, kept)
    assert Store().recall(key) == kept
    path = Store().folder / "scores-4" / "ab" / f"{key}.json"
    for data in (b"", path.read_bytes()[:-4], b"[]", b'{"value": 1.0}', b"\xff"):
        path.write_bytes(data)
        assert Store().recall(key) is None


STUB = Stub("ab" * 32, "cd" * 32, Condition(2.0, 16_000, 1, 0.5, True, False))


def test_a_stub_is_surveyed_as_its_recording_would_be(tmp_path: Path) -> None:
    path = tmp_path / "r0.features"
    path.write_bytes(STUB.encoded())
    assert read_stub(path) == STUB
    found = survey({"c0": path}, Store(), QUIET, "audio").readable["c0"]
    assert found == Recording(path, STUB.audio, STUB.condition)
    assert found.features_only
    assert not Recording(tmp_path / "r0.wav", STUB.audio, STUB.condition).features_only


DAMAGED: dict[str, Any] = {
    "audio that is a number": {"audio": 5},
    "audio that is short": {"audio": "ab"},
    "audio that is a path": {"audio": "../" * 20 + "abcd"},
    "no conversion": {"conversion": None},
    "a condition that is a list": {"condition": []},
    "half a condition": {"condition": {"seconds": 1.0}},
    "seconds in words": {"condition": {**dataclasses.asdict(STUB.condition), "seconds": "two"}},
    "NaN": {"condition": {**dataclasses.asdict(STUB.condition), "peak": float("nan")}},
    "one field more": {"more": 1},
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_stub_that_is_none_is_unreadable(tmp_path: Path, case: str) -> None:
    fields = json.loads(STUB.encoded()) | DAMAGED[case]
    unreadable(tmp_path, json.dumps(fields).encode())


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"5", b"\xff", STUB.encoded()[:-9], b"[" * 100_000])
def test_a_stub_that_is_not_whole_is_unreadable(tmp_path: Path, data: bytes) -> None:
    unreadable(tmp_path, data)


def unreadable(folder: Path, data: bytes) -> None:
    path = folder / "r0.features"
    path.write_bytes(data)
    assert survey({"c0": path}, Store(), QUIET, "audio") == Survey(
        {}, {"c0": "r0.features is damaged: import its features again"}
    )


def test_a_stub_that_is_gone_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"r0\.features is damaged"):
        read_stub(tmp_path / "r0.features")


def test_no_stub_is_made_of_what_is_no_digest() -> None:
    with pytest.raises(BadInput, match="audio is 'ab', but must be 64 hex digits"):
        dataclasses.replace(STUB, audio="ab")
