"""Fuzzing of everything that reads bytes of strangers: `python -m tests.fuzz` lists the formats.

Coverage-guided where atheris is installed, else with the same mutators at random. What was found, made small, lies in
tests/data/fuzz and is read again by test_seeds.py.
"""
