"""Native libraries that an image's files need: which are missing, and which Debian packages bring them."""
