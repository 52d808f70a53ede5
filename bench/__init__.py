"""Benchmark and evaluation harness for audio-generation models: from prompts to a table that can be trusted."""

__version__ = "0.1.0"
