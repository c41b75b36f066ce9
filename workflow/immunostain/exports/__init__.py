"""Tracks and nuclei in files of other programs: label stacks, CTC, GEFF, TrackMate, ImageJ's ROIs.

Only writing; what a track is comes from `tracking`, what a nucleus is from label images.
"""
