"""The gate: whether a checkpoint got worse than another, with intervals and margins."""
