"""Nuclei, stains and tracks from Zeiss .czi images.

The package imports nothing by itself, so that the Snakefile can use `plan`, `settings`, `mail` and
`provenance` with nothing but what Snakemake itself depends on.
"""

__version__ = "0.1.0"
