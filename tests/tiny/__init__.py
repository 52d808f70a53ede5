"""Tiny checkpoints with random weights in the official layouts: what the real loading code is tried on."""
