"""The UNet: its layers, its input, its weights in files, and its answers for whole frames.

Its maps become nuclei in `nuclei`, it is taught in `training`.
"""
