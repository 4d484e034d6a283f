"""The OCI image format: descriptors, manifests, layouts, archives. Knows nothing of how an image is made."""
