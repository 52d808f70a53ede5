"""Listening tests: import, quality control, statistics, planning."""
