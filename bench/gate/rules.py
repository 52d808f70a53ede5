"""The gate's rules: how much worse a metric may get, how many more clips may be in trouble, and how sure a verdict is.

A candidate regresses where its worsening is significantly greater than the margin, which is what keeps a rerun with
another seed from failing. Where the worsening is not significantly smaller either, the clips are too few to tell.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.errors import BadInput, unknown
from bench.metric import Metric, TimingMetric
from bench.typed import build

ALPHA = 0.01
LEAST = 1e-6  # the smallest level that the tests can be trusted with


@dataclass(frozen=True)
class Margin:
    """How much worse a metric may get: one of the first two or, where both are given, the larger.

    A share of a baseline near zero allows for next to nothing; an absolute margin beside it is then the floor.

    Attributes:
        relative: as a share of the baseline's value.
        absolute: in the metric's unit.
        two_sided: whether as much better fails too.
    """

    relative: float | None = None
    absolute: float | None = None
    two_sided: bool = False

    def __post_init__(self) -> None:
        """Refuse neither, or what is no amount."""
        given = {name: value for name in ("relative", "absolute") if (value := getattr(self, name)) is not None}
        if not given:
            raise BadInput("needs relative or absolute or both, of which the larger counts")
        for name, value in given.items():
            if not math.isfinite(value) or value < 0.0:
                raise BadInput(f"{name} is {value}, but must be 0 or more")

    def of(self, baseline: float) -> float:
        """In the metric's unit.

        >>> Margin(relative=0.1).of(-20.0), Margin(absolute=0.5).of(-20.0), Margin(0.1, 0.5).of(0.0)
        (2.0, 0.5, 0.5)
        """
        return max(self.absolute or 0.0, (self.relative or 0.0) * abs(baseline))

    def text(self) -> str:
        """As a person would write it."""
        share = f"{100.0 * self.relative:.4g} %" if self.relative is not None else ""
        amount = f"{self.absolute:.4g}" if self.absolute is not None else ""
        amount = f"{share}, at least {amount}" if share and amount else share or amount
        return f"±{amount}" if self.two_sided else amount


# By the first word of a metric's signature. Wider than what two seeds of one checkpoint differ by on a thousand clips,
# narrower than what separates neighbouring rows of the papers' tables; calibrate to have a checkpoint's own.
MARGINS = {
    "fad": Margin(relative=0.1),
    "fad-inf": Margin(relative=0.15),
    "fd": Margin(relative=0.05),
    "kad": Margin(relative=0.1),
    "kid": Margin(relative=0.1),
    "isc": Margin(relative=0.05),
    "kl": Margin(relative=0.05),
    "clap": Margin(absolute=0.01),
    "clap-paper": Margin(absolute=0.01),
    "clap-paper-expected": Margin(absolute=0.01),
    "lsd": Margin(relative=0.03),
    "wer": Margin(absolute=0.01),
    "cer": Margin(absolute=0.005),
    "dnsmos": Margin(absolute=0.05),
    "dnsmos-sig": Margin(absolute=0.05),
    "dnsmos-bak": Margin(absolute=0.05),
    "dnsmos-p808": Margin(absolute=0.05),
}
ANY = Margin(relative=0.05)  # of a metric that is not listed
SEEN = {
    "failed": "could not be generated",
    "missing": "have no audio",
    "unreadable": "can't be decoded",
    "not_finite": "have NaN or infinite samples",
    "silent": "are silent",
    "clipped": "are stuck at full scale",
    "too_short": "are too short",
    "duplicated": "have the same audio as another clip",
}
"""Kinds of trouble that a clip is in or not."""
TAILS = (*SEEN, "worst")


@dataclass(frozen=True)
class Gate:
    """What is checked, and how strictly.

    Attributes:
        margins: by metric name; a metric without one has that of its family.
        tails: by kind of trouble (``worst``: of a metric's worst 1 %), how many clips more than the baseline has may
            be in it; scores are then compared without the clips that are.
        alpha: the chance of a false alarm, over all that is tested. Not tested, and no matter of chance, are clips in
            trouble where the baseline has none or less than half as many: there the rule alone decides, and a
            checkpoint that now and then fails a clip fails reruns more often than this unless ``tails`` allows for it.
        skip: metrics that are not checked.
        strict: whether what the clips are too few to tell fails too.
        common: whether runs of different clips are compared on those that both have.
    """

    margins: Mapping[str, Margin] = field(default_factory=dict)
    tails: Mapping[str, int] = field(default_factory=dict)
    alpha: float = ALPHA
    skip: tuple[str, ...] = ()
    strict: bool = False
    common: bool = False

    def __post_init__(self) -> None:
        """Refuse a level that is none."""
        if not LEAST <= self.alpha < 0.5:
            raise BadInput(f"--alpha is {self.alpha}, but must be {LEAST:g} or more, and less than 0.5")
        if both := sorted(set(self.skip) & set(self.margins)):
            raise BadInput(f"--skip leaves out {both[0]}, for which there is a margin")

    def margin(self, name: str, metric: Metric) -> Margin:
        """The margin of a metric."""
        return self.margins.get(name) or MARGINS.get(metric.symbol, ANY)


def margins(fields: Mapping[str, Any], known: Mapping[str, Metric]) -> dict[str, Margin]:
    """Margins as a gate file has them.

    Raises:
        BadInput: no metric is called that or it is one of efficiency, or a field is wrong; the message names it.
    """
    for name in fields:
        if name not in known:
            raise BadInput(f"--margins: {unknown('metric', str(name), known)}")
        if isinstance(known[name], TimingMetric):
            raise BadInput(f"--margins: {name} is one of efficiency, which differs from run to run and is not checked")
    return {name: build(Margin, value, f"--margins: {name}") for name, value in fields.items()}


def tails(fields: Mapping[str, Any]) -> dict[str, int]:
    """Allowances as a gate file has them.

    Raises:
        BadInput: no kind of trouble is called that, or one has no number of clips.
    """
    for kind, allowed in fields.items():
        if kind not in TAILS:
            raise BadInput(f"--tails: {unknown('kind of trouble', str(kind), TAILS)}")
        if type(allowed) is not int or allowed < 0:
            raise BadInput(f"--tails: {kind} is {allowed!r}, but must be a whole number of clips, 0 or more")
    return dict(fields)


def plain(margin: Margin) -> dict[str, float | bool]:
    """A margin as a gate file has it."""
    return {name: value for name, value in dataclasses.asdict(margin).items() if value not in (None, False)}
