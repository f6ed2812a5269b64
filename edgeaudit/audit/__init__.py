"""Judging: evidence and rules to a report."""
