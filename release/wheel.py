#!/usr/bin/env python3
"""Puts an mss-emulator binary into a Python wheel, so that `pip install` of the file gives the command.

  python3 release/wheel.py --binary target/release/mss-emulator --platform linux_amd64 --out dist

There is no build step: the binary is in the wheel as it is, and the wheel's tag says for which platform. The same binary
gives the same bytes. Needs Python 3.8.
"""

import argparse
import base64
import hashlib
import pathlib
import re
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAME = "mss_emulator"
# Python's tags of a platform. A binary with musl is static, so it runs on both kinds of Linux.
TAGS = {
    "linux_amd64": "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
    "linux_arm64": "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    "darwin_amd64": "macosx_10_12_x86_64",
    "darwin_arm64": "macosx_11_0_arm64",
    "windows_amd64": "win_amd64",
    "windows_arm64": "win_arm64",
}
# Zip knows no earlier time; every file has it, so that the bytes depend on the content alone.
EPOCH = (1980, 1, 1, 0, 0, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--platform", choices=TAGS, required=True, help="such as linux_amd64")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "dist")
    arguments = parser.parse_args()
    print(write_wheel(arguments.binary, arguments.platform, arguments.out))


def file_name(platform):
    return f"{NAME}-{package_version()}-py3-none-{TAGS[platform]}.whl"


def write_wheel(binary, platform, out):
    """Writes the wheel of a platform; answers its path."""
    version = package_version()
    stem = f"{NAME}-{version}"
    program = "mss-emulator.exe" if platform.startswith("windows") else "mss-emulator"
    files = {
        f"{stem}.data/scripts/{program}": binary.read_bytes(),
        f"{stem}.dist-info/METADATA": metadata(version),
        f"{stem}.dist-info/WHEEL": wheel(TAGS[platform]),
        f"{stem}.dist-info/licenses/LICENSE": (ROOT / "LICENSE").read_bytes(),
    }
    record = f"{stem}.dist-info/RECORD"
    lines = [f"{name},sha256={digest(content)},{len(content)}\n" for name, content in files.items()]
    files[record] = "".join([*lines, f"{record},,\n"]).encode()
    out.mkdir(parents=True, exist_ok=True)
    path = out / file_name(platform)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            # Compression differs from one zlib to the next.
            entry.compress_type = zipfile.ZIP_STORED
            entry.create_system = 3
            entry.external_attr = (0o100755 if "/scripts/" in name else 0o100644) << 16
            archive.writestr(entry, content)
    return path


def metadata(version):
    return (
        "Metadata-Version: 2.4\n"
        "Name: mss-emulator\n"
        f"Version: {version}\n"
        "Summary: A small Alibaba Cloud on loopback (RAM, Resource Management, STS, MSS) for tests\n"
        "License-Expression: MPL-2.0\n"
        "License-File: LICENSE\n"
        "Requires-Python: >=3.8\n"
        "Project-URL: Source, https://github.com/mss-iac/terraform-provider-mss\n"
    ).encode()


def wheel(tags):
    lines = ["Wheel-Version: 1.0", "Generator: release/wheel.py", "Root-Is-Purelib: false"]
    return "\n".join(lines + [f"Tag: py3-none-{tag}" for tag in tags.split(".")] + [""]).encode()


def digest(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


def package_version():
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    return re.search(r'^version = "(.+)"$', manifest, re.MULTILINE).group(1)


if __name__ == "__main__":
    main()
