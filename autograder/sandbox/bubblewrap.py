"""The command that starts the warm process inside bubblewrap.

Inside there is a read-only system and the engine's allow-list, no network, no host path, and private temporary folders.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox.errors import SandboxError
from autograder.sandbox.limits import Limits

NOBODY = 65534
BASE = Path(sys.base_prefix).resolve()
PACKAGES = Path(sysconfig.get_path("purelib")).resolve()
INSIDE = Path(__file__).parent / "inside"
PROJECT = Path(__file__).resolve().parents[2]
# The last two come with nbgrader and with the tests, and solve exercises.
HIDDEN_PACKAGES = ("seqlib", "autograder", "rapidfuzz", "sacrebleu")
# Beside these, they say where on the host the project lies.
TELLING_FILES = ("__editable__*", "*.dist-info/direct_url.json")
SYSTEM = ("/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives", "/usr/share/zoneinfo")
ISOLATION = (
    *("--unshare-all", "--unshare-user", "--disable-userns", "--uid", "0", "--gid", "0"),
    *("--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"),
    # what the warm process needs to fork student processes apart; they give it up before anybody's code runs
    *("--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETPCAP"),
)
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/home/student",
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "MPLCONFIGDIR": "/tmp",
    "IPYTHONDIR": "/tmp/ipython",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "NBGRADER_EXECUTION": "autograde",
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"),
}


@dataclass(frozen=True)
class Sources:
    """Host folders that are shown inside, read-only: interpreter, packages, this package's inner half, the course's tree."""

    tree: Path
    base: Path = BASE
    packages: Path = PACKAGES
    inside: Path = INSIDE

    @property
    def system_python(self) -> bool:
        """Whether the interpreter lies in /usr, which is shown anyway."""
        return self.base == Path("/usr")

    def folders(self) -> dict[str, Path]:
        """From the name below /opt to the host's folder."""
        shown = {"site": self.packages, "inside/autograder/sandbox/inside": self.inside, "course": self.tree}
        return shown if self.system_python else {"python": self.base, **shown}

    def shown(self) -> dict[str, Path]:
        """From a name inside to the host's folder, of those that hold more than this project put there."""
        folders = self.folders()
        return {
            "/usr": Path("/usr"),
            **{f"/opt/{name}": folders[name] for name in ("python", "site") if name in folders},
        }

    def hidden(self) -> list[str]:
        """The folders inside that are empty: the project, wherever it lies or is installed, and packages that solve exercises."""
        found = {
            folder
            for root in self.shown().values()
            for below in ("lib", "local/lib")
            for folder in root.glob(f"{below}/python3*/*-packages")
        }
        hosts = [folder / name for folder in (self.packages, *found) for name in HIDDEN_PACKAGES]
        if (PROJECT / "pyproject.toml").is_file():  # else it is installed
            hosts.append(PROJECT)
        names = {name for host in hosts if host.is_dir() for name in self.inside_names(host)}
        return sorted(name for name in names if not any(map(names.__contains__, map(str, Path(name).parents))))

    def telling(self) -> Iterator[str]:
        """The files inside that say where on the host the project lies."""
        for pattern in TELLING_FILES:
            for path in self.packages.glob(pattern):
                yield from self.inside_names(path) if path.is_file() else ()

    def inside_names(self, host: Path) -> Iterator[str]:
        """Every name that something of the host's has inside; none where it is not shown."""
        for name, root in self.shown().items():
            if host.is_relative_to(root):
                yield str(Path(name) / host.relative_to(root))


def require_unseen(folder: Path) -> None:
    """Raise SandboxError where students' code would see this folder of the host's."""
    sources = Sources(folder)
    hidden = sources.hidden()
    for name in sources.inside_names(folder.resolve()):
        if not any(Path(name).is_relative_to(place) for place in hidden):
            raise SandboxError(
                f"students' code can read {folder}, since it lies in a folder of programs: move it, to a home folder for example"
            )


def python_command(sources: Sources) -> list[str]:
    """The interpreter as it is called inside."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [f"/usr/bin/{version}" if sources.system_python else f"/opt/python/bin/{version}", "-s", "-B"]


def arguments(sources: Sources, folders: dict[str, Path], limits: Limits) -> list[str]:
    """bubblewrap's options: never on its command line, which /proc shows inside."""
    args = [*ISOLATION, "--ro-bind", "/usr", "/usr"]
    for name in ("lib", "lib64", "lib32", "bin", "sbin"):
        host = Path("/", name)
        if host.is_symlink():
            args += ["--symlink", os.readlink(host), f"/{name}"]
        elif host.is_dir():
            args += ["--ro-bind", f"/{name}", f"/{name}"]
    for path in SYSTEM:
        args += ["--ro-bind-try", path, path]
    args += ["--proc", "/proc", "--dev", "/dev"]
    for target in ("/tmp", "/home/student", "/dev/shm"):
        args += ["--size", str(limits.disk), "--tmpfs", target]
    for name, folder in folders.items():
        args += ["--ro-bind", str(folder), f"/opt/{name}"]
    for place in sources.hidden():
        args += ["--size", "4096", "--tmpfs", place, "--remount-ro", place]
    for name in sources.telling():
        args += ["--ro-bind", "/dev/null", name]
    environment = {
        **ENVIRONMENT,
        "PYTHONPATH": "/opt/inside:/opt/course:/opt/site",
        "LD_LIBRARY_PATH": "/opt/python/lib",
    }
    for name, value in environment.items():
        args += ["--setenv", name, value]
    return [*args, "--chdir", "/home/student", "--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"]


def program() -> str:
    """Where bubblewrap is. Raises SandboxError where it is missing."""
    path = shutil.which("bwrap")
    if path is None:
        raise SandboxError("bubblewrap (bwrap) is not installed; on Debian or Ubuntu: apt-get install bubblewrap")
    return path


def command(inner: list[str], options: int) -> list[str]:
    """The outer command; bubblewrap reads its options from the file descriptor `options`."""
    return [program(), "--args", str(options), "--", *inner]


def as_nobody(outer: list[str], folders: dict[str, Path]) -> tuple[list[str], dict[str, Path]]:
    """The command for root: show the folders where an unprivileged user can reach them, then become that user.

    Bubblewrap as root would leave kernel settings writable inside.
    The places lie in a mount namespace of the command's own, so that nothing is left behind on the host.
    """
    for tool in ("setpriv", "unshare"):
        if shutil.which(tool) is None:
            raise SandboxError(f"{tool} is not installed; root needs it to give up its rights (package util-linux)")
    stage = next(
        Path(place)
        for place in ("/mnt", "/media", "/srv", "/opt", "/home")
        if Path(place).is_dir() and not any(folder.is_relative_to(place) for folder in folders.values())
    )
    staged = {name: stage / name.replace("/", "-") for name in folders}
    lines = ["set -e", f"mount -t tmpfs -o size=1m,mode=0755 none {stage}"]
    for name, folder in folders.items():
        lines += [f"mkdir {staged[name]}", f"mount --bind {shlex.quote(str(folder))} {staged[name]}"]
    identity = [
        "setpriv",
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
        "--inh-caps=-all",
        "--bounding-set=-all",
        "--",
    ]
    lines.append("exec " + shlex.join([*identity, *outer]))
    return ["unshare", "--mount", "--propagation", "private", "--", "sh", "-c", "\n".join(lines)], staged
