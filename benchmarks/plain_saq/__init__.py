"""The faults of `tests/faults` against the same jobs written as plain SAQ tasks: `python -m benchmarks.plain_saq`."""
