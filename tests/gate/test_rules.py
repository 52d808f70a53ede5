"""The gate's rules: margins, and errors that name the field."""

from __future__ import annotations

from typing import Any

import pytest

from bench.errors import BadInput
from bench.gate.rules import ANY, MARGINS, Gate, Margin, margins, plain, tails
from bench.plugins import metrics

KNOWN = metrics()


def test_a_margin_is_relative_or_absolute() -> None:
    assert Margin(relative=0.05).of(2.0) == pytest.approx(0.1)
    assert Margin(relative=0.05).of(-2.0) == pytest.approx(0.1)
    assert Margin(absolute=0.3).of(2.0) == 0.3
    assert Margin(relative=0.05).text() == "5 %"
    assert Margin(absolute=0.3, two_sided=True).text() == "±0.3"


def test_of_both_the_larger_counts() -> None:
    both = Margin(relative=0.05, absolute=0.3)
    assert [both.of(value) for value in (0.0, 2.0, -10.0)] == [0.3, 0.3, 0.5]
    assert both.text() == "5 %, at least 0.3"
    assert plain(both) == {"relative": 0.05, "absolute": 0.3}


def test_a_gate_file_becomes_margins_and_back() -> None:
    fields = {"fad-logmel": {"relative": 0.1, "two_sided": True}, "lsd-logmel": {"absolute": 2}}
    found = margins(fields, KNOWN)
    assert found == {"fad-logmel": Margin(relative=0.1, two_sided=True), "lsd-logmel": Margin(absolute=2.0)}
    assert {name: plain(margin) for name, margin in found.items()} == fields


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"fad-logmle": {"relative": 0.1}}, "no metric is called 'fad-logmle' (did you mean 'fad-logmel'?)"),
        ({"fad-logmel": {"relativ": 0.1}}, "fad-logmel: no field is called 'relativ' (did you mean 'relative'?)"),
        ({"fad-logmel": {"relative": "a"}}, "fad-logmel: relative is 'a', but must be a number"),
        ({"fad-logmel": {"relative": -0.1}}, "fad-logmel: relative is -0.1, but must be 0 or more"),
        ({"fad-logmel": {"absolute": float("nan")}}, "fad-logmel: absolute is nan, but must be 0 or more"),
        ({"fad-logmel": {}}, "fad-logmel: needs relative or absolute or both, of which the larger counts"),
        ({"fad-logmel": 0.1}, "fad-logmel is 0.1, but must have fields such as relative, absolute, two_sided"),
        (
            {"real-time-factor": {"relative": 0.1}},
            "--margins: real-time-factor is one of efficiency, which differs from run to run",
        ),
        ({"fad-logmel": {"absolute": 1, "two_sided": "yes"}}, "two_sided is 'yes', but must be true or false"),
    ],
)
def test_a_wrong_margin_is_named(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as raised:
        margins(fields, KNOWN)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"silnet": 1}, "no kind of trouble is called 'silnet' (did you mean 'silent'?)"),
        ({"silent": -1}, "silent is -1, but must be a whole number of clips, 0 or more"),
        ({"silent": True}, "silent is True"),
        ({"silent": 0.5}, "silent is 0.5"),
    ],
)
def test_a_wrong_allowance_is_named(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as raised:
        tails(fields)
    assert message in str(raised.value)


def test_a_gate_refuses_what_makes_no_sense() -> None:
    for alpha in (0.5, 1e-7, 0.0, float("nan")):
        with pytest.raises(BadInput, match=r"--alpha is .*, but must be 1e-06 or more, and less than 0.5"):
            Gate(alpha=alpha)
    with pytest.raises(BadInput, match="--skip leaves out fad, for which there is a margin"):
        Gate({"fad": ANY}, skip=("fad",))


def test_every_default_is_of_a_family_that_exists() -> None:
    assert set(MARGINS) <= {metric.symbol for metric in metrics().values()}
    assert Gate().margin("fad-logmel", metrics()["fad-logmel"]) == MARGINS["fad"]
    assert Gate().margin("recall", metrics()["recall"]) == ANY
