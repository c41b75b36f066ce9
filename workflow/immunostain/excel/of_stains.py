"""What the columns mean of the tables of stains and of counts."""

from immunostain.excel.meanings import Explained, Meaning

_IMAGE = Meaning("Image name", "", "name of the image in all results")
_SCENE = Meaning("Scene", "", "number of the scene in the file, from 0")
_FRAME = Meaning("Frame", "", "number of the time point, from 0; 0 for stills")
_MINUTES = Meaning("Minutes", "min", "time since the first frame; blank if the file doesn't tell")
_NUCLEI = Meaning("Number of nuclei", "", "how many nuclei were found in the frame")

_COUNTS = (_SCENE, _FRAME, _MINUTES, _NUCLEI)

EXPLAINED = {
    "signal_quant_stat": Explained(
        (
            _FRAME,
            _IMAGE,
            Meaning("Cell id, #", "", "number of the nucleus in its frame, from 0"),
            Meaning(
                "Cell center coordinates, (x, y)",
                "pixels",
                "mean place of the nucleus's pixels, rounded; x to the right, y down",
            ),
            Meaning("Nucleus area, pixels", "pixels", "number of the nucleus's pixels"),
            Meaning(
                "{channel}, intensity", "grey values", "sum of the nucleus's pixels in {channel}"
            ),
            _SCENE,
            Meaning(
                "Track id, #", "", "number of the nucleus in all frames, from 1; blank for stills"
            ),
            Meaning("Nucleus perimeter, pixels", "pixels", "length of the nucleus's outline"),
            Meaning("{channel}, density", "grey values", "{channel} per pixel: intensity / area"),
            Meaning(
                "Perinuclear area, pixels",
                "pixels",
                "number of pixels of the ring around the nucleus; with `perinuclear_width`",
            ),
            Meaning(
                "{channel}, perinuclear intensity",
                "grey values",
                "sum of the ring's pixels in {channel}; with `perinuclear_width`",
            ),
            Meaning(
                "{channel}, background-corrected intensity",
                "grey values",
                "intensity of {channel} - (median of the frame's non-nuclear pixels x area); with "
                "`background: median`",
            ),
            Meaning(
                "{channel}, positive",
                "",
                "whether the density of {channel} is above its level, blank if that can't be told; "
                "with `quantification.positive`",
            ),
        )
    ),
    "signal_avg_stat": Explained(
        (
            _FRAME,
            _IMAGE,
            _SCENE,
            _MINUTES,
            _NUCLEI,
            Meaning("Total nuclear area, pixels", "pixels", "area of all nuclei of the frame"),
            Meaning(
                "{channel}, mean density",
                "grey values",
                "mean over the frame's nuclei of {channel} per pixel, each nucleus counting alike",
            ),
            Meaning(
                "{channel}, total signal", "grey values", "sum of the whole picture in {channel}"
            ),
            Meaning("{channel}, nuclear signal", "grey values", "sum in nuclei in {channel}"),
            Meaning(
                "{channel}, non-nuclear signal",
                "grey values",
                "the difference: sum of {channel} in no nucleus",
            ),
            Meaning(
                "{channel}, median background",
                "grey values",
                "median of the non-nuclear pixels in {channel}; with `background: median`",
            ),
        )
    ),
    "population_stat": Explained((_IMAGE, *_COUNTS)),
    "time_point_stat": Explained(_COUNTS),
}
