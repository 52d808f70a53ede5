"""Identity: canonical JSON, SHA-256 digests of values and files, and the seed of one clip."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

SHORT = 8  # hex digits that name a folder or a suite; a collision needs about 2^16 of them side by side


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no blanks, no NaN.

    Raises:
        ValueError: a number is NaN or infinite.
        TypeError: a value has no JSON form.

    >>> canonical_json({"b": 1, "a": [1.5, None]})
    '{"a":[1.5,null],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, in hex."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def clip_seed(seed: int, clip_id: str) -> int:
    """A clip's own seed in [0, 2^63): from the run's seed and the clip's id, and from nothing else.

    So a clip is the same whatever the batch, the order, the shard or the number of restarts.
    """
    text = f"{seed}/{clip_id}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1
