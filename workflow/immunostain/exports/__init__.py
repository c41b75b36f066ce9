"""Tracks in the files of other programs: label stacks, Cell Tracking Challenge, GEFF, TrackMate.

Only writing; what a track is comes from `tracking`.
"""
