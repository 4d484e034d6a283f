"""Registries: images pulled, pushed and copied over the OCI distribution protocol (distribution-spec 1.1)."""
