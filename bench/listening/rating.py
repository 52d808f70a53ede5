"""Rating, session and stimulus: the three tables that every listening test is brought into."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

SCHEMA = "listening/1"
METHODS = ("acr", "dcr", "ccr", "mushra", "ab", "abx", "bs1116")
ROLES = ("test", "reference", "anchor", "training", "gold", "trap", "repeat")
SCOPES = ("stimulus", "page", "session")
PLATFORMS = ("local", "static", "mturk", "prolific", "qualtrics", "other")
STATUSES = ("complete", "partial", "screened_out", "returned", "rejected")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rating:
    """One person's judgement of one stimulus in one dimension: a row of ``ratings.csv``.

    Attributes:
        test_id: whose test; scores of two tests are not comparable.
        rater_id: a pseudonym; None if the file says nothing about who it was.
        session_id: one sitting.
        trial_index: place in the session's order, from 1.
        item_id: the prompt or text, which all systems share.
        system_id: what made the sound.
        sample_index: which of several sounds that it made for the prompt.
        stimulus_id: opaque id of item, system and sample.
        dimension: in upper case, such as OVL, REL, MOS, NAT.
        method: one of ``METHODS``.
        role: one of ``ROLES``; only ``test`` is analysed.
        score: within the scale and on its grid.
        scale_min, scale_max: the ends of the scale.
        scale_step: distance of its points; 0 for a continuous scale.
        compared_system_id: the other system, where two were compared; the score is of this one against that.
        presented_order: AB or BA, where two were compared.
        expected_score, expected_tol: what a gold or trap question wants, and how far off is right.
        audio_duration_s: seconds.
        listened_frac: share of the sound that was played, 0 to 1.
        play_count: how often it was started.
        response_time_s: seconds from shown to last change.
        time_scope: what that covers, one of ``SCOPES``.
        submitted_at: ISO 8601, UTC.
        revision: from 1; the last one counts.
        comment: the rater's words.
        excluded: whether quality control dropped it.
        exclusion_reasons: the rules that did.
        source_format, source_file, source_row: where it stands; the header is row 1.
    """

    test_id: str
    rater_id: str | None
    session_id: str | None = None
    trial_index: int | None = None
    item_id: str
    system_id: str
    sample_index: int = 0
    stimulus_id: str | None = None
    dimension: str
    method: str = "acr"
    role: str = "test"
    score: float
    scale_min: float = 1.0
    scale_max: float = 5.0
    scale_step: float = 1.0
    compared_system_id: str | None = None
    presented_order: str | None = None
    expected_score: float | None = None
    expected_tol: float | None = None
    audio_duration_s: float | None = None
    listened_frac: float | None = None
    play_count: int | None = None
    response_time_s: float | None = None
    time_scope: str | None = None
    submitted_at: str | None = None
    revision: int | None = None
    comment: str | None = None
    excluded: bool = False
    exclusion_reasons: tuple[str, ...] = ()
    source_format: str | None = None
    source_file: str | None = None
    source_row: int | None = None

    @property
    def stimulus(self) -> tuple[str, str, str, int]:
        """What was heard: item, system, the system it was compared with, sample."""
        return self.item_id, self.system_id, self.compared_system_id or "", self.sample_index


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One sitting of one person: a row of ``sessions.csv``. What is not known is None.

    Attributes:
        test_id, session_id, rater_id: as in the ratings.
        platform: one of ``PLATFORMS``.
        status: one of ``STATUSES``.
        consent_version, consent_at, started_at, finished_at: version of the text, and times in ISO 8601.
        work_time_s, page_hidden_s: seconds.
        parallel_session: whether the same person had another session open.
        device_type, browser_family, output_device_reported: with what it was heard.
        headphone_check, headphone_correct, headphone_pass: which check, how many of 6 right, passed or not.
        hearing_reported, native_language, age_band: what the person said.
        order_seed: of the order of stimuli.
        n_trials_assigned, n_trials_done: counts.
        payment, currency: what was paid.
        digits_correct, pairs_correct: right answers of the digit check and of the just-noticeable-difference pairs.
        accept_and_use: whether the toolkit that ran the test would use the session.
    """

    test_id: str
    session_id: str | None
    rater_id: str | None
    platform: str | None = None
    status: str | None = None
    consent_version: str | None = None
    consent_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    work_time_s: float | None = None
    page_hidden_s: float | None = None
    parallel_session: bool | None = None
    device_type: str | None = None
    browser_family: str | None = None
    output_device_reported: str | None = None
    headphone_check: str | None = None
    headphone_correct: int | None = None
    headphone_pass: bool | None = None
    hearing_reported: str | None = None
    native_language: str | None = None
    age_band: str | None = None
    order_seed: int | None = None
    n_trials_assigned: int | None = None
    n_trials_done: int | None = None
    payment: float | None = None
    currency: str | None = None
    digits_correct: int | None = None
    pairs_correct: int | None = None
    accept_and_use: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Stimulus:
    """One sound that raters heard: a row of ``stimuli.csv``, the key that no rater sees. What is not known is None.

    Attributes:
        stimulus_id, item_id, system_id, sample_index, role: as in the ratings.
        prompt_text: what the sound was asked to be.
        path: of the file.
        sha256: of its bytes.
        duration_s: seconds.
        sample_rate: Hz.
        channels: how many.
        lufs_original, gain_db, lufs_served, true_peak_db: loudness before, the gain, loudness after (LUFS, dB, dBTP).
        expected_score: of a gold or trap question.
    """

    stimulus_id: str
    item_id: str
    system_id: str
    sample_index: int = 0
    role: str = "test"
    prompt_text: str | None = None
    path: str | None = None
    sha256: str | None = None
    duration_s: float | None = None
    sample_rate: int | None = None
    channels: int | None = None
    lufs_original: float | None = None
    gain_db: float | None = None
    lufs_served: float | None = None
    true_peak_db: float | None = None
    expected_score: float | None = None


def pseudonym(salt: str, name: str, prefix: str = "r") -> str:
    """A name that can't be turned back without the salt: prefix and 12 hex digits of HMAC-SHA256.

    >>> pseudonym("salt", "A1B2C3")
    'r_b9511f54d58f'
    """
    return f"{prefix}_{hmac.new(salt.encode(), name.encode(), hashlib.sha256).hexdigest()[:12]}"


def scale_text(low: float, high: float) -> str:
    """The ends of a scale, as they are printed.

    >>> scale_text(1.0, 5.0), scale_text(-3.0, 3.0)
    ('1-5', '-3..3')
    """
    return f"{low:g}{'-' if low >= 0 else '..'}{high:g}"


def is_pseudonym(name: str, prefix: str = "r") -> bool:
    """Whether a name is one that ``pseudonym`` gives.

    >>> is_pseudonym("r_b9511f54d58f"), is_pseudonym("A1B2C3")
    (True, False)
    """
    return re.fullmatch(rf"{prefix}_[0-9a-f]{{12}}", name) is not None
