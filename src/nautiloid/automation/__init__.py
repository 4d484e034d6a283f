"""Nightly jobs that keep an image fresh: generated for GitHub Actions and for Kubernetes, one script in both."""
