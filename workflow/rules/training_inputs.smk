from immunostain.evaluation import annotated_folders


def or_stop(function):
    """Give a function that ends the run with one sentence where the settings don't fit."""

    def checked():
        try:
            return function()
        except SettingsError as error:
            stop(error)

    return checked


@or_stop
def training_pairs():
    asked = config["training"]
    pairs = annotated_folders.find_pairs("training", asked["images"], asked["labels"])
    if asked["held_back"] is None:
        return pairs
    names = annotated_folders.read_names("training.held_back", asked["held_back"])
    return annotated_folders.without_named(pairs, names)


@or_stop
def evaluation_pairs():
    asked = config["evaluation"]
    if "m" in str(config["segmentation"]["unet"]["nucleus_diameter"]):
        raise SettingsError(
            "config: segmentation.unet.nucleus_diameter is in micrometres, but annotated images "
            "don't say how large a pixel is; evaluate_unet needs pixels or auto"
        )
    pairs = annotated_folders.find_pairs("evaluation", asked["images"], asked["labels"])
    if asked["only"] is None:
        return pairs
    names = annotated_folders.read_names("evaluation.only", asked["only"])
    return annotated_folders.only_named("evaluation.only", pairs, names)


@or_stop
def evaluated_model():
    model = config["segmentation"]["unet"]["model"]
    if not isinstance(model, str):
        raise SettingsError(
            "config: segmentation.unet.model has a model for each magnification; "
            "name the one that evaluate_unet is to judge"
        )
    model = str(model_files.find_model(model))
    model_files.check_model_file(model)
    return model


@or_stop
def tracked_image():
    asked, images = config["evaluation"], list(FOUND.images)
    if not asked["tracking_truth"]:
        raise SettingsError(
            "config: evaluation.tracking_truth is empty; give a folder of ground truth of the "
            "Cell Tracking Challenge, such as 01_GT"
        )
    image = asked["tracked_image"] or (images[0] if len(images) == 1 else None)
    if image is None:
        raise SettingsError(
            "config: evaluation.tracked_image is empty and there are several images; "
            "name the one that evaluation.tracking_truth belongs to"
        )
    if image not in images:
        raise SettingsError(
            f'config: evaluation.tracked_image: "{image}" is not in the input folder; '
            f"there are {image_files.shortened(images)}"
        )
    return image
