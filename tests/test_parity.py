"""Parity with the packages that others use: what is compared, what counts as equal, and what is said else."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import Bench

from bench import parity, plugins
from bench.audio import Sound
from bench.difference import DIFFERENT, EQUAL, LACKING, Both, Line, difference, exit_code, render, summary
from bench.embedder import Rows
from bench.errors import NotEvaluable
from bench.metric import FeatureMetric
from bench.reference import Reference, ReferenceScore
from bench.specimens import CAPTIONS, specimens
from bench.stats import Floats
from bench.weights import Weights

ROOT = Path(__file__).parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

Plant = Callable[..., None]


def named(requirement: str) -> str:
    return re.split(r"[<>=\[]", requirement)[0].lower().replace("_", "-")


def mels() -> Floats:
    """Triangles between 66 points evenly spaced in mel from 125 to 7500 Hz, shape (257, 64)."""
    bins, edges = (
        1127.0 * np.log(1.0 + np.array(hertz) / 700.0) for hertz in (np.arange(257) * 31.25, [125.0, 7500.0])
    )
    points = np.linspace(edges[0], edges[1], 66)
    bank = np.array([np.interp(bins, points[band : band + 3], [0.0, 1.0, 0.0]) for band in range(64)])
    return bank.T


def plain_logmel(_files: Sequence[Path], sounds: Sequence[Sound]) -> list[Rows]:
    """Our log-mel features over again, frame by frame, in one step behind soxr."""
    import soxr

    window, bank, rows = np.sin(np.pi * np.arange(400) / 400) ** 2, mels(), []
    for sound in sounds:
        channel = sound.samples[:, 0].astype(np.float64)
        wave = soxr.resample((channel - channel.mean()).astype(np.float32), sound.rate, 16_000, quality="HQ")
        wave = np.append(wave, np.zeros(max(0, 4_080 - len(wave)))).astype(np.float64)
        starts = range(0, len(wave) - 399, 160)
        frames = [np.abs(np.fft.rfft(wave[start : start + 400] * window, 512)) for start in starts]
        levels = np.log(np.array(frames) @ bank + 0.01)
        rows.append(np.array([levels[k * 24 : k * 24 + 24].mean(axis=0) for k in range(len(levels) // 24)]))
    return rows


def plain_frechet(generated: Sequence[Rows], reference: Sequence[Rows]) -> float:
    """As FAD's authors compute it."""
    from scipy import linalg

    ours, theirs = np.concatenate(list(generated)), np.concatenate(list(reference))
    root = linalg.sqrtm(np.cov(ours.T) @ np.cov(theirs.T)).real
    gap = ours.mean(axis=0) - theirs.mean(axis=0)
    return float(gap @ gap + np.trace(np.cov(ours.T) + np.cov(theirs.T) - 2.0 * root))


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Put a stand-in for the log-mel embedder and its FAD in the references' place, off by a share."""

    def put(*, rows: float = 0.0, score: float = 0.0, packages: tuple[str, ...] = ("numpy",)) -> None:
        def hear(files: Sequence[Path], sounds: Sequence[Sound]) -> list[Rows]:
            print("a package may chat")
            return [each * (1.0 + rows) for each in plain_logmel(files, sounds)]

        def judge(generated: Sequence[Rows], reference: Sequence[Rows]) -> float:
            return plain_frechet(generated, reference) * (1.0 + score)

        references = {"logmel": Reference(packages=packages, hear=hear)}
        scores = {"fad-logmel": ReferenceScore(packages=packages, score=judge)}
        monkeypatch.setattr(plugins, "references", lambda: references)
        monkeypatch.setattr(plugins, "reference_scores", lambda: scores)

    return put


def cells(out: str) -> dict[str, list[str]]:
    """The table's rows by their first cell."""
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in out.splitlines() if line[:2] == "| "]
    return {row[0]: row[1:] for row in rows}


