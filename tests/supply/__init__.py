"""What is built from others' work: looked up for known weaknesses, pinned by hash, and under licences that fit."""
