"""Write the page on which settings are chosen by eye."""

import json
from pathlib import Path
from typing import Any

from immunostain.preview import folder, options, page, views
from immunostain.preview.form import form
from immunostain.preview.shown_frames import read_choice
from immunostain.shared.files import whole_file
from immunostain.shared.logs import job_log, say

snakemake: Any

with job_log(snakemake.log[0], "preview") as log:
    params = snakemake.params
    files, shown = read_choice(snakemake.input.frames)
    sizes = [view.size for view in views.read_views(snakemake.input.maps)]
    texts = [Path(path).read_text(encoding="utf-8") for path in snakemake.input.nuclei]
    found = [json.loads(text) for text in texts]
    html = page.render(
        params.page,
        [view for of_image in found for view in of_image],
        options.all_options(sizes, params.settings["segmentation"]),
        {
            "input_folder": params.settings["input_folder"],
            "files": [folder.as_listed(one, one.image in shown) for one in files]
            + [folder.as_refused(path, reason) for path, reason in params.files["refused"].items()],
            "left_alone": params.files["left_alone"],
        },
        form(params.schema, params.settings),
    )
    with whole_file(snakemake.output[0]) as partial:
        partial.write_text(html, encoding="utf-8")
    log.info("%d views of %d images", sum(map(len, found)), len(shown))
    say(f"the preview is ready: open {snakemake.output[0]} in a browser")
