"""The e-mail that a user gets when a run has ended.

Its settings, its text, and its way to the server or into the results folder. What became of the
run is found out in `run`; the Snakefile imports all of it.
"""
