"""Nightly jobs that keep an image fresh: for GitHub Actions and for Kubernetes, one script in both."""
