"""The sample sheet: what the user says about the images, joined to the tables.

Read from CSV, TSV or .xlsx; the Snakefile imports all but `columns`.
"""
