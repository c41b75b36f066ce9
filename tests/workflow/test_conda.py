"""``snakemake --use-conda``, with a stand-in for conda and packages from this machine.

What is real: Snakemake's own code for environments, our files of environments, a solver and an
installer of conda packages (py-rattler), activation, a Python in a folder of its own, and its pip,
which resolves all that a file asks for. What is not: conda itself, and conda-forge. The channel
holds a Python and a pip packed from this machine. The wheels that pip finds have the true names,
versions and requirements, but instead of files a path to those that are installed here, as editable
installs have, so nothing is downloaded or copied.
"""

import asyncio
import base64
import csv
import hashlib
import io
import json
import os
import re
import shutil
import sys
import sysconfig
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from czi_files import EXAMPLE
from environments import ENVIRONMENTS, FOLDER, link_package, pinned
from imagecodecs import zstd_encode
from packaging.utils import canonicalize_name
from project import Project

rattler = pytest.importorskip("rattler", reason="py-rattler isn't installed")

from conda_stand_in import install_command  # noqa: E402
from rattler.index import index_fs  # noqa: E402
from rattler.platform import Subdir  # noqa: E402

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11),
    reason="the environments have Python 3.11, and it is packed here",
)

# Not needed, and large.
LEFT_OUT = {"site-packages", "test", "__pycache__", "idlelib", "tkinter", "lib2to3", "turtledemo"}


def pack(channel: Path, folder: Path, name: str, version: str, depends: list[str]) -> None:
    """Make a conda package of a folder."""
    paths = []
    for path in sorted(path for path in folder.rglob("*") if path.is_symlink() or path.is_file()):
        entry = {"_path": str(path.relative_to(folder)), "path_type": "softlink"}
        if not path.is_symlink():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            size = path.stat().st_size
            entry |= {"path_type": "hardlink", "sha256": digest, "size_in_bytes": size}
        paths.append(entry)
    index = {"name": name, "version": version, "build": "0", "build_number": 0}
    index |= {"depends": depends, "subdir": channel.name}
    (folder / "info").mkdir()
    (folder / "info" / "index.json").write_text(json.dumps(index))
    (folder / "info" / "paths.json").write_text(json.dumps({"paths_version": 1, "paths": paths}))
    stem = f"{name}-{version}-0"
    with zipfile.ZipFile(channel / f"{stem}.conda", "w") as archive:
        archive.writestr("metadata.json", '{"conda_pkg_format_version": 2}')
        for part in ("pkg", "info"):
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w") as tar:
                for top in sorted(folder.iterdir()):
                    if (top.name == "info") == (part == "info"):
                        tar.add(top, top.name)
            packed = zstd_encode(packed.getvalue(), level=1)
            archive.writestr(f"{part}-{stem}.tar.zst", packed)


def python_of_this_machine(folder: Path) -> None:
    """Copy Python, its library and nothing that was installed into it."""
    (folder / "bin").mkdir(parents=True)
    (folder / "lib").mkdir()
    shutil.copy2(os.path.realpath(sys._base_executable), folder / "bin" / "python3.11")
    for name in ("python", "python3"):
        (folder / "bin" / name).symlink_to("python3.11")
    shutil.copytree(
        sysconfig.get_path("stdlib"),
        folder / "lib" / "python3.11",
        ignore=lambda _, names: [n for n in names if n in LEFT_OUT or n.startswith("config-")],
    )
    (folder / "lib" / "python3.11" / "site-packages").mkdir()
    shared = Path(sysconfig.get_config_var("LIBDIR")) / sysconfig.get_config_var("INSTSONAME")
    if shared.exists():
        shutil.copy2(shared, folder / "lib")


