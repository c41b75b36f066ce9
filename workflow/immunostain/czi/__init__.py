"""Zeiss .czi files: no other package opens one.

From bytes and libCZI to pictures (Y, X), with what a file says about itself and whether it can be
trusted. What the workflow makes of the pictures belongs to `images`.
"""
