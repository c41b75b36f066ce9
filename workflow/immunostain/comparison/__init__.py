"""Images, replicates and conditions compared: summaries, tests, and what they say in words.

Replicates, never nuclei, are what is compared: see `against_reference`.
"""