def pip_of_this_machine(folder: Path) -> str:
    """Unpack the pip that comes with Python, and give its version."""
    [wheel] = (Path(sysconfig.get_path("stdlib")) / "ensurepip" / "_bundled").glob("pip-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "lib" / "python3.11" / "site-packages")
    return wheel.name.split("-")[1]


def write_wheel(name: str, version: str, wheels: Path, linked: Path) -> None:
    """Make a wheel of an installed package that tells Python where its files are."""
    linked.mkdir(parents=True)
    link_package(name, linked)
    installed = metadata.distribution(name)
    plain = name.replace("-", "_")
    about = f"{plain}-{version}.dist-info"
    requires = "".join(f"Requires-Dist: {line}\n" for line in installed.requires or [])
    extras = "".join(
        f"Provides-Extra: {extra}\n" for extra in installed.metadata.get_all("Provides-Extra") or []
    )
    files = {
        f"__path_of_{plain}.pth": f"{linked}\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + requires
        + extras,
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = io.StringIO()
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        csv.writer(record).writerow([path, f"sha256={digest.decode()}", len(text.encode())])
    csv.writer(record).writerow([f"{about}/RECORD", "", ""])
    files[f"{about}/RECORD"] = record.getvalue()
    with zipfile.ZipFile(wheels / f"{plain}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)


@pytest.fixture(scope="module")
def conda(tmp_path_factory) -> dict[str, str]:
    """Give the variables with which ``conda`` is a command and finds its packages."""
    folder = tmp_path_factory.mktemp("conda")
    channel = folder / "channels" / "conda-forge" / str(Subdir.current())
    channel.mkdir(parents=True)
    (channel.parent / "noarch").mkdir()
    python_of_this_machine(folder / "python")
    pack(channel, folder / "python", "python", sysconfig.get_python_version() + ".0", [])
    pack(channel, folder / "pip", "pip", pip_of_this_machine(folder / "pip"), ["python"])
    asyncio.run(index_fs(channel.parent))
    wheels = folder / "wheels"
    wheels.mkdir()
    lines = {name: line for each in ENVIRONMENTS for name, line in pinned(each).items()}
    for name, line in lines.items():
        [version] = (part.version for part in line.specifier)
        write_wheel(name, version, wheels, folder / "linked" / name)
    install_command(folder / "base")
    return {
        "PATH": f"{folder / 'base' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "CONDA_STAND_IN": str(folder / "base"),
        "CONDA_CHANNEL_ALIAS": f"file://{folder / 'channels'}/",
        "CONDA_PKGS_DIRS": str(folder / "packages"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": os.devnull,
        "PYTHONNOUSERSITE": "1",
        # Each process would compile Python's library anew: it is packed without what was compiled.
        "PYTHONDONTWRITEBYTECODE": "",
    }


# Put into the environments. Snakemake appends its own packages to sys.path of a script, and what an
# environment lacks would be found there. Only Snakemake's preamble may look there.
ONLY_SNAKEMAKE = """
import importlib.machinery, os, sys

class OnlySnakemake:
    def find_spec(self, name, path=None, target=None):
        found = importlib.machinery.PathFinder.find_spec(name, path, target)
        where = (found.origin or "") if found else ""
        elsewhere = where.startswith(os.environ["SITE_PACKAGES_OF_SNAKEMAKE"])
        if elsewhere and not name.startswith("snakemake"):
            raise ModuleNotFoundError(f"No module named '{name}' in {sys.prefix}", name=name)
        return found

if "SITE_PACKAGES_OF_SNAKEMAKE" in os.environ:
    sys.meta_path.insert(0, OnlySnakemake())
    with open(os.environ["PYTHONS_USED"], "a") as file:
        file.write(sys.prefix + "\\n")
"""


def environments_of(project: Project) -> dict[str, Path]:
    """Give the folders of the environments that Snakemake has made, by the names of their files."""
    made = {}
    for path in (project.folder / ".snakemake" / "conda").glob("*.yaml"):
        [name] = (n for n in ENVIRONMENTS if (FOLDER / f"{n}.yaml").read_text() == path.read_text())
        made[name] = path.with_suffix("")
    return made


def packages_of(environment: Path) -> Path:
    return environment / "lib" / "python3.11" / "site-packages"


@pytest.fixture(scope="module")
def with_conda(conda, tmp_path_factory) -> Project:
    """Run with --use-conda: the network finds nuclei, then all is done with a threshold."""
    project = Project(tmp_path_factory.mktemp("with_conda"))
    (project.folder / "images").mkdir()
    shutil.copy2(EXAMPLE / "timelapse_1.czi", project.folder / "images")
    used = {"PYTHONS_USED": str(project.folder / "pythons_used.txt")}
    where = {"SITE_PACKAGES_OF_SNAKEMAKE": sysconfig.get_path("purelib")}

    def run(*options: str) -> None:
        done = project.run("--use-conda", *options, environ=conda | used | where)
        assert done.returncode == 0, done.stdout + done.stderr

    project.configure(segmentation={"method": "unet"})
    run("--conda-create-envs-only")
    for folder in environments_of(project).values():
        (packages_of(folder) / "only_snakemake.py").write_text(ONLY_SNAKEMAKE)
        (packages_of(folder) / "only_snakemake.pth").write_text("import only_snakemake\n")
    run("--until", "predict_nuclei")
    project.configure()
    run()
    return project


def test_scripts_run_in_the_environments_and_need_no_package_from_elsewhere(with_conda):
    environments = environments_of(with_conda)
    assert set(environments) == {"analysis", "network"}
    used = (with_conda.folder / "pythons_used.txt").read_text().split()
    assert set(used) == {str(folder) for folder in environments.values()}


def test_an_environment_holds_what_it_pins_pip_and_nothing_else(with_conda):
    for name, folder in environments_of(with_conda).items():
        found = list(metadata.distributions(path=[str(packages_of(folder))]))
        assert len(found) == len(pinned(name)) + 1
        versions = {canonicalize_name(each.name): each.version for each in found}
        assert versions.pop("pip")
        assert all(pinned(name)[each].specifier.contains(versions[each]) for each in versions)


def test_torch_is_not_installed_where_a_threshold_finds_the_nuclei(with_conda, conda, tmp_path):
    planned = with_conda.copy(tmp_path / "project").run("--use-conda", "-n", "-F", environ=conda)
    made = re.findall(r"Conda environment (.+) will be created", planned.stdout + planned.stderr)
    assert [Path(path).name for path in made] == ["analysis.yaml"]


def test_results_are_those_of_a_run_without_conda(finished, with_conda):
    results = with_conda.results
    same = [*(results / "labels").rglob("*.tif"), *(results / "measurements").rglob("*.csv")]
    same += [*(results / "tracks").glob("*.csv")]
    assert len(same) > 5
    for path in same:
        other = finished.results / path.relative_to(results)
        assert other.read_bytes() == path.read_bytes(), path


def test_a_second_run_with_conda_has_nothing_to_do(with_conda, conda):
    again = with_conda.run("--use-conda", "--dry-run", environ=conda)
    assert "Nothing to be done" in again.stdout + again.stderr
