"""Strand: the pre-production partner of people who make videos that explain something."""

VERSION = "0.1.0"
