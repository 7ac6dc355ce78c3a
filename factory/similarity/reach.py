"""How far the corpus looks: what it promises to return, whatever rule reads it.

A rule whose thresholds lie inside this reach misses nothing that the index holds, up to the recall of the bands. Free of numpy,
so that a gate can check its settings against the reach at no cost.
"""

from __future__ import annotations

from typing import Final

# Least cosine at which an item is returned for its vector alone.
COSINE: Final = 0.80
# Least true Jaccard of character 5-shingles at which a band candidate is returned.
JACCARD: Final = 0.30
# Least true Jaccard of the skeletons' word 3-shingles at which a band candidate is returned.
SKELETON_JACCARD: Final = 0.50
# The nearest by cosine that are returned however far they are, as context for a reviewer.
NEAREST: Final = 5
# Bands of 4 rows find a pair of true Jaccard j with probability 1 - (1 - j^4)^b. Below these they miss more than they find.
BANDED_JACCARD: Final = 0.40
BANDED_SKELETON_JACCARD: Final = 0.60
