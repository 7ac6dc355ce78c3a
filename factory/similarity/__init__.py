"""Likeness between texts: normalisation, shingles, skeletons, number multisets, signatures, vectors, and an index over them.

Import from the modules; nothing is re-exported, so that naming a threshold does not load numpy.
"""
