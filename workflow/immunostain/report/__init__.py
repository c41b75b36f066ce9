"""The report: one HTML page that people open first, with what came out and what needs attention.

It reads what the other packages wrote, tables and pictures, and computes no result of its own. The
parts of the page itself, its template, style and scripts, are in workflow/report.
"""
