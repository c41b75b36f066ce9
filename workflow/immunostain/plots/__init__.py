"""Plots of stains as files: nuclei, replicates, conditions, images, channels, DNA content, time.

Numbers in, PNG and SVG out. What the tables hold is computed before; here stands only what no table
has, such as where a dot lies beside another one, or which peaks a histogram has.
"""
