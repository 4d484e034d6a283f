"""The Debian archive and its packages: signed indices, closures, .deb files, version by version."""
