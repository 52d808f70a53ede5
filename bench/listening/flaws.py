"""What a rating may be wrong in."""

from __future__ import annotations

import math

from bench.listening.rating import METHODS, ROLES, SCOPES, Rating

ROUNDING = 1e-6  # of a step; a score that is nearer to the grid is on it


def is_beyond(rating: Rating) -> bool:
    """Whether a score is out of its scale."""
    return not rating.scale_min <= rating.score <= rating.scale_max


def is_off_grid(rating: Rating) -> bool:
    """Whether a score within its scale lies between two of its points."""
    places = (rating.score - rating.scale_min) / rating.scale_step if rating.scale_step else 0.0
    return abs(places - round(places)) > ROUNDING


def flaw(rating: Rating) -> str | None:
    """What is wrong with a rating, in words that name the bad value and the good ones; None if nothing is."""
    low, high, step = rating.scale_min, rating.scale_max, rating.scale_step
    if not math.isfinite(rating.score):
        return f"score {rating.score} is no finite number"
    if is_beyond(rating):
        return f"score {rating.score:g} is out of the scale {low:g} to {high:g}"
    if is_off_grid(rating):
        return f"score {rating.score:g} is off the grid: steps of {step:g} from {low:g}"
    for name, value, known in _enumerated(rating):
        if value is not None and value not in known:
            return f"{name} is {value!r}, but must be one of {', '.join(known)}"
    return _out_of_range(rating)


def _enumerated(rating: Rating) -> tuple[tuple[str, str | None, tuple[str, ...]], ...]:
    return (
        ("method", rating.method, METHODS),
        ("role", rating.role, ROLES),
        ("time_scope", rating.time_scope, SCOPES),
        ("presented_order", rating.presented_order, ("AB", "BA")),
    )


def _out_of_range(rating: Rating) -> str | None:
    least = {"trial_index": 1, "sample_index": 0, "play_count": 0, "response_time_s": 0, "revision": 1}
    for name, low in least.items():
        value = getattr(rating, name)
        if value is not None and not low <= value < math.inf:
            return f"{name} is {value:g}, but must be at least {low}"
    if rating.listened_frac is not None and not 0 <= rating.listened_frac <= 1:
        return f"listened_frac is {rating.listened_frac:g}, but must be from 0 to 1"
    if rating.audio_duration_s is not None and not 0 < rating.audio_duration_s < math.inf:
        return f"audio_duration_s is {rating.audio_duration_s:g}, but must be above 0"
    return None
