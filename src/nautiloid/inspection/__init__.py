"""What is in an image: packages, executables, sizes, counted the same way everywhere."""
