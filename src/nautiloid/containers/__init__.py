"""Containers by their names: started in the background, listed, read, stopped, removed; whichever engine has them."""
