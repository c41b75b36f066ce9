"""Nuclei: from a picture or a network's maps to a label image.

What a pixel is (threshold), which pixels are one nucleus (separation, labels). The network itself
belongs to `network`, what a nucleus measures to `measuring`.
"""
