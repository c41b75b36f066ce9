"""Turn the nuclei of a run into an AnnData object, for scanpy and squidpy.

python docs/scripts/to_anndata.py RESULTS/analysis_data/general_stats/nuclei.parquet NUCLEI.h5ad
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def parts(nuclei: pd.DataFrame) -> dict[str, Any]:
    """Give what an AnnData object is made of.

    X is the mean intensity of each stain in each nucleus, NaN where an image lacks the stain. obs
    has all other columns, and `library_id`: what squidpy takes for one picture, an image, or of an
    image with several one scene and frame. obsm["spatial"] is each nucleus's centre, x and y in
    micrometres (of square pixels), in pixels where the file doesn't say how large one is;
    obs["spatial_unit"] tells.
    """
    channels = [
        name.removesuffix("_saturated_px") for name in nuclei if name.endswith("_saturated_px")
    ]
    means = [f"{channel}_mean" for channel in channels]
    frame = "_s" + nuclei["scene"].astype(str) + "_t" + nuclei["frame"].astype(str)
    several = (nuclei["scene"] + nuclei["frame"]).groupby(nuclei["image"]).transform("max") > 0
    pixel_um = np.sqrt(nuclei["area_um2"].astype(float) / nuclei["area_px"])
    obs = nuclei.drop(columns=means).assign(
        library_id=nuclei["image"].where(~several, nuclei["image"] + frame),
        spatial_unit=np.where(pixel_um.isna(), "px", "um"),
    )
    for name in obs:
        if not pd.api.types.is_numeric_dtype(obs[name]):
            obs[name] = obs[name].astype("string").astype("category")
    obs.index = pd.Index(nuclei["image"] + frame + "_" + nuclei["nucleus_id"].astype(str))
    centres = nuclei[["x_px", "y_px"]].mul(pixel_um.fillna(1), axis=0)
    return {
        "X": nuclei[means].to_numpy(np.float32),
        "obs": obs,
        "var": pd.DataFrame(index=pd.Index(channels)),
        "obsm": {"spatial": centres.to_numpy(float)},
    }


if __name__ == "__main__":
    import anndata

    anndata.AnnData(**parts(pd.read_parquet(sys.argv[1]))).write_h5ad(Path(sys.argv[2]))
