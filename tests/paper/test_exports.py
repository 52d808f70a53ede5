"""What leaderboards and model cards read: held to their own rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCardData, eval_result_entries_to_yaml
from huggingface_hub.repocard_data import model_index_to_eval_results
from measured_records import PUBLISHED, record, score

from bench.errors import BadInput, NotEvaluable
from bench.paper.exports import EXPORTS, Exported, eval_results, every_eval_ever, exported, model_index
from bench.paper.measured import grouped
from bench.plugins import metrics
from bench.record import Record

UNRELEASED = {"status": "unreleased", "why": "the row's were others", "changes": ""}


def one(*records: Record) -> Exported:
    (made,) = exported(grouped(records), metrics(), PUBLISHED)
    return made


def tango(**more: Any) -> Exported:
    scores = {"fad": score("fad", 1.75), "clap": score("clap", 0.3, None), "kl": score("kl", 1.3, flags=("odd",))}
    seeds = [record("tango", scores, seed=seed, checkpoint="declare-lab/tango", **more) for seed in (0, 1)]
    return one(*seeds, record("tango", {"fad-logmel": 3.0}, suite="demo", checkpoint="declare-lab/tango", **more))


# Every Eval Ever, schema 0.3.0: required keys, and all that may stand beside them.
TOP = {"schema_version", "evaluation_id", "retrieved_timestamp", "source_metadata", "eval_library", "model_info"}
TOP |= {"evaluation_results"}
TOP_OPTIONAL = {"evaluation_timestamp", "detailed_evaluation_results", "dedupe_identity"}
SOURCE_TYPES = {"url": {"url"}, "hf_dataset": set(), "other": set()}
DEPLOYMENT, AVAILABILITY = (
    {"self_deployed", "externally_managed", "unknown"},
    {"open_weights", "closed_weights", "unknown"},
)


def details(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every ``additional_details`` and ``score_details.details``, wherever it stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("additional_details", "details"):
                yield inner
            yield from details(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from details(inner)


def check_result(result: Mapping[str, Any]) -> None:
    assert {"evaluation_name", "source_data", "metric_config", "score_details"} <= set(result)
    source = result["source_data"]
    assert source["dataset_name"]
    assert SOURCE_TYPES[source["source_type"]] <= set(source)
    config = result["metric_config"]
    assert isinstance(config["lower_is_better"], bool)
    if config.get("score_type") == "continuous":
        for bound in (config["min_score"], config["max_score"]):
            assert isinstance(bound, float) or bound in ("Infinity", "-Infinity")
    scored = result["score_details"]
    assert isinstance(scored["score"], float)
    uncertainty = scored["uncertainty"]
    assert set(uncertainty) <= {"confidence_interval", "num_samples"}
    assert isinstance(uncertainty["num_samples"], int)
    if interval := uncertainty.get("confidence_interval"):
        assert interval["lower"] <= scored["score"] <= interval["upper"]
        assert interval["confidence_level"] == 0.95


def check(document: Mapping[str, Any]) -> None:
    assert set(document) >= TOP
    assert set(document) <= TOP | TOP_OPTIONAL
    assert document["schema_version"] == "0.3.0"
    name, model, stamp = document["evaluation_id"].split("/")
    assert name
    assert model
    assert stamp == document["retrieved_timestamp"]
    assert stamp.isdigit()
    source = document["source_metadata"]
    assert source["source_type"] in ("documentation", "evaluation_run")
    assert source["source_organization_name"]
    assert source["evaluator_relationship"] in ("first_party", "third_party", "collaborative", "other")
    assert {"name", "version"} <= set(document["eval_library"])
    info = document["model_info"]
    assert {"name", "id", "additional_details"} <= set(info)
    assert info["additional_details"]["deployment_type"] in DEPLOYMENT
    assert info["additional_details"]["model_availability"] in AVAILABILITY
    assert all(isinstance(text, str) for found in details(document) for text in found.values())
    assert document["evaluation_results"]
    for result in document["evaluation_results"]:
        check_result(result)


@pytest.mark.parametrize("standing", [{"status": "released"}, UNRELEASED, {"status": "own"}, None])
def test_every_eval_ever_follows_its_schema(standing: dict[str, str] | None) -> None:
    document = json.loads(every_eval_ever(tango(standing=standing)))
    check(document)
    names = [result["evaluation_name"] for result in document["evaluation_results"]]
    assert names == ["audiocaps/fad", "audiocaps/clap", "audiocaps/kl", "demo/fad-logmel"]
    own = standing is not None and standing["status"] == "own"
    assert document["source_metadata"]["evaluator_relationship"] == ("first_party" if own else "other")


def test_every_eval_ever_says_what_a_number_depends_on() -> None:
    document = json.loads(every_eval_ever(tango(standing=UNRELEASED, absent=20, scored=941)))
    fad, _, kl, demo = document["evaluation_results"]
    assert fad["metric_config"]["additional_details"]["signature"].startswith("fad|emb:vggish-1")
    assert (fad["metric_config"]["min_score"], fad["metric_config"]["max_score"]) == (0.0, "Infinity")
    assert fad["source_data"]["hf_repo"] == "OpenSound/AudioCaps"
    assert "941 of 964 clips" in fad["score_details"]["details"]["notes"]
    assert "never released" in fad["score_details"]["details"]["notes"]
    assert "odd" in kl["score_details"]["details"]["notes"]
    assert fad["score_details"]["details"]["seeds"] == "0 1"
    assert demo["source_data"]["source_type"] == "other"


def test_the_time_of_the_export_can_be_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert every_eval_ever(tango()) == every_eval_ever(tango())
    assert json.loads(every_eval_ever(tango()))["evaluation_id"] == "audiogen-bench/declare-lab_tango/1700000000"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(BadInput, match="SOURCE_DATE_EPOCH is 'yesterday'"):
        every_eval_ever(tango())


def test_eval_results_are_what_the_hub_reads() -> None:
    from huggingface_hub import parse_eval_result_entries

    text = eval_results(tango())
    entries = parse_eval_result_entries(yaml.safe_load(text))
    assert [(entry.dataset_id, entry.task_id) for entry in entries] == [
        ("OpenSound/AudioCaps", "fad"), ("OpenSound/AudioCaps", "clap"), ("OpenSound/AudioCaps", "kl"),
    ]  # fmt: skip
    assert eval_result_entries_to_yaml(entries) == yaml.safe_load(text)
    assert entries[0].value == 1.75
    for words in ("95 % interval [1.65, 1.85]", "n 964", "fad|emb:vggish-1"):
        assert words in str(entries[0].notes)
    assert "interval" not in str(entries[1].notes)


def test_a_suite_that_is_on_no_hub_has_no_eval_results() -> None:
    with pytest.raises(NotEvaluable, match="demo is none; model-index takes any suite"):
        eval_results(one(record("noise", {"fad-logmel": 1.0}, suite="demo")))
    with pytest.raises(NotEvaluable, match="audiocaps is none"):
        eval_results(one(record("noise", {"fad": 1.0}, size=12)))


def test_the_model_index_is_what_the_hub_reads() -> None:
    index = yaml.safe_load(model_index(tango()))
    name, results = model_index_to_eval_results(index["model-index"])
    assert name == "declare-lab/tango"
    assert [(found.metric_type, found.dataset_type) for found in results] == [
        ("fad", "OpenSound/AudioCaps"), ("clap", "OpenSound/AudioCaps"), ("kl", "OpenSound/AudioCaps"),
        ("fad-logmel", "demo"),
    ]  # fmt: skip
    assert results[0].metric_value == 1.75
    assert ModelCardData(model_name=name, eval_results=results).to_yaml()


def test_one_file_a_system_and_recipe() -> None:
    made = [record("a", {"fad": 1.0}), record("a", {"fad": 1.0}, settings={"steps": 2}), record("b", {"fad": 1.0})]
    names = [found.name for found in exported(grouped(made), metrics(), PUBLISHED)]
    assert names == [f"a-{made[0].system['hash']}", f"a-{made[1].system['hash']}", "b"]


@pytest.mark.parametrize("form", sorted(EXPORTS))
def test_a_name_with_any_characters_survives(form: str) -> None:
    text = EXPORTS[form].make(one(record('q": [x] # é', {"fad": 1.0}, checkpoint="a: b\n- c")))
    assert (json.loads if form == "every-eval-ever" else yaml.safe_load)(text)


def methods(*records: Record) -> list[str]:
    results = json.loads(every_eval_ever(one(*records)))["evaluation_results"]
    return [found["score_details"]["uncertainty"]["confidence_interval"]["method"] for found in results]


def timed(seed: int = 0) -> Record:
    return record(
        "tango", {"fad": 1.75}, seed=seed, efficiency={"real-time-factor": score("fad", 0.5, signature="rtf|n:9")}
    )


def test_every_eval_ever_says_what_was_resampled() -> None:
    assert methods(timed()) == ["bootstrap over clips", "bootstrap over batches"]
    assert methods(timed(0), timed(1)) == [
        "mean of the intervals of 2 seeds, each a bootstrap over clips",
        "mean of the intervals of 2 seeds, each a bootstrap over batches",
    ]


@pytest.mark.parametrize("form", sorted(EXPORTS))
def test_means_are_exported_without_their_last_bits(form: str) -> None:
    made = [
        record("tango", {"fad": score("fad", value, None)}, seed=seed) for seed, value in enumerate((1.1, 2.2, 3.0))
    ]
    text = EXPORTS[form].make(one(*made))
    assert "2.1" in text
    assert not re.search(r"\d\.\d{11,}", text)


def test_a_suite_with_other_clips_is_not_the_one_on_the_hub() -> None:
    with pytest.raises(NotEvaluable, match="audiocaps is none"):
        eval_results(one(record("noise", {"fad": 1.0}, clip_list="0" * 64)))
