"""Files from the network: fetched by hash from whoever has them, kept by hash."""
