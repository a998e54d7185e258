"""``workbench doctor``: what works on this machine, and what to do about the rest."""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from workbench.cli.tables import show_json

DISTRIBUTION = "mtl-workbench"


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    ``state``: ``ok``; ``note``, it works with less; ``fault``, something that is needed does not work.
    """

    name: str
    state: Literal["ok", "note", "fault"]
    found: str
    do: str = ""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.epilog = "Exit status 1 when something that is needed does not work.\n\nexample: workbench doctor"


def run(given: argparse.Namespace) -> int:
    """Look at everything and say what was found."""
    findings = [finding for check in CHECKS for finding in check()]
    if given.json:
        show_json([asdict(finding) for finding in findings])
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            print(f"{finding.state:<6} {finding.name:<{width}}  {finding.found}")
            if finding.do:
                print(f"{'':<6} {'':<{width}}  -> {finding.do}")
    return int(any(finding.state == "fault" for finding in findings))


def python() -> Iterator[Finding]:
    """The interpreter, against the version the distribution asks for."""
    version = ".".join(map(str, sys.version_info[:3]))
    try:
        needed = metadata.metadata(DISTRIBUTION)["Requires-Python"] or ""
    except metadata.PackageNotFoundError:
        needed = ""
    if SpecifierSet(needed).contains(version, prereleases=True):
        yield Finding("Python", "ok", f"{version} at {sys.executable}")
    else:
        yield Finding(
            "Python", "fault", f"{version}, needed is {needed}", "make a virtual environment with a newer one"
        )


def packages() -> Iterator[Finding]:
    """The installed packages, against the bounds the distribution declares."""
    try:
        declared = [Requirement(text) for text in metadata.requires(DISTRIBUTION) or []]
    except metadata.PackageNotFoundError:
        yield Finding(
            "packages", "note", f"{DISTRIBUTION} is not installed, it runs from its folder", "pip install -e ."
        )
        return
    bad = []
    needed = [wanted for wanted in declared if wanted.marker is None or wanted.marker.evaluate({"extra": ""})]
    for wanted in needed:
        try:
            version = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            bad.append(f"{wanted.name} is missing")
            continue
        if not wanted.specifier.contains(version, prereleases=True):
            bad.append(f"{wanted.name} is {version}, needed is {wanted.specifier}")
    if bad:
        yield Finding("packages", "fault", "; ".join(bad), f"pip install --upgrade {DISTRIBUTION}, or pip install -e .")
    else:
        yield Finding("packages", "ok", f"all {len(needed)} that are needed are there")


def torch_and_device() -> Iterator[Finding]:
    """torch by a multiplication, and the device a run would take."""
    try:
        import torch

        product = float((torch.ones(2, 2) @ torch.ones(2, 2)).sum())
    except (ImportError, OSError) as error:  # OSError: a shared library it needs is missing
        yield Finding("torch", "fault", f"cannot be imported: {error}", "pip install torch torchvision")
        return
    if product != 8:
        yield Finding("torch", "fault", f"{torch.__version__} multiplies ones to {product}", "reinstall torch")
        return
    yield Finding("torch", "ok", f"{torch.__version__}, {torch.get_num_threads()} threads")
    if torch.cuda.is_available():
        shown = ", ".join(
            f"{torch.cuda.get_device_name(i)} ({torch.cuda.get_device_properties(i).total_memory / 2**30:.0f} GiB)"
            for i in range(torch.cuda.device_count())
        )
        yield Finding("device", "ok", f"cuda: {shown}")
    elif torch.backends.mps.is_available():
        yield Finding("device", "ok", "mps: this Mac's GPU")
    elif shutil.which("nvidia-smi") and torch.version.cuda is None:
        yield Finding("device", "note", "cpu: this torch is built without CUDA", "install a CUDA build of torch")
    elif shutil.which("nvidia-smi"):
        yield Finding(
            "device",
            "note",
            f"cpu: no NVIDIA GPU answers torch (built for CUDA {torch.version.cuda})",
            "look at nvidia-smi: a newer driver, or a torch built for an older CUDA",
        )
    else:
        yield Finding("device", "ok", "cpu: no GPU here; everything runs, larger models slowly")


def widgets() -> Iterator[Finding]:
    """The browser parts that JupyterLab needs to show widgets, where this environment's JupyterLab looks for them."""
    from jupyter_core.paths import jupyter_path

    for extension, package in (("@jupyter-widgets/jupyterlab-manager", "ipywidgets"), ("anywidget", "anywidget")):
        places = [Path(folder, extension, "package.json") for folder in jupyter_path("labextensions")]
        found = next((place for place in places if place.is_file()), None)
        if found:
            yield Finding(f"{package} in JupyterLab", "ok", str(found.parent))
        else:
            yield Finding(
                f"{package} in JupyterLab",
                "fault",
                "its browser part is not where JupyterLab looks",
                f"pip install --force-reinstall {package} in the environment that JupyterLab runs in",
            )


def kernel() -> Iterator[Finding]:
    """The kernel that notebooks ask for."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        command = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        yield Finding("kernel python3", "fault", "is not there", "pip install ipykernel")
        return
    if Path(command).name.startswith("python") and command not in (Path(command).name, sys.executable):
        yield Finding(
            "kernel python3",
            "note",
            f"runs {command}, not this Python",
            "python -m ipykernel install --sys-prefix, to have notebooks run with this one",
        )
    else:
        yield Finding("kernel python3", "ok", "runs this Python")


def pictures() -> Iterator[Finding]:
    """What is needed to put PNG pictures beside plotly figures: kaleido and a Chrome."""
    from workbench.plots.figure import chrome

    path = chrome()
    if find_spec("kaleido") is None:
        yield Finding("PNG pictures", "note", "none: kaleido is not installed", "pip install kaleido")
    elif path is None:
        yield Finding(
            "PNG pictures", "note", "none: no Chrome or Chromium", "install one, on Debian: apt install chromium"
        )
    else:
        yield Finding("PNG pictures", "ok", f"through {path}")


def store() -> Iterator[Finding]:
    """The folder that runs are written to."""
    folder = Path(os.environ.get("WORKBENCH_RUNS") or "runs").absolute()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"x")
    except OSError as error:
        yield Finding(
            "run store", "fault", f"{folder}: {error.strerror}", "set WORKBENCH_RUNS to a folder you may write"
        )
        return
    free = shutil.disk_usage(there).free / 2**30
    state: Literal["ok", "note"] = "ok" if free > 1 else "note"
    yield Finding("run store", state, f"{folder}, {free:.1f} GiB free", "" if free > 1 else "make room on this disk")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    python,
    packages,
    torch_and_device,
    widgets,
    kernel,
    pictures,
    store,
)
