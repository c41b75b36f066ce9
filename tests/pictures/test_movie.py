"""Movies, as a player decodes them."""

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from immunostain.pictures import movie
from immunostain.pictures.movie import frame_rate, movie_size, time_stamps, write_movie


def decode(path):
    """Give what a movie says of itself and its pictures."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        film = {
            "codec": stream.codec_context.name,
            "format": stream.codec_context.pix_fmt,
            "rate": stream.average_rate,
            "seconds": float(stream.duration * stream.time_base),
            "frames": stream.frames,
            "streams": len(container.streams),
            "colours": (stream.codec_context.colorspace, stream.codec_context.color_range),
        }
        return film, [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]


def atoms(path):
    """Give the names of the parts of an MP4 in their order."""
    data, names, place = path.read_bytes(), [], 0
    while place < len(data):
        names.append(data[place + 4 : place + 8].decode())
        place += int.from_bytes(data[place : place + 4], "big")
    return names


def plain(count, shape=(64, 128), tint=(0, 0, 0)):
    return (np.full((*shape, 3), tint, np.uint8) for _ in range(count))


def noise(count, shape, strength=25):
    rng = np.random.default_rng(0)
    for _ in range(count):
        grey = rng.normal(70, strength, (*shape, 1)).clip(0, 255).astype(np.uint8)
        yield np.repeat(grey, 3, axis=2)


# ---- size, rate, time ----


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((1024, 1024), (1024, 1024)),
        ((2048, 2048), (1024, 1024)),
        ((1500, 3000), (512, 1024)),
        ((690, 628), (690, 628)),
        ((500, 3), (500, 3)),
        ((250, 200), (500, 400)),
        ((260, 346), (520, 692)),
        ((1, 1), (500, 500)),
        ((17, 3000), (6, 1024)),
        ((3000, 1), (1024, 1)),
        ((300, 16), (600, 32)),
    ],
)
def test_pictures_are_shrunk_to_1024_pixels_or_enlarged_by_a_whole_number(shape, size):
    assert movie_size(shape, 100) == size


def test_many_frames_are_smaller():
    assert movie_size((2048, 1024), 2000) == (1024, 512)
    assert movie_size((2048, 1024), 4000) == (724, 362)
    assert movie_size((2048, 1024), 1_000_000) == (512, 256)
    assert movie_size((300, 150), 10_000) == (300, 150)


@given(st.tuples(st.integers(1, 20_000), st.integers(1, 20_000)), st.integers(1, 100_000))
def test_any_size_is_within_bounds_and_keeps_its_shape(shape, frames):
    size = movie_size(shape, frames)
    assert min(size) >= 1
    assert 500 <= max(size) <= 1024 or (max(shape) <= 512 and size[0] % shape[0] == 0)
    scale = max(size) / max(shape)
    assert abs(size[0] - shape[0] * scale) <= 1
    assert abs(size[1] - shape[1] * scale) <= 1


@given(st.integers(1, 100_000))
def test_movies_take_ten_to_twenty_seconds_unless_frames_are_few_or_many(frames):
    rate = frame_rate(frames)
    assert 2 <= rate <= 25
    if 20 <= frames <= 500:
        assert 10 <= frames / rate <= 20


@pytest.mark.parametrize(
    ("times", "stamps"),
    [
        ([0, 7.5, 15], ["0.0 s", "7.5 s", "15.0 s"]),
        ([0, 750, 1500], ["0.0 min", "12.5 min", "25.0 min"]),
        ([0, 3, 305], ["0.0 min", "0.1 min", "5.1 min"]),
        ([0, 2, 4, 725], ["0 min 00 s", "0 min 02 s", "0 min 04 s", "12 min 05 s"]),
        ([0, 3599.9, 3900], ["0 h 00 min", "1 h 00 min", "1 h 05 min"]),
        ([0, 30, 60, 3900], ["0 h 00 min 00 s", "0 h 00 min 30 s", "0 h 01 min 00 s"]),
        ([0, -600, 360_000], ["0 h 00 min", "-0 h 10 min", "100 h 00 min"]),
        ([None, None], ["frame 3", "frame 4"]),
        ([0, float("nan"), 600], ["0.0 min", "frame 4", "10.0 min"]),
        ([0], ["0.0 s"]),
        ([], []),
    ],
)
def test_times_are_told_in_a_unit_that_suits_the_movie(times, stamps):
    assert time_stamps(range(3, 3 + len(times)), times)[: len(stamps)] == stamps


# ---- movies ----


def test_a_movie_is_what_powerpoint_quicktime_and_browsers_play(tmp_path):
    path = tmp_path / "Träger 1% a.b.mp4"
    write_movie(path, plain(30), [""] * 30)
    film, frames = decode(path)
    assert film["codec"] == "h264"
    assert film["format"] == "yuv420p"
    assert film["rate"] == 2
    assert film["seconds"] == 15
    assert film["frames"] == len(frames) == 30
    assert film["streams"] == 1
    assert film["colours"] == (1, 1), "BT.709, 16 to 235"
    assert atoms(path).index("moov") < atoms(path).index("mdat"), "it plays while it loads"
    assert list(tmp_path.iterdir()) == [path]


def test_colours_and_places_are_those_of_the_pictures(tmp_path):
    tints = np.array([(255, 60, 60), (60, 255, 60), (80, 80, 255), (255, 255, 0), (128, 128, 128)])
    picture = np.zeros((200, 300, 3), np.uint8)
    for index, tint in enumerate(tints):
        picture[100:140, 20 + 50 * index : 60 + 50 * index] = tint
    write_movie(tmp_path / "a.mp4", [picture, picture], ["", ""])
    for frame in decode(tmp_path / "a.mp4")[1]:
        assert frame.shape == picture.shape
        for index, tint in enumerate(tints):
            left = 20 + 50 * index
            assert np.abs(frame[104:136, left + 4 : left + 36] - tint).max() < 12
            bright = frame[120].max(axis=1) > 60
            assert bright[left : left + 40].all(), "nothing is shifted"
            assert not bright[left - 6 : left - 1].any()
            assert not bright[left + 41 : left + 45].any()
        bright = frame[:, 240].max(axis=1) > 60
        assert np.flatnonzero(bright).tolist() == list(range(100, 140))


def test_frames_come_in_their_order(tmp_path):
    grey = [10 + 3 * number for number in range(80)]
    shown = (np.full((64, 128, 3), value, np.uint8) for value in grey)
    write_movie(tmp_path / "a.mp4", shown, [""] * 80)
    film, frames = decode(tmp_path / "a.mp4")
    assert film["rate"] == 5
    assert film["seconds"] == 16
    assert np.allclose([frame[40, 40, 0] for frame in frames], grey, atol=2)


def test_lines_of_two_pixels_keep_their_colour_in_noise(tmp_path):
    tint = np.array([80, 80, 255])
    pictures = list(noise(4, (128, 256), 10))
    for picture in pictures:
        picture[60:62, 20:200] = picture[20:110, 100:102] = tint
    write_movie(tmp_path / "a.mp4", pictures, [""] * 4)
    for frame in decode(tmp_path / "a.mp4")[1]:
        for line in (frame[60:62, 30:90], frame[65:105, 100:102]):
            assert np.abs(line.mean(axis=(0, 1)) - tint).max() < 15
        assert np.abs(frame[100, 10:90].mean(axis=0) - 70).max() < 10


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ((1, 1), (64, 128)),
        ((6, 1024), (64, 1024)),
        ((600, 32), (600, 128)),
        ((101, 203), (102, 204)),
        ((100, 203), (100, 204)),
        ((500, 500), (500, 500)),
    ],
)
@pytest.mark.parametrize("count", [1, 3])
def test_pictures_of_any_size_have_black_where_players_need_more(tmp_path, shape, shown, count):
    write_movie(tmp_path / "a.mp4", plain(count, shape, (200, 200, 200)), [""] * count)
    film, frames = decode(tmp_path / "a.mp4")
    assert len(frames) == count
    assert film["seconds"] == count / 2
    for frame in frames:
        assert frame.shape[:2] == shown
        bright = np.zeros(shown, bool)
        bright[shown[0] - shape[0] :, shown[1] - shape[1] :] = True
        assert frame[bright].mean() > 170
        if not bright.all():
            assert frame[~bright].mean() < 50


def test_the_time_is_in_the_upper_left_corner_of_each_frame(tmp_path):
    stamps = ["0.0 min", "12.5 min", "12.5 min"]
    write_movie(tmp_path / "a.mp4", plain(3, (400, 500), (128, 128, 128)), stamps)
    frames = [frame.astype(int) for frame in decode(tmp_path / "a.mp4")[1]]
    for frame in frames:
        corner = frame[:32, :100]
        assert corner.max() > 230, "white letters"
        assert corner.min() < 40, "with a dark halo"
        rest = frame.copy()
        rest[:40, :120] = 128
        assert np.abs(rest - 128).max() < 12
    first, second, third = (frame[:32, :100] for frame in frames)
    assert np.abs(first - second).max() > 100
    assert np.abs(second - third).max() < 40


def test_the_longest_time_fits_into_the_smallest_movie(tmp_path):
    write_movie(tmp_path / "a.mp4", plain(2, (1, 1)), ["28 h 58 min 58 s", ""])
    with_time, without = decode(tmp_path / "a.mp4")[1]
    assert without[:60, :124].max() < 60
    written = np.flatnonzero((with_time > 150).any(axis=(0, 2))[:127])
    assert written.max() < 126


def test_a_noisy_movie_is_no_larger_than_a_mail_can_carry(tmp_path, monkeypatch):
    """Of a tenth of the size, so that it doesn't take long."""
    monkeypatch.setattr(movie, "_MOST_BYTES", 800_000)
    for count in (40, 400):
        write_movie(tmp_path / "a.mp4", noise(count, (256, 256)), [""] * count)
        assert 500_000 < os.path.getsize(tmp_path / "a.mp4") < 850_000


