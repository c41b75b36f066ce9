"""Which jobs run again after a change, as docs/reruns.md says."""

TABLES = {"tabulate_nuclei": 1, "tabulate_signal": 1, "summarise_images": 1}
PLOTS = {"plot_stains": 1}
TABLES |= PLOTS | {"crop_nuclei": 1}
CONDITIONS = {"summarise_conditions": 1, "compare_conditions": 1}  # with a sample sheet
GATHER = {"count_nuclei": 1, "inspect_images": 1} | TABLES
LAST = {"record_provenance": 1, "write_report": 1}
AFTER_TRACKING = {"collect_movement": 1} | TABLES | LAST


def measuring(images: int) -> dict[str, int]:
    return {"measure_nuclei": images} | GATHER | LAST


def tracking(images: int) -> dict[str, int]:
    return dict.fromkeys(["track_nuclei", "draw_nuclei"], images) | AFTER_TRACKING


def labelling(images: int) -> dict[str, int]:
    return {"label_nuclei": images} | measuring(images) | tracking(images)
