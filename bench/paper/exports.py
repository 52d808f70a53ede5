"""Records in the forms that leaderboards and model cards read: Every Eval Ever, .eval_results, model-index."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bench import __version__
from bench.digest import canonical_json
from bench.errors import BadInput, NotEvaluable
from bench.formats import tidy
from bench.metric import Metric, TimingMetric
from bench.paper.measured import Measured, Runs, pooled
from bench.paper.published import Published
from bench.record import pretty
from bench.remarks import fields, shortfall, standing
from bench.stats import CONFIDENCE

SCHEMA = "0.3.0"  # of Every Eval Ever
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
UNBOUNDED = ("-Infinity", "Infinity")
BOUNDS: dict[str, tuple[float | str, float | str]] = {  # of a metric, by the first word of its signature
    "fad": (0.0, "Infinity"),
    "fd": (0.0, "Infinity"),
    "kl": (0.0, "Infinity"),
    "isc": (1.0, "Infinity"),
    "wer": (0.0, "Infinity"),
    "cer": (0.0, "Infinity"),
    "clap": (-1.0, 1.0),
    "clap-paper": (-1.0, 1.0),
    "clap-paper-expected": (-1.0, 1.0),
}


class Exported(NamedTuple):
    """One system with one recipe, on every suite that it was run on.

    Attributes:
        name: of its file.
        runs: one entry a suite.
        metrics: every metric known.
        published: says what suites are called on the hub.
    """

    name: str
    runs: tuple[Runs, ...]
    metrics: Mapping[str, Metric]
    published: Published

    @property
    def system(self) -> Mapping[str, Any]:
        """What its records say of it."""
        return self.runs[0].first.system

    @property
    def checkpoint(self) -> str | None:
        """Its repository on the hub, if it has one."""
        name = str(self.system.get("checkpoint") or "")
        return name if HUB_NAME.fullmatch(name) else None

    def scores(self) -> Iterator[tuple[Runs, Metric, Measured]]:
        """Every score with what it is a score of; without those of metrics that nothing is known of."""
        for runs in self.runs:
            for name in dict.fromkeys(name for record in runs.records for name in record.all_scores()):
                measured = pooled(runs, name)
                if measured and name in self.metrics:
                    yield runs, self.metrics[name], measured

    def dataset(self, runs: Runs) -> str:
        """What a suite is called on the hub; empty if it is not there, or has other clips here."""
        suites = (suite for table in self.published.reading.tables for suite in table.suites)
        return next((suite.dataset for suite in suites if suite.is_that_of(runs.first.suite)), "")


def exported(groups: Sequence[Runs], metrics: Mapping[str, Metric], published: Published) -> list[Exported]:
    """Runs by system and recipe, one entry a file."""
    recipes: dict[str, list[Runs]] = {}
    for runs in groups:
        system = {name: value for name, value in runs.first.system.items() if name != "hash"}
        recipes.setdefault(canonical_json(system), []).append(runs)
    names = [made[0].system for made in recipes.values()]
    return [
        Exported(
            name if names.count(name) == 1 else f"{name}-{made[0].first.system['hash']}",
            tuple(made),
            metrics,
            published,
        )
        for name, made in zip(names, recipes.values(), strict=True)
    ]


def fixed_time() -> str | None:
    """The time that an export bears, in seconds, where the environment fixes one (SOURCE_DATE_EPOCH).

    Raises:
        BadInput: it is no whole number.
    """
    stamp = os.environ.get("SOURCE_DATE_EPOCH")
    if stamp and not (stamp.isascii() and stamp.isdigit()):
        raise BadInput(f"SOURCE_DATE_EPOCH is {stamp!r}, but must be a whole number of seconds")
    return stamp or None


def every_eval_ever(one: Exported) -> str:
    """One aggregate record of Every Eval Ever (schema 0.3.0): scores with their intervals and signatures."""
    stamp = fixed_time() or str(int(time.time()))
    own = (one.system.get("standing") or {}).get("status") == "own"
    name = one.checkpoint or str(one.system["name"])
    return pretty(
        {
            "schema_version": SCHEMA,
            "evaluation_id": f"audiogen-bench/{name.replace('/', '_')}/{stamp}",
            "retrieved_timestamp": stamp,
            "source_metadata": {
                "source_name": "bench",
                "source_type": "evaluation_run",
                "source_organization_name": "unknown",
                "evaluator_relationship": "first_party" if own else "other",
            },
            "eval_library": {"name": "audiogen-bench", "version": __version__},
            "model_info": _model_info(one, name),
            "evaluation_results": [_result(one, *found) for found in one.scores()],
        }
    )


def _model_info(one: Exported, name: str) -> dict[str, Any]:
    said = {
        "deployment_type": "self_deployed",
        "model_availability": "open_weights" if one.checkpoint else "unknown",
        "system": one.system["name"],
        "revision": one.system.get("revision"),
        "settings": canonical_json(one.system.get("settings", {})),
        "weights": "; ".join(standing(one.runs[0].first)),
    }
    info = {
        "name": str(one.system["name"]),
        "id": name,
        "additional_details": {key: str(value) for key, value in said.items() if value},
    }
    return {**info, "developer": name.partition("/")[0]} if one.checkpoint else info


def _result(one: Exported, runs: Runs, metric: Metric, measured: Measured) -> dict[str, Any]:
    low, high = BOUNDS.get(fields(measured.signature)["metric"], UNBOUNDED)
    config = {
        "metric_id": f"audiogen-bench.{measured.metric}",
        "metric_name": metric.label,
        "lower_is_better": metric.better == "lower",
        "score_type": "continuous",
        "min_score": low,
        "max_score": high,
        **({"metric_unit": metric.unit} if metric.unit else {}),
        "additional_details": {"signature": measured.signature},
    }
    dataset = one.dataset(runs)
    source = {"dataset_name": runs.suite, "source_type": "hf_dataset" if dataset else "other"}
    details = {"seeds": " ".join(map(str, measured.of))}
    details |= {"notes": "; ".join(said)} if (said := _said(runs, measured)) else {}
    details |= {"spread_over_seeds": f"{measured.spread:.10g}"} if measured.spread is not None else {}
    return {
        "evaluation_name": f"{runs.suite}/{measured.metric}",
        "source_data": {**source, **({"hf_repo": dataset, "samples_number": measured.n} if dataset else {})},
        "metric_config": config,
        "score_details": {"score": tidy(measured.value), "details": details, **_uncertainty(metric, measured)},
    }


def _uncertainty(metric: Metric, measured: Measured) -> dict[str, Any]:
    found: dict[str, Any] = {"num_samples": measured.n}
    if measured.interval:
        low, high = measured.interval
        about = {"confidence_level": CONFIDENCE, "method": _method(metric, measured)}
        found["confidence_interval"] = {"lower": tidy(low), "upper": tidy(high), **about}
    return {"uncertainty": found}


def _method(metric: Metric, measured: Measured) -> str:
    """What an interval's resamples are of: clips, or the batches that were timed together."""
    method = f"bootstrap over {'batches' if isinstance(metric, TimingMetric) else 'clips'}"
    return method if measured.seeds == 1 else f"mean of the intervals of {measured.seeds} seeds, each a {method}"


