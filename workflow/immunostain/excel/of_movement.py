"""What the columns mean of the tables of tracks and of how they move."""

from immunostain.excel.meanings import AS_MEASURED, Explained, Meaning

_OF_TRACKS = (
    Meaning("duration_min", "min", "time from the first frame of the track to the last"),
    Meaning("duration_frames", "frames", "time from the first frame of the track to the last"),
    Meaning("path_length_um", "µm", "length of all steps together"),
    Meaning("path_length_px", "pixels", "length of all steps together"),
    Meaning("net_displacement_um", "µm", "from the first place straight to the last"),
    Meaning("net_displacement_px", "pixels", "from the first place straight to the last"),
    Meaning("straightness", "", "net displacement / path: 1 is straight"),
    Meaning("mean_speed_um_per_min", "µm/min", "path / duration"),
    Meaning("mean_speed_px_per_frame", "pixels/frame", "path / duration"),
    Meaning("max_speed_um_per_min", "µm/min", "speed of the fastest step"),
    Meaning("max_speed_px_per_frame", "pixels/frame", "speed of the fastest step"),
)
_DIFFUSION = "diffusion coefficient D, from the mean squared displacement"
_OF_ALL = (
    Meaning("diffusion_um2_per_min", "µm²/min", f"{_DIFFUSION} of all tracks of an image"),
    Meaning("diffusion_px2_per_frame", "pixels²/frame", f"{_DIFFUSION} of all tracks of an image"),
    Meaning(
        "msd_exponent",
        "",
        "exponent of the mean squared displacement of all tracks of an image: 1 for a random "
        "walk, 2 for a straight way",
    ),
)
_OF_ONE = (
    Meaning("diffusion_um2_per_min", "µm²/min", f"{_DIFFUSION}; blank for less than 17 frames"),
    Meaning(
        "diffusion_px2_per_frame", "pixels²/frame", f"{_DIFFUSION}; blank for less than 17 frames"
    ),
    Meaning(
        "msd_exponent",
        "",
        "exponent of the mean squared displacement: 1 for a random walk, 2 for a straight way; "
        "blank as D is",
    ),
)
_COUNTS = (
    Meaning("tracks", "", "number of tracks"),
    Meaning("divisions", "", "number of tracks that end in a division"),
)

_IMAGE = Meaning("image", "", "name of the image in all results")
_TRACK = Meaning("track_id", "", "number of the nucleus in all frames, from 1")

EXPLAINED = {
    "movement_stat": Explained(
        (
            Meaning("Track id, #", "", "number of the nucleus in all frames, from 1"),
            Meaning(
                "Parent track id, #", "", "track that divided into this one; blank if none did"
            ),
            Meaning("Scene", "", "number of the scene in the file, from 0"),
            Meaning("Frame", "", "number of the time point, from 0"),
            Meaning("Minutes", "min", "time since the first frame; blank if the file doesn't tell"),
            Meaning("Cell id, #", "", "number of the nucleus in its frame, from 0"),
            Meaning("Cell center x, pixels", "pixels", "centre of the nucleus, to the right"),
            Meaning("Cell center y, pixels", "pixels", "centre of the nucleus, down"),
            Meaning("Cell center x, um", "µm", "centre of the nucleus, to the right"),
            Meaning("Cell center y, um", "µm", "centre of the nucleus, down"),
        )
    ),
    "motility_by_track": Explained(
        (
            _IMAGE,
            Meaning("scene", "", "number of the scene in the file, from 0"),
            _TRACK,
            Meaning("parent_track_id", "", "track that divided into this one; blank if none did"),
            Meaning("first_frame", "", "frame in which the track begins"),
            Meaning("last_frame", "", "frame in which it ends"),
            Meaning("frames_seen", "", "number of frames in which the nucleus was found"),
            *_OF_TRACKS,
            *_OF_ONE,
        )
    ),
    "motility_by_image": Explained(
        (
            _IMAGE,
            Meaning("scenes", "", "number of scenes with tracks"),
            *_COUNTS,
            *_OF_ALL,
            Meaning("{measure}_mean", AS_MEASURED, "{measure}: mean over tracks"),
            Meaning("{measure}_median", AS_MEASURED, "{measure}: median over tracks"),
        ),
        _OF_TRACKS,
    ),
    "motility_by_condition": Explained(
        (
            Meaning("images", "", "number of images"),
            *_COUNTS,
            Meaning(
                "{measure}_sd",
                AS_MEASURED,
                "{measure}: standard deviation over the images",
            ),
            Meaning("{measure}_images", "", "{measure}: number of images that have a value"),
            Meaning("{measure}", AS_MEASURED, "{measure}: mean over the images"),
        ),
        (*_OF_TRACKS, *_OF_ALL),
    ),
    "motility_msd": Explained(
        (
            _IMAGE,
            Meaning("lag_frames", "frames", "lag: for how long a nucleus moved"),
            Meaning("lag_min", "min", "the same in minutes"),
            Meaning("tracks", "", "number of tracks of which it is the mean"),
            Meaning("pairs", "", "number of pairs of places of which it is the mean"),
            Meaning("msd_um2", "µm²", "mean squared displacement in that time"),
            Meaning("msd_px2", "pixels²", "mean squared displacement in that time"),
        )
    ),
}
