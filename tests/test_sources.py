"""Where captions and recordings come from, as cards say it: nothing is taken that would not be heeded."""

from __future__ import annotations

from typing import Any

import pytest

from bench.errors import BadInput
from bench.sources import Captions, Listing, Recordings

TABLE, TAGS = Listing(file="list.csv"), Listing(file="tags.*", format="tags")


@pytest.mark.parametrize(
    "pattern",
    ["{recording}", "Y{recording}", "{recording}_{start}", "{{{recording}}}", "{start}{recording}{start}"],
)
def test_names_are_patterns_of_two_fields(pattern: str) -> None:
    assert Recordings(files=(pattern,)).files == (pattern,)


@pytest.mark.parametrize(
    "pattern",
    [
        *("", "recording", "{start}", "{}", "{0}", "{id}", "{recording", "recording}", "{{recording}}"),
        *("{recording}_{start:03d}", "{recording:>9}", "{recording!r}", "{recording.foo}", "{recording[0]}"),
        *("{recording}{start.real}", "{recording}{start:{recording}}", "{recording}{"),
    ],
)
def test_other_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(BadInput) as caught:
        Recordings(files=("{recording}", pattern))
    assert str(caught.value) == f"files holds {pattern!r}, but patterns have {{recording}} and may have {{start}}"


@pytest.mark.parametrize("fields", [{"sample": 2}, {"seed": 1}, {"sample": 3, "seed": 4}])
def test_a_draw_is_of_tags(fields: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"sample is . and seed ., but they go with the format tags"):
        Captions(list=TABLE, **fields)
    assert Captions(list=TAGS, template="{tags}", **fields)


@pytest.mark.parametrize(
    ("listing", "template"), [(TABLE, "A sound."), (TABLE, "{tags}"), (TAGS, ""), (TAGS, "A track.")]
)
def test_a_template_is_of_tags_and_holds_them(listing: Listing, template: str) -> None:
    with pytest.raises(BadInput, match=r"template goes with the format tags, and holds \{tags\}"):
        Captions(list=listing, template=template)
