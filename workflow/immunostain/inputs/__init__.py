"""What the user gives, before any file is opened: settings, the folder of images, their chunks.

The Snakefile imports all of it, so it needs only what Snakemake itself depends on. What is in a
.czi file belongs to `czi`, the sample sheet to `samples`.
"""
