"""How far the corpus looks: what it promises to return, whatever rule reads it.

A rule whose thresholds lie inside this reach misses nothing that the index holds, up to the recall of the bands. Free of numpy,
so that a gate can check its settings against the reach at no cost.
"""

from __future__ import annotations

from typing import Final

# Least cosine at which an item is returned for its vector alone.
COSINE: Final = 0.80
# Least true Jaccard of character 5-shingles at which a band candidate is returned. Bands of 4 rows find a pair of true
# Jaccard j with probability 1 - (1 - j^4)^b; below these two they miss more than they find.
JACCARD: Final = 0.40
# Least true Jaccard of the skeletons' word 3-shingles at which a band candidate is returned.
SKELETON_JACCARD: Final = 0.60
# Least Jaccard of character 5-shingles, or least cosine, at which an item with the same numbers is returned. Among a million
# problems hundreds share a pair of small numbers by chance.
NUMBERS_JACCARD: Final = 0.25
NUMBERS_COSINE: Final = 0.60
# How many of the nearest by cosine are returned however far they are: enough for a pass to show how near the nearest was.
# Comparing each in full takes a fifth of a check.
NEAREST: Final = 1
