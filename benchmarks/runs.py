"""Run the workflow on a folder of images and tell what each of its processes used."""

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

WORKFLOW = Path(__file__).resolve().parents[1]
SNAKEMAKE = "Snakemake itself"
FORKED = "before forks"  # the process that jobs are forked from

# Python runs this at the start of every process that finds it on its path; the process then tells
# at its end what it has used. (Snakemake's own benchmark files miss jobs that last a second.)
AT_EXIT = """
import atexit, json, os, resource, sys, time
started = time.time()
def tell():
    script = os.path.basename(sys.argv[0])
    used = [resource.getrusage(resource.RUSAGE_SELF)]
    if script.startswith("tmp"):  # a job: with the processes that it started
        used.append(resource.getrusage(resource.RUSAGE_CHILDREN))
    # Not ru_maxrss: that is at least what the process that started this one had.
    peak = next(int(row.split()[1]) for row in open("/proc/self/status") if "VmHWM" in row)
    cpu = sum(each.ru_utime + each.ru_stime for each in used)
    told = [script, cpu, peak / 1024, started, time.time()]
    with open(os.path.join(os.environ["BENCHMARK_FOLDER"], f"{os.getpid()}.json"), "w") as file:
        json.dump(told, file)
atexit.register(tell)
if os.path.basename(sys.argv[0]) == "forks.py":  # whose forks are jobs
    from multiprocessing import util
    def begin(_):
        global started
        if os.path.basename(sys.argv[0]) == "forks.py":  # not yet a job that forks in turn
            started = time.time()
            util.Finalize(None, tell, exitpriority=0)
    util.register_after_fork(tell, begin)
"""


@dataclass
class Process:
    """What a process used: CPU seconds and peak MB, and from when to when it ran."""

    rule: str
    cpu: float
    peak: float
    started: float
    ended: float


@dataclass
class Cost:
    """What a run used: seconds by the clock, CPU seconds, and those and the peak MB by rule."""

    wall: float
    cpu: float
    by_rule: dict[str, float]
    peak: dict[str, float]
    processes: list[Process]


def analyse(
    place: Path,
    images: Path,
    method: str,
    cores: int,
    snakefile: Path,
    *options: str,
    at_start: str = "",
    environ: dict[str, str] | None = None,
) -> Cost:
    """Run Snakemake once and give what that used.

    Parameters
    ----------
    place
        Where it runs: results go to ``results`` below it, what is printed to ``console.txt``.
    images
        The input folder.
    method, cores, snakefile
        As on the command lines of the benchmarks.
    options
        Further ones of Snakemake, such as ``--dry-run``.
    at_start
        Python that each process runs at its start.
    environ
        Further environment variables.
    """
    shutil.rmtree(place / "told", ignore_errors=True)
    (place / "told").mkdir()
    (place / "sitecustomize.py").write_text(AT_EXIT + at_start)
    command = [
        *(sys.executable, "-m", "snakemake", "--cores", str(cores), "--directory", str(place)),
        *("--snakefile", str(snakefile)),
        *("--configfile", str(WORKFLOW / "config" / "config.yaml"), *options),
        *("--config", f"input_folder={images}", f"output_folder={place / 'results'}"),
        f"segmentation={{method: {method}}}",
    ]
    told = {"PYTHONPATH": str(place), "BENCHMARK_FOLDER": str(place / "told")}
    started = time.perf_counter()
    with (place / "console.txt").open("w+") as console:
        process = subprocess.Popen(
            command, stdout=console, stderr=console, env={**os.environ, **told, **(environ or {})}
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"the workflow failed:\n{(place / 'console.txt').read_text()[-3000:]}")
    processes = [
        Process(_rule(script), *numbers)
        for script, *numbers in (json.loads(f.read_text()) for f in (place / "told").glob("*.json"))
    ]
    by_rule: dict[str, float] = defaultdict(float)
    peak: dict[str, float] = defaultdict(float)
    for each in processes:
        peak[each.rule] = max(peak[each.rule], each.peak)
        by_rule[each.rule] += each.cpu
    cpu = used.ru_utime + used.ru_stime
    by_rule[SNAKEMAKE] += cpu - sum(by_rule.values())
    return Cost(wall, cpu, by_rule, peak, processes)


def _rule(script: str) -> str:
    """Tell the rule of a process: a job's script is called tmpabc123.split_frames.py."""
    if script == "forks.py":
        return FORKED
    return script.split(".")[-2] if script.startswith("tmp") else SNAKEMAKE


def run_workflow(images: Path, scratch: Path, method: str, cores: int, snakefile: Path) -> Cost:
    """Analyse a folder from nothing and give what that used; the results are deleted."""
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        return analyse(Path(name), images, method, cores, snakefile)


def busy(processes: Iterable[Process], since: float, until: float, cores: int) -> float:
    """Give the share of the cores' time that processes used between two times.

    A process is taken to use as much at all times of its life.
    """
    used = 0.0
    for each in processes:
        shared = min(each.ended, until) - max(each.started, since)
        used += each.cpu * max(0.0, shared) / (each.ended - each.started)
    return used / (cores * (until - since))


def chunks_of(images: Path, chunk_size: float = 256e6) -> int:
    """Count the parts into which the workflow cuts the files of a folder."""
    sizes = [path.stat().st_size for path in images.glob("*.czi")]
    return sum(max(1, math.ceil(size / chunk_size)) for size in sizes)


def print_rules(cost: Cost) -> None:
    """Print what the jobs of each rule used."""
    print(f"{'':20} {'jobs':>6} {'CPU seconds':>12} {'longest s':>10} {'peak MB':>8}")
    for rule in sorted(cost.by_rule, key=lambda r: -cost.by_rule[r]):
        mine = [each for each in cost.processes if each.rule == rule]
        longest = max((each.ended - each.started for each in mine), default=0.0)
        print(
            f"{rule:20} {len(mine):>6} {cost.by_rule[rule]:12.1f} {longest:10.1f} "
            f"{cost.peak.get(rule, 0):8.0f}"
        )
