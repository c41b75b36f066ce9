"""Tell where the seconds of a still's jobs go: into importing what, and into which functions.

A still, as whole_workflow.py makes it, is analysed twice on one core: once each process notes what
it imports (``python -X importtime``, by the clock), once each is profiled, threads too. Profiling
makes what calls many functions look slower than it is; waiting for threads counts as nothing.
"""

import argparse
import pstats
import re
import tempfile
from collections import defaultdict
from pathlib import Path

from runs import FORKED, SNAKEMAKE, WORKFLOW, Cost, analyse
from synthetic import make_stills

# The first of these goes to where the process's messages go, so they get a file of their own.
# Jobs that are forks have had imported, by the process that they are forked from, what scripts name
# in their first lines.
NOTE_IMPORTS = """
if os.path.basename(sys.argv[0]).startswith(("tmp", "forks")):
    name = os.path.join(os.environ["BENCHMARK_FOLDER"], os.path.basename(sys.argv[0]) + ".imports")
    os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), 2)
"""
PROFILE = """
script = os.path.basename(sys.argv[0])
if script.startswith(("tmp", "forks")):
    import cProfile, pstats, threading
    from multiprocessing import util
    profiles = []
    def begin(*_):
        profiles.append(cProfile.Profile(time.thread_time))
        profiles[-1].enable()
    def save(apart=""):
        profiles[0].disable()
        name = os.path.basename(sys.argv[0]).replace(".", apart + ".", 1) + ".profile"
        pstats.Stats(*profiles).dump_stats(os.path.join(os.environ["BENCHMARK_FOLDER"], name))
    def forked(_):
        apart = bool(profiles)  # a process that does the work of a job, else the job itself
        if not apart:
            begin()
        util.Finalize(None, save, [".apart" if apart else ""], exitpriority=0)
    util.register_after_fork(save, forked)
    threading.setprofile(begin)
    if script.startswith("tmp"):
        atexit.register(save)
        begin()
"""


def imports(notes: Path) -> dict[str, float]:
    """Add up the milliseconds of importing by top package, from what ``-X importtime`` prints."""
    packages: dict[str, float] = defaultdict(float)
    for own, name in re.findall(
        r"^import time: +(\d+) \| +\d+ \| +(\S+)$", notes.read_text(), re.MULTILINE
    ):
        packages[name.partition(".")[0]] += int(own) / 1000
    return packages


def _rule(path: Path) -> str:
    """Tell the rule from a name such as tmpabc123.split_frames.py.imports."""
    rule = path.name.split(".")[-3]
    return FORKED if rule == "forks" else rule


def print_imports(cost: Cost, folder: Path, most: int) -> None:
    """Print for each rule the packages that take longest to import."""
    for notes in sorted(folder.glob("*.imports"), key=_rule):
        rule, packages = _rule(notes), imports(notes)
        print(f"\n{rule}: {cost.by_rule[rule]:.2f} CPU s, imports {sum(packages.values()):.0f} ms")
        largest = sorted(packages, key=lambda name: -packages[name])[:most]
        print("  " + ", ".join(f"{name} {packages[name]:.0f}" for name in largest))


def print_functions(folder: Path, most: int) -> None:
    """Print for each rule the functions of the library that take longest, with what they call."""
    for path in sorted(folder.glob("*.profile"), key=_rule):
        print(f"\n{_rule(path)}: CPU milliseconds with all that is called, and alone")
        mine = [
            (total, own, Path(file).stem, name)
            for (file, _, name), (_, _, own, total, _) in pstats.Stats(str(path)).stats.items()
            if "/immunostain/" in file and name != "<module>"
        ]
        for total, own, module, name in sorted(mine, reverse=True)[:most]:
            print(f"  {total * 1000:8.0f} {own * 1000:8.0f}   {module}.{name}")


def main() -> None:
    """Analyse a still twice and print what its jobs did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", default="threshold", choices=["threshold", "unet"])
    parser.add_argument("--top", type=int, default=10, help="packages and functions of each rule")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--snakefile", type=Path, default=WORKFLOW / "workflow" / "Snakefile")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        images, how = Path(name) / "images", (arguments.method, 1, arguments.snakefile.resolve())
        make_stills(images, 1, arguments.seed)
        for run, at_start in (("imports", NOTE_IMPORTS), ("functions", PROFILE)):
            place = Path(name) / run
            place.mkdir()
            environ = {"PYTHONPROFILEIMPORTTIME": "1"} if run == "imports" else {}
            cost = analyse(place, images, *how, at_start=at_start, environ=environ)
            print(
                f"\n{run}: {cost.cpu:.1f} CPU s, of these {SNAKEMAKE} {cost.by_rule[SNAKEMAKE]:.1f}"
            )
            if run == "imports":
                print_imports(cost, place / "told", arguments.top)
            else:
                print_functions(place / "told", arguments.top)


if __name__ == "__main__":
    main()
