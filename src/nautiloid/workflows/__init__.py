"""What a person asks for, whole: build, test, scan, patch, update, slim, suggest, the lab."""
