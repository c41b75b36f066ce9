"""A run of the workflow as such: what is to be done, what a job may use, what is shown and told.

The Snakefile's own helpers: they need only what Snakemake itself depends on.
"""
