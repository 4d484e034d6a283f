"""Python wheels: resolved by pip, checked by hash, unpacked by ``installer``."""
