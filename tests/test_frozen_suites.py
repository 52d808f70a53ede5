"""What each version of a suite is: whoever changes clips or references raises the version, and this table with it."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from bench.suites import card_named, suite_names


class Frozen(NamedTuple):
    """A version of a suite: its clip list, and what is made of its recordings."""

    version: int
    sha256: str
    rate: int
    seconds: float | None
    crop: str
    resampler: str


FROZEN = {
    "audiocaps": Frozen(1, "8841a8b6", 16_000, 10.0, "start", "sinc"),
    "audiocaps/common-880": Frozen(1, "e805521f", 16_000, 10.0, "start", "sinc"),
    "audiocaps/tango-886": Frozen(1, "5da03801", 16_000, 10.0, "start", "sinc"),
    "audiocaps/all-4875": Frozen(1, "132eda50", 16_000, 10.0, "start", "sinc"),
    "musiccaps": Frozen(1, "157e3891", 16_000, 10.0, "start", "sinc"),
    "ljspeech": Frozen(1, "d7a1dae6", 22_050, None, "whole", "soxr-hq"),
    "ljspeech/vits-500": Frozen(1, "0ff21bb9", 22_050, None, "whole", "soxr-hq"),
    "songdescriber": Frozen(1, "94e45184", 44_100, 30.0, "start", "soxr-hq"),
    "clotho": Frozen(1, "a3d3a3b1", 16_000, 10.0, "start", "sinc"),
    "libritts-test-clean": Frozen(1, "", 24_000, None, "whole", "soxr-hq"),  # its list was never seen here
    "msd": Frozen(1, "", 16_000, 10.0, "start", "sinc"),  # the user's own
    "demo": Frozen(1, "", 16_000, 4.0, "whole", "soxr-hq"),  # its hash is held in test_suite.py
}


def test_every_suite_is_held() -> None:
    assert set(FROZEN) == set(suite_names())


@pytest.mark.parametrize("name", FROZEN)
def test_a_suite_is_what_its_version_says(name: str) -> None:
    card = card_named(name)
    now = Frozen(card.version, card.sha256[:8], card.rate, card.seconds, card.crop, card.resampler)
    assert now == FROZEN[name], f"raise the version of {name}, and change this table with it"
