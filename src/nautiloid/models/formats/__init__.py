"""One reader for each form of a model: what it holds, and what in it lies or runs code."""
