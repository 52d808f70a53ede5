"""The laws of ARCHITECTURE.md, each held here, and each shown to fail on a planted breach."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# From the ground up. A module imports only from floors below its own, so no arrow goes up and there is no circle.
FLOORS = (
    ("errors", "digest", "stats", "progress", "truncation", "mpeg", "resample", "latex"),
    ("disk", "clip", "audio", "device", "sources", "typed"),
    ("card", "weights", "system", "wav"),
    ("prompts", "prepared"),
    ("checkpoint", "hub", "batching", "manifest"),
    ("embedder", "pretrained"),
    ("metric", "suite", "reference", "sheet"),
    ("features", "plugins", "record", "suites"),
    ("records", "remarks", "writer"),
    ("tally", "table", "catalogue", "extraction", "specimens", "difference"),
    ("evidence", "formats", "parity", "candidates"),
    ("doctor", "fetch"),
    ("judge", "executor", "checks"),
    ("run", "options"),
    ("prepare",),
    ("listening",),
    ("gate",),
    ("paper",),
    ("commands",),
    ("cli",),
    ("__main__",),
)
# A folder below bench/ stands on one floor, and has floors inside; its modules are imported by their whole names.
INSIDE = {
    "gate": (
        ("significance",),
        ("finding", "rules", "replicates"),
        ("sides",),
        ("clipwise",),
        ("sets",),
        ("scores",),
        ("trouble",),
        ("judgement",),
        ("report", "calibration"),
        ("junit",),
        ("command",),
    ),
    "listening": (
        ("letters", "votes", "document"),
        ("variance", "planning"),
        ("intervals", "reliability"),
        ("contrasts",),
        ("rating", "sheet", "columns"),
        ("intake", "evidence", "opinion", "flaws"),
        ("identity", "handmade", "assignments", "mturk_answers", "admission", "agreement"),
        ("trials", "p808_batch", "analysis"),
        ("rating_rules", "rater_rules"),
        ("pymushra", "session_rules", "straight_lines", "report"),
        ("long", "webmushra", "p808", "mturk", "prolific"),
        ("qualtrics", "golisten", "crowdmos", "beaqlejs", "ttsmos", "merging", "unused"),
        ("importing", "quality"),
        ("plan_command", "findings"),
        ("command",),
    ),
    "paper": (
        ("published",),
        ("reading", "measured", "hearing", "ranks", "correlation"),
        ("verdict", "agreement", "exports"),
        ("grid", "evidence"),
        ("making", "page", "entries"),
        ("suites",),
        ("shown",),
        ("exporting",),
        ("command",),
    ),
    "prepare": (
        ("transfer", "literals", "find", "archive", "convert", "gather", "report", "youtube", "features", "held"),
        ("listing", "hub", "options", "shelved"),
        ("download",),
        ("lists", "tags", "supply"),
        ("captions", "recordings"),
        ("clips",),
        ("packed",),
        ("prepare", "exporting", "importing"),
        ("command",),
    ),
}
FLOOR: dict[str, float] = {module: floor for floor, modules in enumerate(FLOORS) for module in modules} | {
    f"{folder}.{module}": next(floor for floor, names in enumerate(FLOORS) if folder in names) + level / 100
    for folder, levels in INSIDE.items()
    for level, modules in enumerate(levels)
    for module in modules
}
CONTRACTS = {module for module, floor in FLOOR.items() if floor <= FLOOR["metric"]}
PLUGINS = ("metrics", "systems")
UNKNOWN = len(FLOORS)  # what stands on no floor is above them all, so that nothing may import it
HEAVY = {"torch", "torchaudio", "torchvision", "transformers", "diffusers", "ray", "pandas", "scipy", "librosa", "jax"}
LONGEST = 40  # lines of a function


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that a tree imports, absolutely named; relative ones with their dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            if name == "bench" or not node.module:  # `from bench import run`, `from . import _synth`
                yield from (f"{name}{'.' if node.module else ''}{alias.name}" for alias in node.names)
            else:
                yield name


def at_module_level(tree: ast.Module) -> ast.Module:
    """The tree without its functions: what runs when the module is imported."""
    kept = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return ast.Module(body=kept, type_ignores=[])


def breaches(root: Path) -> list[str]:
    """Every breach of a law below a folder, as one line each."""
    found = [
        f"law 4: {path.relative_to(root)} is Python"
        for folder in ("datasets", "results")
        for path in (root / folder).rglob("*.py")
    ]
    for folder in ("bench", *PLUGINS):
        for path in sorted((root / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            where = path.relative_to(root).as_posix()
            found += [f"{law} in {where}" for law in _of_all(tree)]
            inside = ".".join(path.relative_to(root / folder).with_suffix("").parts)
            found += [
                f"{law} in {where}" for law in (_of_bench(tree, inside) if folder == "bench" else _of_plugin(tree))
            ]
    return [*found, *_of_packaging(root)]


def _of_all(tree: ast.Module) -> Iterator[str]:
    for name in imports(at_module_level(tree)):
        if name.split(".")[0] in HEAVY:
            yield f"law 3: {name} imported at module level"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > LONGEST:
            yield f"style: {node.name} is over {LONGEST} lines"


def _of_bench(tree: ast.Module, module: str) -> Iterator[str]:
    if module.split(".")[-1] == "__init__":
        return
    if module not in FLOOR:
        yield f"floors: {module} stands on no floor"
        return
    for name in imports(tree):
        if name.startswith("."):
            yield f"floors: relative import of {name}"
        inner = name.removeprefix("bench.")
        if inner.split(".")[0] in PLUGINS and name.startswith("bench."):
            yield f"law 2: {name} imported by name"
        elif name.startswith("bench.") and inner != "__version__" and FLOOR.get(inner, UNKNOWN) >= FLOOR[module]:
            yield f"floors: {module} imports {inner}, which is not below it"
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if module != "plugins" and any(text.startswith(("bench.metrics", "bench.systems")) for text in texts):
        yield "law 2: a plug-in group named outside plugins.py"


def _of_plugin(tree: ast.Module) -> Iterator[str]:
    for name in imports(tree):
        inner = name.removeprefix("bench.").split(".")[0]
        if name.startswith("bench.") and inner not in CONTRACTS | {"__version__"}:
            yield f"law 1: {name} is no contract"
        if name.startswith("..") or name.split(".")[0] in PLUGINS:
            yield f"law 1: sibling or parent imported as {name}"


def _of_packaging(root: Path) -> Iterator[str]:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = {path.parent for top in ("bench", *PLUGINS) for path in (root / top).rglob("*.py")}
    for folder in sorted(folders):
        name = folder.relative_to(root).as_posix().replace("/", ".")
        package = name if name.startswith("bench") else f"bench.{name}"
        if package not in settings["packages"]:
            yield f"packaging: {package} is not in pyproject's packages, so a wheel would lack it"


def test_the_house_holds_its_laws() -> None:
    assert breaches(ROOT) == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("bench", "metrics", "systems", "datasets"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "results").mkdir()
    return tmp_path


PLANTED = [
    ("bench/clip.py", "from bench.run import run", "floors: clip imports run"),
    ("bench/record.py", "from bench import executor", "floors: record imports executor"),
    ("bench/stats.py", "def f():\n    import bench.table", "floors: stats imports table"),
    ("bench/orphan.py", "", "floors: orphan stands on no floor"),
    ("bench/run.py", "from bench.nowhere import x", "floors: run imports nowhere"),
    ("bench/prepare/orphan.py", "", "floors: prepare.orphan stands on no floor"),
    ("bench/audio.py", "from .errors import BadInput", "floors: relative import"),
    ("bench/run.py", "from bench.systems.foley import Foley", "law 2: bench.systems.foley"),
    ("bench/run.py", "def f():\n    from bench.metrics import fad", "law 2: bench.metrics"),
    ("bench/judge.py", "import importlib\nX = importlib.import_module('bench.metrics.fad')", "law 2: a plug-in group"),
    ("metrics/fad.py", "from bench.run import run", "law 1: bench.run is no contract"),
    ("metrics/fad.py", "from bench.metrics import lsd", "law 1: bench.metrics is no contract"),
    ("systems/foley.py", "from ..bench import run", "law 1: sibling or parent"),
    ("systems/noise.py", "import metrics.fad", "law 1: sibling or parent"),
    ("systems/noise.py", "import torch", "law 3: torch"),
    ("bench/options.py", "from scipy import signal", "law 3: scipy"),
    ("metrics/lsd.py", "try:\n    import pandas\nexcept ImportError:\n    pass", "law 3: pandas"),
    ("datasets/card.py", "", "law 4: datasets/card.py"),
    ("results/deep/plot.py", "", "law 4: results/deep/plot.py"),
    ("systems/vendor/net.py", "", "packaging: bench.systems.vendor"),
    ("metrics/fad.py", "def long():\n" + "    x = 1\n" * LONGEST, "style: long is over"),
]


@pytest.mark.parametrize(("file", "code", "expected"), PLANTED, ids=[f"{file}: {law}" for file, _, law in PLANTED])
def test_a_planted_breach_is_found(copy: Path, file: str, code: str, expected: str) -> None:
    assert breaches(copy) == []
    path = copy / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((path.read_text(encoding="utf-8") if path.exists() else "") + f"\n\n{code}\n", encoding="utf-8")
    assert any(expected in breach for breach in breaches(copy)), breaches(copy)


@pytest.mark.parametrize("words", [["--help"], ["list"], ["list", "--json"], ["run", "--help"], ["table", "--help"]])
def test_looking_around_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys\nfrom bench.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        f"print(sorted(set(sys.modules) & {HEAVY!r}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert done.stderr.strip().splitlines()[-1] == "[]"
    assert done.stdout
