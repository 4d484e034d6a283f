"""What a pickle may name, and what it may do with that: exact names, each with its arguments. All else is code."""
