"""What the user opens at the end: tables over all images, counts, inventory.

All of it is gathered from what was measured; no .czi file is opened here.
"""
