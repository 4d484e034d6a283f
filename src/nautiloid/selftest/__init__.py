"""Does an image do what it is for, and refuse what it must? Asked after every build, before it gets its name."""
