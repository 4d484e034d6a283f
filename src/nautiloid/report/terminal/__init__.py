"""What a terminal or a pipe shows: lists of lines that the command line prints, and nothing else does."""