def _said(runs: Runs, measured: Measured) -> list[str]:
    """What must be known to read a number: its weights, its clips, its flags."""
    return [*standing(runs.first), *shortfall(runs.fewest), *measured.flags]


def _notes(runs: Runs, measured: Measured) -> str:
    """What those forms have no field for, in one text."""
    interval = (
        [f"95 % interval [{measured.interval.low:.6g}, {measured.interval.high:.6g}]"] if measured.interval else []
    )
    seeds = [f"mean of {measured.seeds} seeds, standard deviation {measured.spread:.6g}"] if measured.spread else []
    return "; ".join([*interval, f"n {measured.n}", *seeds, *_said(runs, measured), measured.signature])


def eval_results(one: Exported) -> str:
    """A file of a model repository's ``.eval_results/``; intervals and signatures stand in the notes.

    Raises:
        NotEvaluable: no suite of the system's is a data set on the hub.
    """
    found = [
        {
            "dataset": {"id": one.dataset(runs), "task_id": measured.metric},
            "value": tidy(measured.value),
            "notes": _notes(runs, measured),
        }
        for runs, _, measured in one.scores()
        if one.dataset(runs)
    ]
    if not found:
        suites = ", ".join(dict.fromkeys(runs.suite for runs in one.runs))
        raise NotEvaluable(
            f"{one.name}: eval-results names data sets of the Hugging Face hub, and {suites} is none; "
            "model-index takes any suite"
        )
    return _yaml(found)


def model_index(one: Exported) -> str:
    """The ``model-index`` of a model card's front matter."""
    results = [
        {
            "task": {"type": str(runs.first.suite.get("task") or "text-to-audio")},
            "dataset": {"type": one.dataset(runs) or runs.suite, "name": str(runs.first.suite["title"])},
            "metrics": [
                {
                    "type": measured.metric,
                    "value": tidy(measured.value),
                    "name": metric.label,
                    "args": {"notes": _notes(runs, measured)},
                }
            ],
        }
        for runs, metric, measured in one.scores()
    ]
    return _yaml({"model-index": [{"name": one.checkpoint or str(one.system["name"]), "results": results}]})


def _yaml(value: Any) -> str:
    import yaml

    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000))


class Export(NamedTuple):
    """One form: how a system's file is made, and what its name ends in."""

    make: Callable[[Exported], str]
    suffix: str


EXPORTS = {
    "every-eval-ever": Export(every_eval_ever, ".json"),
    "eval-results": Export(eval_results, ".yaml"),
    "model-index": Export(model_index, ".yaml"),
}
