"""JSON, YAML and TOML that strangers wrote: read within bounds, and only where it can mean one thing."""
