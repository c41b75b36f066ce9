"""The problems that a user can act on, told in one sentence."""


class ImageError(Exception):
    """One image can't be analysed; the text says what is wrong and what to do.

    The image is then left out of all tables, and the text is its reason.
    """


class SettingsError(Exception):
    """The settings, or what they point to, don't make a run possible; the text says why."""


class EndedFromOutsideError(Exception):
    """A process of the workflow was ended by another program; neither image nor settings did it."""
