"""The OCI image model: descriptors, manifests, layouts and archives. Knows nothing of how an image was made."""
