"""ELF files: read without trusting them, judged for linking, stripped."""
