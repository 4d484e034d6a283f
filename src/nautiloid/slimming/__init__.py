"""Rules for what an image can do without, proposed from what its work was seen to use, and proven."""
