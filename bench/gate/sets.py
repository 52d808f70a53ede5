"""Differences of metrics that only sets have: clips drawn alike in both runs, from the features of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bench.embedder import Rows
from bench.errors import NotEvaluable
from bench.features import Store
from bench.gate.clipwise import Compared, most_worse
from bench.gate.replicates import difference, replicates
from bench.gate.sides import Pair, Side
from bench.metric import FeatureMetric, Features

OWN, ALL = "distance of its mean features from its reference's", "distance of its mean features from the references'"
TERM = "divergence of its class probabilities from the mean of all clips'"
UNRANKED = "it says nothing of single clips"
NOTHING = Features((), ())


def by_sets(metric: FeatureMetric, pair: Pair, scores: Sequence[float], store: Store) -> Compared:
    """By the features of all clips: the difference of two scores, clips drawn with their references in both alike.

    Args:
        metric: of sets.
        pair: the runs.
        scores: theirs, candidate first; empty where the clips in common are not all, and have to be scored first.
        store: with their features.

    Raises:
        NotEvaluable: the store has not all features, or a run does not say of which audio they are.
    """
    ours, theirs = (_features(side, "clips", _own(side, "audio", pair.common), metric, store) for side in pair)
    heard = metric.against == "references"
    reference = _features(pair.baseline, "references", _references(pair), metric, store) if heard else NOTHING
    scores = scores or [metric.score(side, reference).value for side in (ours, theirs)]
    sign = 1.0 if metric.better == "lower" else -1.0
    drawn, others = (replicates(metric, side, reference) for side in (ours, theirs))
    worse = difference(sign * (scores[0] - scores[1]), drawn, others, len(pair.common))
    return _ranked(Compared(scores[1], scores[0], worse, drawn.method), metric, pair, (ours, theirs), reference)


def _ranked(
    found: Compared, metric: FeatureMetric, pair: Pair, sides: tuple[Features, Features], reference: Features
) -> Compared:
    """With the clips that got worse most by a number of their own; a set's score is of no clip itself."""
    if metric.against == "references":
        now, then = (_distances(side, reference) for side in sides)
        sign, by = 1.0, OWN if sides[0].ids == reference.ids else ALL
    elif metric.symbol == "isc":
        now, then = map(_divergences, sides)
        sign, by = -1.0, TERM
    else:
        return found._replace(method=f"{found.method}; {UNRANKED}")
    clips = most_worse({clip: sign * (now[clip] - then[clip]) for clip in now}, pair, now, then)
    return found._replace(clips=clips, ranked=by)


def _distances(side: Features, reference: Features) -> dict[str, float]:
    """How far each clip's mean row is from that of its own reference or, if it has none, of all references."""
    means = np.array([rows.mean(axis=0, dtype=np.float64) for rows in side.rows])
    paired = side.ids == reference.ids
    theirs = [rows.mean(axis=0, dtype=np.float64) for rows in reference.rows] if paired else reference.pooled().mean(0)
    return dict(zip(side.ids, np.linalg.norm(means - np.array(theirs), axis=1).tolist(), strict=True))


def _divergences(side: Features) -> dict[str, float]:
    """KL of each clip's class probabilities from the mean of all clips', one row of logits each.

    Their mean is the logarithm of the inception score of all clips in one split. The score's own splits are too small
    to rank clips by: of 24 clips they hold two or three, of which none differs from the mean by more than log 3.
    """
    from scipy.special import rel_entr, softmax

    shares = softmax(side.pooled(), axis=1)
    return dict(zip(side.ids, rel_entr(shares, shares.mean(axis=0)).sum(axis=1).tolist(), strict=True))


def _own(side: Side, which: str, ids: Sequence[str]) -> dict[str, str]:
    """The digests of clips' audio or of their references, by clip.

    Raises:
        NotEvaluable: the run does not say.
    """
    found = {clip: side.rows[clip].get(which) for clip in ids}
    if unsaid := [clip for clip in ids if not found[clip]]:
        told = f"the run does not say which {which} is clip {unsaid[0]}'s: an earlier version wrote it"
        raise NotEvaluable(f"{told}; {_again(side)}")
    return {clip: str(digest) for clip, digest in found.items()}


def _references(pair: Pair) -> dict[str, str]:
    """The digests of what both runs are compared with: each common clip's own, or those that belong to no clip."""
    ours, theirs = (side.background for side in pair)
    if ours != theirs:
        raise NotEvaluable(f"the runs have unlike references: {len(ours)} of no clip, and {len(theirs)}")
    return dict(theirs) or _own(pair.baseline, "reference", pair.common)


def _features(side: Side, what: str, audio: Mapping[str, str], metric: FeatureMetric, store: Store) -> Features:
    """Features of audio, from the store.

    Raises:
        NotEvaluable: it has not all of them.
    """
    rows = {name: store.known(metric.embedder.key, digest) for name, digest in audio.items()}
    if lost := [name for name, each in rows.items() if each is None]:
        told = f"the feature store lacks {metric.embedder.name}'s features of {len(lost)} of {len(audio)} {what}"
        raise NotEvaluable(f"{told}, first {lost[0]}; {_again(side)}")
    return Features(tuple(rows), tuple(_part(metric, each, name) for name, each in rows.items()))


def _again(side: Side) -> str:
    return f"score {side.label} again (bench run, bench score) with this cache"


def _part(metric: FeatureMetric, rows: Rows | None, clip: str) -> Rows:
    assert rows is not None, "none is lost"
    return metric.embedder.part(metric.embedder.checked(rows, clip), metric.part)
