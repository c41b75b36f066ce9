"""Sheets for Excel that open without a thought: number formats, widths, and what the columns mean.

What stands here of a column is what docs/results.md says of it. Which tables there are and what is
in them is no matter of this package.
"""
