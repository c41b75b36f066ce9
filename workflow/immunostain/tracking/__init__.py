"""Tracks: which nucleus of one frame is which of the next, where it divides, where it is missing.

From tables of nuclei to tracks and lineages; how they move belongs to `movement`, files for other
programs to `exports`.
"""
