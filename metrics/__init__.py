"""Metrics and the embedders they share. One file each; a file's table ``METRICS`` names its values."""