def test_what_is_equal_is_said_to_be(bench: Bench, plant: Plant) -> None:
    plant()
    ran = bench("doctor", "--parity")
    assert ran.code == 0, ran.out
    found = cells(ran.out)
    assert found["logmel embeddings"][0] == f"numpy {np.__version__}"
    assert found["logmel embeddings"][1] == str(len(specimens()))
    assert found["logmel embeddings"][-2:] == ["1e-04", "yes"]
    assert found["FAD-logmel on logmel"][1] == str(len(specimens()) // 2)
    assert found["FAD-logmel on logmel"][-1] == "yes"
    assert "2 of 2 equal, 0 over the tolerance, 0 not compared" in ran.out
    assert ran.out.endswith("Weights: logmel none.\n")
    assert "chat" not in ran.out


@pytest.mark.parametrize(
    ("off", "marked"),
    [({"rows": 2e-4}, "logmel embeddings"), ({"score": -2e-4}, "FAD-logmel on logmel")],
    ids=["rows", "score"],
)
def test_a_difference_over_the_tolerance_is_marked(
    bench: Bench, plant: Plant, off: dict[str, float], marked: str, tmp_path: Path
) -> None:
    plant(**off)
    ran = bench("doctor", "--parity", "--output", tmp_path / "deep" / "table.md")
    assert ran.code == DIFFERENT
    row = cells(ran.out)[marked]
    assert row[3] == "2.0e-04"
    assert row[-1] == "NO: over the tolerance"
    assert (tmp_path / "deep" / "table.md").read_text(encoding="utf-8") == ran.out


def test_a_reference_that_breaks_costs_its_own_lines_only(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(files: Sequence[Path], sounds: Sequence[Sound]) -> list[Rows]:
        raise TypeError("sqrtm() got an unexpected\nkeyword | 'disp'")

    references = {
        "resample": Reference(packages=("numpy",), hear=broken),
        "logmel": Reference(packages=("numpy",), hear=plain_logmel),
    }
    monkeypatch.setattr(plugins, "references", lambda: references)
    monkeypatch.setattr(plugins, "reference_scores", dict)
    ran = bench("doctor", "--parity")
    assert ran.code == LACKING
    found = cells(ran.out)
    assert found["resample to 16, 32, 48 kHz"][-1] == "NO: TypeError: sqrtm() got an unexpected keyword / 'disp'"
    assert found["logmel embeddings"][-1] == "yes"


def test_without_the_extra_every_line_says_what_is_missing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "installed", lambda package: None)
    ran = bench("doctor", "--parity")
    assert ran.code == LACKING
    found = cells(ran.out)
    assert found["vggish embeddings"][-1] == (
        "NO: lacks torchvggish, torchaudio, resampy; get it with: pip install 'audiogen-bench[reference]'"
    )
    expected = {"resample to 16, 32, 48 kHz", "passt logits", "panns-16k embeddings", "panns-32k logits"}
    expected |= {"clap-630k text embeddings", "FAD on vggish", "KL on passt", "CLAP on clap-music-speech"}
    assert expected <= set(found)
    rows = [row[-1] for name, row in found.items() if name not in ("what", "-" * 10)]
    assert sum(last.startswith("NO: lacks ") and last.endswith("[reference]'") for last in rows) >= 19
    assert "0 of 19 equal" in ran.out


def test_missing_weights_are_named_with_the_way_to_get_them() -> None:
    file = Weights("nowhere.pt", "https://nowhere.example/nowhere.pt")
    with pytest.raises(NotEvaluable, match=r"nowhere\.pt is not here: .* get it with `bench fetch`"):
        parity.require(("numpy",), (file,))


def test_weights_that_are_not_the_published_ones_are_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vggish-10086976.pth").write_bytes(b"random")
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path))
    assert re.search(r"vggish [0-9a-f]{8}!,.*\n! marks files that are not the published ones", parity.circumstances())


def test_a_score_without_its_embedder_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "installed", lambda package: "1.0")
    assert parity.scored("kl", {}).trouble == "needs passt, which could not be compared"


def test_a_score_against_captions_gets_the_captions_rows() -> None:
    unit = list(np.eye(512, dtype=np.float32)[: len(CAPTIONS), None])
    kept = {"clap-music-speech": Both(unit, unit), "clap-music-speech text": Both(unit, unit)}
    seen = []

    def judge(generated: Sequence[Rows], texts: Sequence[Rows]) -> float:
        seen.append((len(generated), len(texts)))
        return 1.0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plugins, "reference_scores", lambda: {"clap": ReferenceScore(packages=("numpy",), score=judge)})
        line = parity.scored("clap", kept)
    assert (line.clips, line.absolute, line.different) == (len(CAPTIONS), 0.0, False)
    assert seen == [(len(CAPTIONS), len(CAPTIONS))]


@pytest.mark.parametrize("words", [("--output", "x.md"), ("--parity", "--json")])
def test_options_that_do_not_go_together_are_refused(bench: Bench, words: tuple[str, ...]) -> None:
    ran = bench("doctor", *words)
    assert ran.code == 2
    assert "--output goes with --parity" in ran.err


