"""A run of the workflow as such: what a job may use, what is claimed, shown, told and mailed.

The Snakefile's own helpers: they need only what Snakemake itself depends on.
"""
