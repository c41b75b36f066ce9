"""A SLURM of our own on this computer, from Debian's packages: one node with a card, no database.

The card exists for the scheduler only. Everything (keys, sockets, ports, spools) is in a folder of
its own, so that a SLURM that this computer may belong to is neither used nor disturbed.
"""

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ["munge", "slurmctld", "slurmd", "slurm-client"]
PROGRAMS = ["munged", "slurmctld", "slurmd", "srun", "sbatch", "squeue", "scontrol", "scancel"]
_SBIN = ":/usr/sbin:/sbin"
# Asks each second what became of its jobs. By itself the executor waits 10 seconds longer each
# time, which is most of what a run of small jobs takes; nothing else is changed.
_ASKING_OFTEN = """\
from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor
RemoteExecutor.next_seconds_between_status_checks = property(lambda _: 1, lambda *_: None)
main()
"""

_SLURM_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=100000
AccountingStorageType=accounting_storage/none
# Without cgroups it is this that kills a job which takes more memory than it asked for.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
KillWait=2
MinJobAge=3600
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:1 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=600 State=UP
"""


def snakemake(arguments: list[str]) -> list[str]:
    """Give the command of Snakemake that asks SLURM often what became of its jobs."""
    return [sys.executable, "-c", _ASKING_OFTEN, *arguments]


def missing() -> str:
    """Say why no SLURM can be started here; an empty text if one can."""
    if os.geteuid() != 0:
        return "slurmd must be started by root"
    if [program for program in PROGRAMS if not _which(program)]:
        return f"SLURM is not installed (apt-get install {' '.join(PACKAGES)})"
    return ""


def install() -> None:
    """Install SLURM with apt-get, if that goes; `missing` tells afterwards whether it did."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    options = ["-y", "-q", "--no-install-recommends"]
    with contextlib.suppress(OSError):
        subprocess.run(["apt-get", "update", "-q"], check=False, **quiet)
        # Debian's packages would start their own daemons where there is an init.
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        command = ["apt-get", "install", *options, *PACKAGES]
        subprocess.run(command, check=False, env=environ, **quiet)


@contextlib.contextmanager
def running() -> Iterator[dict[str, str]]:
    """Start the cluster, give the variables that lead its programs there, and take it down again.

    Raises
    ------
    RuntimeError
        It did not come up; the message holds what its logs say.
    """
    # A socket's path may have 107 characters; pytest's folders take most of them.
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    environ = {
        "SLURM_CONF": str(folder / "slurm.conf"),
        "PATH": f"{folder}/bin:{os.environ['PATH']}{_SBIN}",
    }
    daemons: list[subprocess.Popen[bytes]] = []
    try:
        _configure(folder)
        munge = [f"--{name}-file={folder}/munge.{name}" for name in ("key", "pid", "log", "seed")]
        for command in (
            ["munged", "--foreground", f"--socket={folder}/munge.socket", *munge],
            ["slurmctld", "-D", "-c"],
            ["slurmd", "-D"],
        ):
            with open(folder / f"{command[0]}.printed", "wb") as printed:
                daemons.append(
                    subprocess.Popen(
                        [_which(command[0]), *command[1:]],
                        env=os.environ | environ,
                        stdout=printed,
                        stderr=printed,
                    )
                )
            _wait_for(command[0], folder, environ, daemons)
        yield environ
    finally:
        if len(daemons) == 3:
            everyone = ["scancel", "--full", "--signal=KILL", "--user", "root"]
            subprocess.run(everyone, env=os.environ | environ, capture_output=True)
        for daemon in reversed(daemons):
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _which(program: str) -> str | None:
    return shutil.which(program, path=os.environ["PATH"] + _SBIN)


def _free_ports() -> set[int]:
    """Give two ports that are free.

    SLURM must be told its ports, so nobody holds them until it has started. They are below those
    that Linux gives to programs which ask for any port, as all the other tests do.
    """
    found: set[int] = set()
    while len(found) < 2:
        port = random.randrange(10_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            found.add(port)
    return found


def _configure(folder: Path) -> None:
    for name in ("state", "spool", "bin"):
        (folder / name).mkdir()
    # The executor takes all SLURM_ variables away from the step that it starts inside a job.
    srun = folder / "bin" / "srun"
    srun.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {_which("srun")} "$@"\n')
    srun.chmod(0o755)
    key = folder / "munge.key"
    key.touch(mode=0o400)
    key.write_bytes(os.urandom(128))
    folder.chmod(0o755)
    host = socket.gethostname().split(".")[0]
    controller_port, node_port = _free_ports()
    megabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    (folder / "slurm.conf").write_text(
        _SLURM_CONF.format(
            host=host,
            folder=folder,
            controller_port=controller_port,
            node_port=node_port,
            cpus=os.cpu_count(),
            memory=int(0.9 * megabytes),
        )
    )
    (folder / "gres.conf").write_text(f"NodeName={host} Name=gpu File=/dev/null\n")


def _wait_for(
    program: str, folder: Path, environ: dict[str, str], daemons: list[subprocess.Popen[bytes]]
) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and all(daemon.poll() is None for daemon in daemons):
        if program == "munged" and (folder / "munge.socket").exists():
            return
        if program != "munged":
            state = subprocess.run(
                ["sinfo", "--noheader", "--format=%T"],
                env=os.environ | environ,
                capture_output=True,
                text=True,
            )
            if state.returncode == 0 and (program == "slurmctld" or "idle" in state.stdout):
                return
        time.sleep(0.1)
    logs = [path.read_text(errors="replace")[-2000:] for path in sorted(folder.glob("*.log"))]
    logs += [path.read_text(errors="replace")[-2000:] for path in folder.glob("*.printed")]
    raise RuntimeError("\n".join([f"{program} did not start", *logs]))
