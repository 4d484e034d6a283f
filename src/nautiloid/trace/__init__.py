"""Which files of an image a run really used: evidence for slimming, and for what an advisory can be about."""
