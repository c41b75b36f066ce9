"""The commands of conda that Snakemake calls, by py-rattler: a stand-in where there is no conda.

It solves, installs and activates with the library on which pixi rests, from the channels that the
environment names, and hands the pip section to the environment's own pip in a file of requirements,
as conda does. Channels are looked for below the environment variable CONDA_CHANNEL_ALIAS.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import yaml
from rattler import Channel, ChannelConfig, Gateway, install, solve
from rattler.platform import Subdir
from rattler.shell import ActivationVariables, Shell, activate


async def create(file: Path, prefix: Path) -> None:
    """Make the environment that a file describes."""
    wanted = yaml.safe_load(file.read_text(encoding="utf-8"))
    alias = ChannelConfig(channel_alias=os.environ["CONDA_CHANNEL_ALIAS"])
    packages = Path(os.environ["CONDA_PKGS_DIRS"])
    records = await solve(
        [Channel(name, alias) for name in wanted["channels"] if name != "nodefaults"],
        [line for line in wanted["dependencies"] if isinstance(line, str)],
        gateway=Gateway(cache_dir=packages / "repodata"),
        platforms=[str(Subdir.current()), "noarch"],
    )
    await install(records, prefix, cache_dir=packages, show_progress=False)
    for section in wanted["dependencies"]:
        if isinstance(section, dict):
            requirements = Path(f"{prefix}.requirements.txt")
            requirements.write_text("\n".join(section["pip"]), encoding="utf-8")
            pip = [str(prefix / "bin" / "python"), "-m", "pip", "install", "-U"]
            subprocess.run([*pip, "-r", str(requirements), "--exists-action=b"], check=True)


def activation(prefix: Path) -> str:
    """Give the lines of shell that activate an environment."""
    now = ActivationVariables(None, os.environ["PATH"].split(os.pathsep))
    return activate(prefix, now, Shell.bash).script


def install_command(base: Path) -> None:
    """Put ``conda`` and ``activate`` into the folder bin of what is to pass for a conda."""
    (base / "bin").mkdir(parents=True)
    conda, shell = base / "bin" / "conda", base / "bin" / "activate"
    conda.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).resolve()}" "$@"\n')
    conda.chmod(0o755)
    shell.write_text(f'eval "$("{conda}" activation "$1")"\n')


def main() -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", action="version", version="conda 24.7.1 (stand-in)")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("info").add_argument("--json", action="store_true", required=True)
    config = commands.add_parser("config")
    config.add_argument("--get", choices=["channel_priority"], required=True)
    config.add_argument("--json", action="store_true", required=True)
    commands.add_parser("activation").add_argument("prefix", type=Path)
    clean = commands.add_parser("clean")  # of downloaded archives; here nothing is downloaded
    clean.add_argument("-y", action="store_true")
    clean.add_argument("--tarballs", action="store_true", required=True)
    env = commands.add_parser("env").add_subparsers(required=True).add_parser("create")
    env.add_argument("--quiet", action="store_true")
    env.add_argument("--no-default-packages", action="store_true")
    env.add_argument("--file", type=Path, required=True)
    env.add_argument("--prefix", type=Path, required=True)
    asked = parser.parse_args()
    if asked.command == "info":
        base = os.environ["CONDA_STAND_IN"]
        print(json.dumps({"conda_prefix": base, "platform": str(Subdir.current())}))
    elif asked.command == "config":
        print(json.dumps({"get": {"channel_priority": "strict"}}))
    elif asked.command == "activation":
        print(activation(asked.prefix))
    elif asked.command == "env":
        asyncio.run(create(asked.file, asked.prefix))


if __name__ == "__main__":
    main()
