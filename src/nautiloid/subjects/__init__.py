"""Whatever can be scanned: images, SBOMs, locks, requirements, projects, each read into one list of components."""
