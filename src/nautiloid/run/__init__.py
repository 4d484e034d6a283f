"""Run an image with everything locked down: the hardened profile, and the engines that carry it out."""
