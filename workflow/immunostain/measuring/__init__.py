"""What is measured of each nucleus, and the names of the columns it goes to.

From a label image and the pictures of all channels to a table for each chunk; tables over all
images belong to `results`.
"""
