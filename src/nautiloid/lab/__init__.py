"""The learning lab: photos in, a trained animal classifier and its measurements out."""
