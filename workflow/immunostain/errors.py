"""The problems that a user can act on, told in one sentence."""


class ImageError(Exception):
    """One image can't be analysed; the text says what is wrong and what to do.

    With `unreadable_images: skip` the image is left out and the text is its reason, with `fail` the
    job ends with it.
    """


class SettingsError(Exception):
    """The settings, or what they point to, don't make a run possible; the text says why."""
