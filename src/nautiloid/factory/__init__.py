"""The image factory: definition -> lock -> root filesystem -> layers -> image."""
