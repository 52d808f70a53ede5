"""Letters: two systems share one if and only if they are not different."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.listening.letters import compact_letters

PAIRS = list(combinations("ABCDEFG", 2))


@settings(deadline=None)
@given(st.sets(st.sampled_from(PAIRS)), st.permutations("ABCDEFG"))
def test_systems_share_a_letter_if_and_only_if_they_are_not_different(
    different: set[tuple[str, str]], order: list[str]
) -> None:
    found = compact_letters(order, sorted(different))
    for pair in PAIRS:
        assert bool(set(found[pair[0]]) & set(found[pair[1]])) == (pair not in different)


@settings(deadline=None)
@given(st.sets(st.sampled_from(PAIRS)))
def test_no_letter_is_superfluous_and_every_system_has_one(different: set[tuple[str, str]]) -> None:
    found = compact_letters("ABCDEFG", sorted(different))
    members = {letter: {name for name, own in found.items() if letter in own} for letter in "".join(found.values())}
    assert all(found.values())
    assert not any(one < other for one in members.values() for other in members.values())
    assert sorted(members) == [chr(ord("a") + i) for i in range(len(members))]


@settings(deadline=None)
@given(st.sets(st.sampled_from(PAIRS)))
def test_the_order_of_the_pairs_does_not_matter(different: set[tuple[str, str]]) -> None:
    turned = [(other, one) for one, other in sorted(different, reverse=True)]
    assert compact_letters("ABCDEFG", sorted(different)) == compact_letters("ABCDEFG", turned)


def test_the_best_system_has_the_first_letter() -> None:
    chain = [("A", "C"), ("A", "D"), ("B", "D")]
    assert compact_letters("ABCD", chain) == {"A": "a", "B": "ab", "C": "bc", "D": "c"}
    assert compact_letters("DCBA", chain) == {"D": "a", "C": "ab", "B": "bc", "A": "c"}
    assert compact_letters("ABCD", []) == dict.fromkeys("ABCD", "a")
    assert compact_letters("A", []) == {"A": "a"}


def test_when_all_differ_each_has_a_letter_of_its_own_beyond_the_alphabet_too() -> None:
    names = [f"s{i:02}" for i in range(54)]
    found = compact_letters(names, combinations(names, 2))
    assert [found[names[i]] for i in (0, 25, 26, 51, 52, 53)] == ["a", "z", "A", "Z", "(53)", "(54)"]
