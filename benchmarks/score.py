"""FAD, KL and CLAP of ten-second clips with full-size networks: here, and as the reference tool computes them.

Everything is measured in one run on one machine, so the ratios mean something wherever the seconds do not. Weights are
random, in the official files, which the script makes. The reference side drives the packages hear21passt, torchvggish
and laion-clap as audioldm_eval does: one clip at a time, each metric decoding every file anew, scipy's ``sqrtm``. It
takes the environment that ``make parity`` makes; without those packages only this project's side is measured.

    .parity/bin/python benchmarks/score.py --clips 32 --output results/benchmark.md
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from bench import evidence, extraction  # noqa: E402
from bench.cli import main as bench  # noqa: E402
from bench.wav import encode_wav  # noqa: E402

SECONDS = 10.0
GIGAFLOP = {"vggish": 17.0, "passt": 256.0, "clap-music-speech": 31.0}  # for a clip of ten seconds
FILES = ("vggish-10086976.pth", "passt-s-f128-p16-s10-ap.476-swa.pt", "music_speech_audioset_epoch_15_esc_89.98.pt")
PACKAGES = ("hear21passt", "torchvggish", "laion_clap", "torchaudio")
Row = tuple[str, str, str]


def clip(seed: int, rate: int, seconds: float = SECONDS) -> bytes:
    """A tone in noise that swells, as a WAV file."""
    generator = np.random.default_rng(seed)
    moments = np.arange(round(seconds * rate)) / rate
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * generator.uniform(0.2, 3.0) * moments)
    tone = 0.2 * np.sin(2 * np.pi * generator.uniform(100.0, 4000.0) * moments)
    return encode_wav((tone + 0.1 * swell * generator.normal(size=len(moments))).astype(np.float32), rate)


def lacking() -> list[str]:
    """The packages of the reference side that are not here."""
    return [name for name in PACKAGES if importlib.util.find_spec(name) is None]


def folder(path: Path, clips: int, seed: int, rate: int, seconds: float = SECONDS) -> Path:
    """A new folder of clips."""
    path.mkdir()
    for index in range(clips):
        (path / f"c{index:04}.wav").write_bytes(clip(1000 * seed + index, rate, seconds))
    return path


def prepared(place: Path, clips: int) -> None:
    """Weights, references at 44.1 kHz, two systems at 16 kHz and their captions."""
    import checkpoints

    (place / "weights").mkdir()
    checkpoints.write(place / "weights", *FILES)
    if not lacking():  # then CLAP's file as the package itself would write it, for the package to read
        import parity_weights
        import torch

        torch.save(parity_weights.clap("base", place / "weights" / "roberta-base"), place / "weights" / FILES[2])
    folder(place / "reference", clips, 1, 44_100)
    folder(place / "first", clips, 2, 16_000)
    folder(place / "second", clips, 3, 16_000)
    lines = [f"c{index:04},a tone number {index} in noise" for index in range(clips)]
    (place / "captions.csv").write_text("id,caption\n" + "\n".join(lines) + "\n", encoding="utf-8")
    os.environ |= {"BENCH_WEIGHTS": str(place / "weights"), "BENCH_CACHE": str(place / "cache")}


def scored(place: Path, system: str) -> dict[str, float]:
    """One ``bench score`` in this process; its values."""
    words = ["score", str(place / system), "--reference", str(place / "reference")]
    words += ["--captions", str(place / "captions.csv"), "--metrics", "fad,kl,clap", "--json", "--quiet"]
    words += ["--out", str(place / "runs"), "--results", str(place / "results")]
    caught = io.StringIO()
    with contextlib.redirect_stdout(caught):
        code = bench(words)
    if code:
        raise SystemExit(f"bench score ended with {code}")
    return {name: score["value"] for name, score in json.loads(caught.getvalue())["scores"].items()}


def timed(act: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and its seconds."""
    start = time.perf_counter()
    found = act()
    return found, time.perf_counter() - start


