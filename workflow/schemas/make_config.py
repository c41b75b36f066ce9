"""Make config/config.yaml from the schema: `make settings`."""

from pathlib import Path

import yaml

from immunostain.inputs import config_text
from immunostain.inputs.settings import complete

SCHEMA = Path(__file__).with_name("config.schema.yaml")
CONFIG = Path(__file__).parents[2] / "config" / "config.yaml"

if __name__ == "__main__":
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    CONFIG.write_text(config_text.text(schema, complete({}, schema)), encoding="utf-8")