def test_help_says_what_the_exit_codes_mean(process: Bench) -> None:
    ran = process("doctor", "--help")
    assert re.search(r"0\s+if all are equal,\s+1 if any differs .* else 3\s+if any\s+could not", ran.out, re.DOTALL)


def rows(*values: float) -> list[Rows]:
    return [np.array([[value, 1.0]], np.float32) for value in values]


def test_the_largest_difference_is_that_of_any_clip_and_relative_to_its_own() -> None:
    assert difference(Both(rows(4.0, 0.5), rows(5.0, 0.0))) == (2, 1.0, 0.5)
    assert difference(Both(rows(4.0, 0.5), rows(5.0, 0.0)), scale=10.0) == (2, 1.0, 0.1)


def test_zeros_equal_zeros_and_nothing_else() -> None:
    zeros = [np.zeros((1, 2), np.float32)]
    assert difference(Both(zeros, zeros)) == (1, 0.0, 0.0)
    assert difference(Both(rows(0.0), zeros)) == (1, 1.0, np.inf)


def test_other_shapes_are_infinitely_different() -> None:
    assert difference(Both(rows(1.0, 2.0), rows(1.0))) == (1, np.inf, np.inf)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(("ours", "theirs"), [(np.nan, 1.0), (1.0, np.nan), (np.inf, np.inf)])
def test_what_is_no_number_is_different(ours: float, theirs: float) -> None:
    line = Line("x", ("numpy",), 1e-4, *difference(Both(rows(ours, 1.0), rows(theirs, 1.0))))
    assert line.different


def test_exit_codes() -> None:
    equal, off = (Line("x", ("numpy",), 1e-4, 1, 0.0, relative) for relative in (1e-4, 1.1e-4))
    lacking = Line("y", ("no-such-package",), 1e-4, trouble="lacks it")
    assert exit_code([equal]) == EQUAL
    assert exit_code([equal, lacking]) == LACKING
    assert exit_code([equal, lacking, off]) == DIFFERENT
    assert summary([equal, lacking, off]) == "1 of 3 equal, 1 over the tolerance, 1 not compared"
    assert "| y    | no-such-package" in render([equal, lacking])


def test_the_specimens_are_of_every_kind() -> None:
    made = specimens()
    seconds = {len(sound.samples) / sound.rate for sound in made.values()}
    assert {8_000, 16_000, 44_100} == {sound.rate for sound in made.values()}
    assert (min(seconds), max(seconds)) == (0.3, 10.24)
    assert [sound.samples.shape[1] for sound in made.values()].count(2) == 1
    assert not made["silence"].samples.any()
    assert np.count_nonzero(made["clicks"].samples) == 12
    assert abs(made["off-centre"].samples.mean() - 0.25) < 1e-3
    left, right = made["stereo"].samples.T
    assert abs(left @ right) < 0.1 * np.linalg.norm(left) * np.linalg.norm(right)
    assert len(made) == len(CAPTIONS)
    assert all(sound.samples.dtype == np.float32 and np.abs(sound.samples).max() <= 1.0 for sound in made.values())
    for name, sound in specimens().items():
        np.testing.assert_array_equal(sound.samples, made[name].samples)


def test_every_network_has_a_reference_and_every_reference_is_of_something() -> None:
    # Whisper is transformers' own network, and DNSMOS the package's: there is nothing to compare them with.
    networks = {name for name, one in plugins.embedders().items() if one.files and not name.startswith("whisper")}
    assert set(plugins.references()) == {"resample"} | networks
    for name, reference in plugins.references().items():
        assert (reference.read is not None) == (name in networks and plugins.embedders()[name].reads)
    for name in plugins.reference_scores():
        metric = plugins.metrics()[name]
        assert isinstance(metric, FeatureMetric)
        assert metric.embedder.name in plugins.references()


def test_the_extra_brings_every_package_and_each_is_pinned() -> None:
    extra = {named(line) for line in SETTINGS["optional-dependencies"]["reference"]}
    core = {named(line) for line in SETTINGS["dependencies"]}
    needed = {package for one in plugins.references().values() for package in one.packages}
    needed |= {package for one in plugins.reference_scores().values() for package in one.packages}
    assert needed <= extra | core
    pinned = {named(line) for line in (ROOT / "constraints-parity.txt").read_text(encoding="utf-8").splitlines()}
    assert extra | core <= pinned
