"""Nuclei, stains and tracks from Zeiss .czi images.

Neither it nor the packages in it import anything by themselves, so that the Snakefile can use what
it needs (settings, sample sheet, mail ...) with nothing but what Snakemake itself depends on.
"""

__version__ = "0.1.0"
