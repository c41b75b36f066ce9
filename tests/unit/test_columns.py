"""The columns of tables of nuclei."""

from immunostain.columns import CHANNEL_COLUMNS, NUCLEUS_COLUMNS, column_names


def test_columns_are_those_of_the_nucleus_and_four_for_each_channel():
    names = column_names(["GFP", "DAPI"])
    assert names[: len(NUCLEUS_COLUMNS)] == NUCLEUS_COLUMNS
    assert names[len(NUCLEUS_COLUMNS) :] == [
        "GFP_sum",
        "GFP_mean",
        "GFP_background_corrected_sum",
        "GFP_perinuclear_sum",
        "DAPI_sum",
        "DAPI_mean",
        "DAPI_background_corrected_sum",
        "DAPI_perinuclear_sum",
    ]


def test_no_two_columns_have_one_name():
    names = column_names(["a", "a (2)", "channel_2"])
    assert len(set(names)) == len(names) == len(NUCLEUS_COLUMNS) + 3 * len(CHANNEL_COLUMNS)


def test_without_channels():
    assert column_names([]) == NUCLEUS_COLUMNS
