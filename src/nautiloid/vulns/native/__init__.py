"""Native libraries, which wheels bundle: upstream's own advisories, and what Debian's fixes tell of releases."""
