"""Secrets that were left behind in files, variables, labels, commands and build history; shown masked, never kept."""
