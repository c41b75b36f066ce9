"""Settings for all tests."""

import os

from browser import chromium as chromium  # a fixture of all tests
from hypothesis import settings

# Pictures here are small: threads that wait for each other take longer than the work they share,
# thirty times as long where another program keeps the processor busy.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# How long an example takes says how busy the computer is.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
