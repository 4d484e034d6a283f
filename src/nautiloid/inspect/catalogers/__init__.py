"""Catalogers: each reads one kind of package record."""
