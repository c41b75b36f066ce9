"""How scripts are started: quickly.

A still's jobs compute for a second and a half in all; starting Python for each of them and
importing numpy, scipy and the rest would take as long again.
"""
