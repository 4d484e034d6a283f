"""The root filesystem of an image, as a tree in memory, and the files that Nautiloid itself writes into it."""
