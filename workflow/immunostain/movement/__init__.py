"""A timelapse from its label images to tracks, motility, plots and movies.

It puts together what `tracking`, `exports` and `pictures` do for one image, and compares images.
"""
