"""What any package may use: errors, files, logs, units, and how large pictures are cut.

Nothing here knows of nuclei, .czi files or Snakemake; it imports no other package.
"""
