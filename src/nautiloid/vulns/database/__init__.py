"""The advisory database: OSV's exports in one SQLite file that is only ever replaced as a whole."""
