"""The preview: one HTML page on which settings are chosen by eye, before a run.

The parts of the page itself, its template, style and scripts, are in workflow/preview.
"""
