"""How large files are cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immunostain import chunks
from immunostain.errors import SettingsError


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("256 MB", 256_000_000),
        ("1.5GB", 1_500_000_000),
        ("100 kB", 100_000),
        ("100KB", 100_000),
        ("2 TB", 2_000_000_000_000),
        ("770000", 770_000),
        (770_000, 770_000),
    ],
)
def test_sizes(text, size):
    assert chunks.size_in_bytes(text) == size


@pytest.mark.parametrize("text", ["", "big", "-3 MB", "3 MiB", "0", "0 MB", 0, "1e9", "99 kB"])
def test_sizes_that_are_none(text):
    with pytest.raises(SettingsError, match=r"chunk_size: .* is not a size of 100 kB or more"):
        chunks.size_in_bytes(text)


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2), (21, 3)])
def test_chunks_come_from_the_size(tmp_path, size, count):
    (tmp_path / "a.czi").write_bytes(b"x" * size)
    names = chunks.chunks(str(tmp_path / "a.czi"), 10)
    assert names == [f"{number}of{count}" for number in range(1, count + 1)]


@settings(deadline=None)
@given(st.integers(0, 500), st.integers(1, 60))
def test_chunks_share_all_frames_in_order_and_evenly(frames, count):
    shares = [chunks.share(frames, f"{number}of{count}") for number in range(1, count + 1)]
    assert [frame for share in shares for frame in share] == list(range(frames))
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1
