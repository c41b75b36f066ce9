"""What the columns mean of the tables in which images, replicates and conditions are compared."""

from immunostain.excel.meanings import (
    AS_MEASURED,
    MIXED,
    PERCENT,
    PROBABILITY,
    Explained,
    Meaning,
)

MEASURES = (
    Meaning("area_px", "pixels", "area of the nucleus"),
    Meaning("area_um2", "µm²", "area of the nucleus"),
    Meaning(
        "{channel}_background_corrected_sum",
        "grey values",
        "sum of the nucleus's pixels in {channel}, less background",
    ),
    Meaning("{channel}_sum", "grey values", "sum of the nucleus's pixels in {channel}"),
    Meaning("{channel}_mean", "grey values", "mean of the nucleus's pixels in {channel}"),
)
_POSITIVE = Meaning(
    "{channel}_positive_percent", PERCENT, "percentage of nuclei that are positive for {channel}"
)


def _statistics(whose: str) -> tuple[Meaning, ...]:
    """Explain the statistics of a measure."""
    return (
        Meaning("{measure}_mean", AS_MEASURED, "{measure}: mean over " + whose),
        Meaning(
            "{measure}_sd",
            AS_MEASURED,
            f"{{measure}}: standard deviation (n - 1) over {whose}; blank for one",
        ),
        Meaning(
            "{measure}_sem",
            AS_MEASURED,
            "{measure}: standard error of the mean, sd / √n; blank for one",
        ),
        Meaning("{measure}_median", AS_MEASURED, "{measure}: median over " + whose),
        Meaning("{measure}_q1", AS_MEASURED, "{measure}: a quarter of the values is below it"),
        Meaning("{measure}_q3", AS_MEASURED, "{measure}: a quarter of the values is above it"),
    )


_POSITIVE_OF_NUCLEI = Meaning(
    _POSITIVE.column,
    PERCENT,
    "of the nuclei whose mean is known, how many are positive for {channel}; with "
    "`quantification.positive`",
)

EXPLAINED = {
    "summary_by_image": Explained(
        (
            Meaning("image", "", "name of the image in all results"),
            Meaning("frames", "", "number of time points"),
            Meaning("nuclei", "", "number of nuclei in all frames"),
            Meaning("at_edge_percent", PERCENT, "how many of all nuclei were dropped at the edge"),
            Meaning("coverage_percent", PERCENT, "how much of the picture is nucleus"),
            Meaning("focus", "", "how sharp the nuclear channel is: 0.04 to 0.06 is sharp"),
            _POSITIVE_OF_NUCLEI,
            Meaning(
                "{channel}_saturated_percent",
                PERCENT,
                "of the pixels of nuclei, how many are as bright as the camera tells in {channel}",
            ),
            *_statistics("the image's nuclei, of all frames"),
        ),
        MEASURES,
    ),
    "summary_by_replicate": Explained(
        (
            Meaning("image", "", "name of the image, where images are the replicates"),
            Meaning("images", "", "number of images"),
            Meaning("nuclei", "", "number of nuclei"),
            _POSITIVE_OF_NUCLEI,
            *_statistics("all nuclei of the replicate"),
        ),
        MEASURES,
    ),
    "summary_by_condition": Explained(
        (
            Meaning("replicates", "", "number of replicates"),
            Meaning("images", "", "number of images"),
            Meaning("nuclei", "", "number of nuclei"),
            *_statistics("the means of the replicates"),
        ),
        (*MEASURES, _POSITIVE),
    ),
    "stain_over_time": Explained(
        (
            Meaning("frame", "", "number of the time point, from 0"),
            Meaning(
                "minutes",
                "min",
                "time since the first frame, mean over images; blank if a file doesn't tell, or "
                "if images of the condition are more than half an interval apart",
            ),
            Meaning("replicates", "", "number of replicates with nuclei in the frame"),
            Meaning("images", "", "number of images with nuclei in the frame"),
            Meaning("nuclei", "", "number of nuclei in the frame"),
            Meaning(
                "{channel}_mean_mean",
                "grey values",
                "mean over replicates of the mean of {channel} over their nuclei",
            ),
            Meaning(
                "{channel}_mean_sd",
                "grey values",
                "standard deviation over replicates of the mean of {channel} over their nuclei",
            ),
        )
    ),
    "comparison": Explained(
        (
            Meaning(
                "measure",
                "",
                "what is compared: area of the nucleus, in pixels or µm²; of each channel the sum "
                "or the mean of its pixels, or the percentage of positive nuclei",
            ),
            Meaning("condition", "", "the condition that is compared"),
            Meaning("reference", "", "the one that it is compared with"),
            Meaning("n", "", "number of the condition's replicates that have a value"),
            Meaning("n_reference", "", "number of the reference's replicates that have a value"),
            Meaning("mean", MIXED, "mean over the condition's replicates"),
            Meaning("mean_reference", MIXED, "mean over the reference's replicates"),
            Meaning("difference", MIXED, "mean - mean of the reference"),
            Meaning(
                "difference_percent",
                PERCENT,
                "difference / mean of the reference; blank if that is not above 0",
            ),
            Meaning(
                "ci95_low", MIXED, "where the 95 % confidence interval of the difference begins"
            ),
            Meaning("ci95_high", MIXED, "where it ends"),
            Meaning("p", PROBABILITY, "p value of Welch's t-test, two-sided"),
            Meaning(
                "p_holm",
                PROBABILITY,
                "p value adjusted by Holm for the conditions that are compared by this measure",
            ),
            Meaning("reason", "", "why there is no test"),
        )
    ),
}
