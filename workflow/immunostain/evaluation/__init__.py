"""How well nuclei and tracks are found, by annotated images.

Reading annotations, scores, comparison with other methods; a network is taught in `training`.
"""
