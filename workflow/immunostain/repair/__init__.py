"""Repair: label images of a timelapse made whole by what is seen before and after.

A nucleus that falls in pieces, is missing, or is taken for one with another in some frames. How
nuclei are found in one frame belongs to `nuclei`, which is which in the next frame to `tracking`.
"""