@contextlib.contextmanager
def stages() -> Iterator[dict[str, float]]:
    """Seconds spent in each stage, by name; hearing runs beside the networks, in a thread of its own."""
    spent: dict[str, float] = defaultdict(float)
    kept = extraction._hear, extraction._embed, extraction._loaded, evidence.Evidence.score

    def measured(function: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            found, seconds = timed(lambda: function(*arguments))
            spent[name(*arguments)] += seconds
            return found

        return run

    extraction._hear = measured(kept[0], lambda *_: "decode and resample (beside the networks)")
    extraction._embed = measured(kept[1], lambda listener, *_: listener.embedder.name)
    extraction._loaded = measured(lambda *given: list(kept[2](*given)), lambda *_: "loading networks")
    evidence.Evidence.score = measured(kept[3], lambda _, metric: f"score {metric.symbol}")  # type: ignore[method-assign]
    try:
        yield spent
    finally:
        extraction._hear, extraction._embed, extraction._loaded = kept[:3]
        evidence.Evidence.score = kept[3]  # type: ignore[method-assign]


def matrix_peak() -> float:
    """What a large float32 matrix product reaches here, in GFLOP/s: the best of some."""
    import torch

    one, other = torch.rand(4096, 4096), torch.rand(4096, 4096)
    best = min(timed(lambda: torch.mm(one, other))[1] for _ in range(5))
    return 2 * 4096**3 / best / 1e9


def cold(place: Path, clips: int) -> tuple[dict[str, float], float, list[Row]]:
    """Values and seconds of a first run, with a row for each stage."""
    before = matrix_peak()
    with stages() as spent:
        values, seconds = timed(lambda: scored(place, "first"))
    peak = max(before, matrix_peak())
    networks = sum(spent[name] for name in GIGAFLOP)
    rate = 2 * clips * sum(GIGAFLOP.values()) / networks
    rows = [(f"  {name}", f"{took:.1f} s", f"{took / seconds:.0%} of it") for name, took in sorted(spent.items())]
    rows.append(("networks, of a matrix product's rate", f"{rate:.0f} of {peak:.0f} GFLOP/s", f"{rate / peak:.0%}"))
    return values, seconds, rows


def rerun(place: Path) -> float:
    """Seconds of a run with nothing changed, as a process of its own, interpreter and all: the best of three."""
    words = [sys.executable, "-m", "bench", "score", str(place / "first"), "--reference", str(place / "reference")]
    words += ["--captions", str(place / "captions.csv"), "--metrics", "fad,kl,clap", "--quiet"]
    words += ["--out", str(place / "runs"), "--results", str(place / "results")]
    return min(timed(lambda: subprocess.run(words, check=True))[1] for _ in range(3))


def frechet_row() -> Row:
    """The Fréchet distance at d = 2048 from 500 rows a side, against scipy's matrix root."""
    from scipy import linalg

    from bench.metrics._frechet import distance_of_rows

    generator = np.random.default_rng(0)
    ours, theirs = generator.normal(size=(500, 2048)), generator.normal(0.1, 1.1, size=(500, 2048))

    def by_scipy() -> float:
        one, other = np.cov(ours, rowvar=False), np.cov(theirs, rowvar=False)
        shift = ours.mean(axis=0) - theirs.mean(axis=0)
        root = linalg.sqrtm(one @ other)
        return float(shift @ shift + np.trace(one) + np.trace(other) - 2 * np.trace(root).real)

    found, quick = min((timed(lambda: distance_of_rows(ours, theirs)) for _ in range(3)), key=lambda pair: pair[1])
    expected, slow = timed(by_scipy)
    near = f"{quick:.3f} s against {slow:.1f} s, values {found:.4f} and {expected:.4f}"
    return "Fréchet distance, d = 2048, n = 500, against scipy's sqrtm", near, f"{slow / quick:.0f}x"


# Of this process alone: what getrusage() says, a child inherits from its parent.
MEMORY = """
import sys
from pathlib import Path
from bench.cli import main
code = main(sys.argv[1:])
(peak,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(int(peak.split()[1]) // 1024, file=sys.stderr)
sys.exit(code)
"""


def memory_row(place: Path) -> Row:
    """Peak memory of FAD on VGGish for 100 and for 2,000 clips of a second, each in a process of its own."""
    peaks = {}
    for clips in (100, 2000):
        made = folder(place / f"many{clips}", clips, clips, 16_000, 1.0)
        words = ["score", str(made), "--reference", str(made), "--metrics", "fad", "--quiet"]
        words += ["--out", str(place / "runs"), "--results", str(place / "results")]
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, *words],
            env={**os.environ, "BENCH_CACHE": str(place / f"cache{clips}")},
            capture_output=True,
            text=True,
            check=True,
        )
        peaks[clips] = int(done.stderr.split()[-1])
    return (
        "peak memory, 2,000 clips against 100",
        f"{peaks[2000]} and {peaks[100]} MiB",
        f"{peaks[2000] / peaks[100]:.2f}x",
    )


def measured(place: Path, clips: int, *, memory: bool) -> list[Row]:
    """Every row of the table."""
    prepared(place, clips)
    values, ours, rows = cold(place, clips)
    rows.insert(0, (f"bench, {clips} + {clips} clips, cold", f"{ours:.1f} s", ""))
    _, second = timed(lambda: scored(place, "second"))
    again = rerun(place)
    theirs = None
    if lacking():
        print(f"no reference side: {', '.join(lacking())} missing; see make parity", file=sys.stderr)
    else:
        from reference_tool import score

        expected, theirs = timed(lambda: score(place))
        rows.append(("as the reference tool does it", f"{theirs:.1f} s", f"{theirs / ours:.2f}x as long, cold"))
        off = max(abs(values[name] - expected[name]) / abs(expected[name]) for name in expected)
        rows.append(("largest difference between their scores", f"{off:.1e}", "relative"))
    other = theirs or ours
    whose = "the reference tool's" if theirs else "the cold run's"
    rows.append(
        ("a second system on the same reference", f"{second:.1f} s", f"{other / second:.1f}x faster than {whose}")
    )
    rows.append(("a rerun with nothing changed", f"{again:.2f} s", f"{other / again:.0f}x faster than {whose}"))
    rows.append(frechet_row())
    return [*rows, memory_row(place)] if memory else rows


def table(rows: list[Row], clips: int) -> str:
    """The rows in Markdown."""
    import torch

    head = f"{clips} + {clips} clips of {SECONDS:g} s, {torch.get_num_threads()} threads, torch {torch.__version__}"
    lines = [f"| {head} | measured | ratio |", "|---|---:|---:|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=32, help="of each of two systems and the reference")
    parser.add_argument("--no-memory", action="store_true", help="leave out the 2,100 clips of the memory row")
    parser.add_argument("--output", type=Path, help="where to write the table too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        shown = table(measured(Path(place), given.clips, memory=not given.no_memory), given.clips)
    print(shown, end="")
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")
    if given.output:
        given.output.write_text(shown, encoding="utf-8")


if __name__ == "__main__":
    main()