def test_a_long_movie_takes_no_more_memory_than_a_short_one(tmp_path):
    """In a process of its own, whose memory is that of nothing else."""
    code = """
import resource, sys
import numpy as np
from immunostain.pictures import movie
def frames(count):
    picture = np.zeros((64, 128, 3), np.uint8)
    for number in range(count):
        picture[40:60, number % 100:number % 100 + 20] = 255
        yield picture
sizes = []
for count in (300, 3000):
    movie.write_movie(sys.argv[1], frames(count), [str(number) for number in range(count)])
    sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(*sizes)
"""
    workflow = str(Path(movie.__file__).parents[2])
    found = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.mp4")],
        env={**os.environ, "PYTHONPATH": workflow},
        capture_output=True,
        text=True,
        check=True,
    )
    few, many = map(int, found.stdout.split())
    assert many - few < 20_000, "kB"
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.frames == 3000
        assert stream.duration * stream.time_base == 120


def test_the_same_pictures_give_the_same_file(tmp_path):
    for name in ("a.mp4", "b.mp4"):
        write_movie(tmp_path / name, noise(5, (64, 128)), list("abcde"))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize("threads", [1, 3])
def test_the_encoder_may_use_several_threads(tmp_path, threads):
    write_movie(tmp_path / "a.mp4", noise(9, (128, 256)), [""] * 9, threads=threads)
    assert len(decode(tmp_path / "a.mp4")[1]) == 9


@pytest.mark.parametrize("first", [0, 5])
def test_nothing_is_left_where_a_picture_can_not_be_made(tmp_path, first):
    def failing():
        yield from plain(first)
        raise RuntimeError("a plane is damaged")

    (tmp_path / "a.mp4").write_text("an old one")
    with pytest.raises(RuntimeError, match="a plane is damaged"):
        write_movie(tmp_path / "a.mp4", failing(), [""] * 10)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_text() == "an old one"


@pytest.mark.parametrize("pictures", [0, 2, 4])
def test_there_must_be_a_stamp_for_each_picture(tmp_path, pictures):
    with pytest.raises(ValueError, match="argument"):
        write_movie(tmp_path / "a.mp4", plain(pictures), [""] * 3)
    with pytest.raises(ValueError, match="at least one"):
        write_movie(tmp_path / "a.mp4", plain(pictures), [])
    assert not list(tmp_path.iterdir())


def test_a_folder_with_a_colon_is_no_protocol(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_movie("http:x/a.mp4", plain(1), [""])
    assert (tmp_path / "http:x" / "a.mp4").stat().st_size > 0
