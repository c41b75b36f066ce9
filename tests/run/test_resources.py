"""How much jobs ask for: numbers that were measured, see benchmarks."""

import pytest

from immunostain.run import resources


@pytest.mark.parametrize(
    ("base", "times", "megabytes", "attempt", "threads", "expected"),
    [
        (500, 3, 0.0, 1, 1, 500),
        (500, 3, 0.84, 1, 1, 502),  # rounded down
        (500, 18, 256.0, 1, 1, 5108),
        (500, 18, 256.0, 3, 1, 15324),
        (500, 12, 250.0, 1, 4, 12500),  # each thread draws a part of its own
        (1500, 12, 256.0, 2, 4, 27576),
    ],
)
def test_memory(base, times, megabytes, attempt, threads, expected):
    assert resources.memory_mb(base, times, megabytes, attempt, threads) == expected
    if threads == 1:
        assert resources.memory_mb(base, times, megabytes, attempt) == expected


@pytest.mark.parametrize(
    ("megabytes", "attempt", "expected"), [(0.1, 1, 2), (3.9, 2, 4), (4.0, 1, 3), (256.0, 3, 198)]
)
def test_minutes(megabytes, attempt, expected):
    assert resources.runtime_min(megabytes, attempt) == expected


@pytest.mark.parametrize(
    ("megabytes", "threads"), [(0.1, 1), (31.9, 1), (32.0, 2), (64.0, 3), (96.0, 4), (256.0, 4)]
)
def test_threads_of_the_network(megabytes, threads):
    assert resources.network_threads(megabytes) == threads


@pytest.mark.parametrize(
    ("images", "threads"), [(1, 1), (49, 1), (50, 2), (149, 3), (150, 4), (9999, 4)]
)
def test_threads_of_counting(images, threads):
    assert resources.counting_threads(images) == threads


def test_only_small_files_share_a_submission():
    assert resources.shared_submission("small_files", 32_000_000) == "small_files"
    assert resources.shared_submission("small_files", 32_000_001) is None


LARGE = resources.CARD_PAYS_MB


@pytest.mark.parametrize(
    ("device", "megabytes", "none_here", "cards"),
    [
        ("cpu", LARGE, False, 0),
        ("cpu", LARGE, True, 0),
        ("auto", LARGE, False, 1),
        ("auto", LARGE - 1, False, 0),
        ("auto", LARGE, True, 0),
        ("cuda", 0, False, 1),
        ("cuda", 0, True, 1),  # the job then says what is missing
    ],
)
def test_a_card_is_asked_for_where_it_pays_and_there_may_be_one(
    device, megabytes, none_here, cards
):
    assert resources.graphics_cards(device, megabytes, none_here) == cards
