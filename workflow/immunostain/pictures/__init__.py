"""Pictures and movies by which users verify nuclei and tracks.

Contours, ids, colours, PNG files. Plots of numbers belong to `results` and `movement`.
"""
