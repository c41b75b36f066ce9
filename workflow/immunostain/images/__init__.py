"""Frames on their way to nuclei: the nuclear channel split off, and stretched to 8 bits.

Also what goes with them from step to step: facts about the file, label images (as files and as
runs of pixels), maps. What is in a .czi file belongs to `czi`, finding nuclei to `nuclei`.
"""
