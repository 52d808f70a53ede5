"""What is known to be wrong with other tools, and which test here would fail if it were wrong with this one."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from conftest import tone

from bench.audio import decode
from bench.extraction import Ears

TESTS = Path(__file__).parent
DEFECTS = {
    "audioldm_eval: hidden states taken for logits, thirteen rows a clip": [
        "metrics/test_scores.py::test_a_classifiers_metric_takes_no_other_embedder",
        "metrics/test_scores.py::test_more_rows_than_clips_are_refused",
        "metrics/test_scores.py::test_kl_has_a_direction_pairs_and_a_warning",
        "metrics/test_scores.py::test_the_inception_score_warns_when_all_clips_are_alike",
    ],
    "audioldm_eval, fadtk, stylegan3: features cached by path or name, beside the user's data": [
        "test_features.py::test_a_changed_file_is_computed_again_with_its_batch",
        "test_features.py::test_another_rate_name_or_dimension_shares_nothing",
        "test_score.py::test_a_whole_folder_scores_as_its_system_did_and_stays_as_it_was",
    ],
    "audioldm_eval, av-benchmark: a broken file replaced by its neighbour": [
        "test_features.py::test_corrupt_audio_is_reported_and_no_neighbour_stands_in",
        "test_score.py::test_every_kind_of_trouble_is_counted_and_named",
    ],
    "audioldm_eval, frechet-audio-distance: errors swallowed, -1 for a score, a debugger in a batch job": [
        "test_extraction.py::test_an_embedder_that_fails_costs_the_others_nothing",
        "test_run.py::test_a_metric_that_breaks_is_named_and_loses_no_other",
    ],
    "audioldm_eval: a limit that FAD ignores": [
        "metrics/test_papers_scores.py::test_every_network_of_the_paper_in_one_pass",
        "test_run.py::test_a_limited_run_says_so_and_its_clips_serve_the_whole_one",
    ],
    "audioldm_eval, tango: pairs guessed, or by position": [
        "test_score.py::test_two_folders_are_paired_by_stem",
        "test_score.py::test_folders_without_a_common_name_are_compared_as_sets",
    ],
    "audioldm_eval: a tenth of CLAP's embeddings replaced at random": [
        "metrics/test_scores.py::test_the_papers_clap_is_the_expectation_on_average_and_the_same_every_time",
        "metrics/test_scores.py::test_clap_is_the_mean_cosine",
    ],
    "audioldm_eval: a metric only for certain counts of files, whose lack loses the others": [
        "metrics/test_papers_scores.py::test_without_weights_the_metric_says_how_to_get_them",
    ],
    "fadtk, kadtk: FAD-infinity drawn with replacement and without a seed": [
        "metrics/test_frechet.py::test_the_extrapolation_is_the_same_each_time_and_another_with_another_seed",
    ],
    "versa: FAD-infinity in place of FAD where counts differ": [
        "metrics/test_scores.py::test_fad_infinity_never_becomes_fad",
    ],
    "fadtk: negative distances": [
        "metrics/test_frechet.py::test_fewer_rows_than_dimensions_stay_real_and_above_zero",
    ],
    "kadtk: a bandwidth that depends on the candidate": [
        "metrics/test_scores.py::test_kad_keeps_its_bandwidth_whatever_the_candidate",
        "metrics/test_kernel.py::test_the_bandwidth_is_the_reference_s_and_of_no_candidate",
    ],
    "frechet-audio-distance: an embedding of the wrong shape whose mean is a scalar": [
        "test_features.py::test_an_array_of_another_shape_in_the_store_is_an_error_and_never_a_feature",
    ],
    "frechet-audio-distance: weights that no longer load, or that run code": [
        "test_checkpoint.py::test_laions_pickles_load_and_are_converted_once",
        "test_checkpoint.py::test_a_hostile_pickle_is_refused_and_runs_nothing",
    ],
    "frechet-audio-distance: drift from the original": [
        "metrics/test_vggish.py::test_embeddings_equal_torchvggishs",
        "metrics/test_papers_scores.py::test_fad_from_the_command_line",
    ],
    "stable-audio-metrics: KL the other way round": [
        "metrics/test_scores.py::test_kl_has_a_direction_pairs_and_a_warning",
    ],
    "laion-clap: ten seconds at random of whatever is longer": [
        "metrics/test_clap.py::test_of_a_longer_clip_the_first_10_s_count",
    ],
    "Make-An-Audio: the last batch dropped; a crop that depends on the file's rate": [
        "test_features.py::test_batches_are_bounded_and_lose_nobody",
        "test_peers.py::test_a_clip_is_heard_alike_whatever_rate_it_is_stored_at",
    ],
    "versa: a metric that fails exits 0; a failed clip counts as done": [
        "test_run.py::test_a_metric_that_breaks_is_named_and_loses_no_other",
        "test_run.py::test_a_failed_clip_is_named_not_counted_and_tried_again",
    ],
    "versa, kadtk, fadtk: commands of the documentation that don't run": ["test_readme.py::test_every_command_runs"],
    "UltraEval-Audio: JSON that is none": ["test_run.py::test_quiet_prints_nothing_and_json_prints_json_alone"],
    "transformers: an empty tokenizer, and no error": [
        "metrics/test_clap.py::test_an_empty_tokenizer_is_refused",
    ],
    "laion/larger_clap_music: a text tower that hears every caption alike": [
        "metrics/test_clap.py::test_a_collapsed_text_tower_is_refused",
    ],
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_has_tests_that_are_there(defect: str) -> None:
    for name in DEFECTS[defect]:
        file, _, function = name.partition("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name


@pytest.mark.parametrize("resampler", ["sinc", "soxr-hq"])
def test_a_clip_is_heard_alike_whatever_rate_it_is_stored_at(tmp_path: Path, resampler: str) -> None:
    """Copies at 16 and 44.1 kHz come out equally long, and equal but for the resampler's own noise."""
    heard = []
    for rate in (16_000, 44_100):
        path = tmp_path / f"{rate}.wav"
        path.write_bytes(tone(10.24, rate))
        ears = Ears(decode(path))
        heard.append(ears.at("sinc" if resampler == "sinc" else "soxr-hq", (32_000,), 32_000))
    assert len(heard[0]) == len(heard[1]) == 327_680
    middle = slice(3_200, -3_200)
    assert np.abs(heard[0][middle] - heard[1][middle]).max() < 5e-3
