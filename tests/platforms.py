#!/usr/bin/env python3
"""Tries the provider and the emulator of other platforms on Linux (x86-64), without a machine of that platform.

  python3 tests/platforms.py windows    under Wine: unit tests, acceptance tests, the emulator
  python3 tests/platforms.py arm64      under qemu-user: the same
  python3 tests/platforms.py macos      cargo check and clippy for both kinds of Mac; nothing runs

A real Terraform, that of this machine, drives the binary of the other platform through a shell script. Nothing is
installed: what is missing is named, with the Debian package that has it. Needs Python 3.8 or later, rustup, and a
`terraform` on PATH or in TERRAFORM_BIN.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRATCH = ROOT / "target" / "platforms"
PROVIDER = "terraform-provider-mss"
EMULATOR = "mss-emulator"
# Terraform starts a provider several times in each of these.
ACCEPTANCE = ["acceptance::", "lifecycle::"]

CONFIGURATION = """
terraform {
  required_providers {
    mss = { source = "mss-iac/mss" }
  }
}

resource "mss_service_linked_role" "basic" {
  role_name = "AliyunServiceRoleForMssp"
}
"""

# Rust's standard library asks this library for random numbers; Wine has it from version 9 on.
PROCESS_PRNG = """
#include <windows.h>
#include <bcrypt.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
  return BCryptGenRandom(NULL, data, (ULONG) length, BCRYPT_USE_SYSTEM_PREFERRED_RNG) >= 0;
}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("platform", choices=["windows", "arm64", "macos"])
    {"windows": windows, "arm64": arm64, "macos": macos}[parser.parse_args().platform]()


def windows():
    target = "x86_64-pc-windows-gnu"
    wine = shutil.which("wine64") or shutil.which("wine") or "wine64"
    require({wine: "wine64", "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64"}, [target])
    environment = {
        "WINEPREFIX": str(folder("wine")),
        "WINEDEBUG": "-all",
        # Where there is none of its own.
        "WINEPATH": str(process_prng()),
    }
    drive(target, [wine], ".exe", environment)


def process_prng():
    place = folder("prng")
    source = place / "prng.c"
    source.write_text(PROCESS_PRNG)
    library = place / "bcryptprimitives.dll"
    run(["x86_64-w64-mingw32-gcc", "-shared", "-o", str(library), str(source), "-lbcrypt"])
    return place


def arm64():
    target = "aarch64-unknown-linux-musl"
    require({"qemu-aarch64": "qemu-user", "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross"}, [target])
    environment = {
        "CC_aarch64_unknown_linux_musl": "aarch64-linux-gnu-gcc",
        # Rust brings the C library that a static binary needs.
        "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER": "rust-lld",
    }
    drive(target, ["qemu-aarch64"], "", environment)


def macos():
    targets = ["aarch64-apple-darwin", "x86_64-apple-darwin"]
    require({}, targets)
    # A check links nothing, so that the C and assembly of a dependency may stay away.
    compiler = script(folder("macos") / "cc", NO_COMPILER)
    archiver = script(folder("macos") / "ar", NO_ARCHIVER)
    for target in targets:
        name = target.replace("-", "_")
        environment = {f"CC_{name}": str(compiler), f"AR_{name}": str(archiver)}
        for tool in (["check"], ["clippy"]):
            more = ["--", "-D", "warnings"] if tool == ["clippy"] else []
            cargo([*tool, "--all-targets", "--target", target, *more], environment)


NO_COMPILER = '#!/bin/sh\nwhile [ $# -gt 0 ]; do case $1 in -o) : > "$2"; shift ;; -o*) : > "${1#-o}" ;; esac; shift; done\n'
NO_ARCHIVER = '#!/bin/sh\nfor argument; do case $argument in *.a) : > "$argument" ;; esac; done\n'


def drive(target, runner, suffix, environment):
    """Unit tests, acceptance tests and the emulator of a target whose programs a runner starts."""
    name = target.upper().replace("-", "_")
    environment = {**environment, f"CARGO_TARGET_{name}_RUNNER": shlex.join(runner)}
    os.environ.update(environment)
    cargo(["test", "--lib", "--target", target])
    cargo(["build", "--bins", "--features", "emulator", "--target", target])
    built = target_folder() / target / "debug"
    programs = folder(target)
    provider, emulator = (starter(programs / program, runner, built / (program + suffix), environment)
                          for program in (PROVIDER, EMULATOR))
    os.environ["MSS_PROVIDER"] = str(provider)
    cargo(["test", "--test", "integration", "--", *ACCEPTANCE])
    lifecycle(provider, emulator)
    say(f"{target}: unit tests, acceptance tests and the emulator passed")


def starter(path, runner, program, environment):
    """Tests start it without an environment of their own."""
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
    return script(path, f'#!/bin/sh\n{exports}exec {shlex.join([*runner, str(program)])} "$@"\n')


def lifecycle(provider, emulator):
    """Terraform against the emulator and the provider of the other platform."""
    with tempfile.TemporaryDirectory() as place, serving(emulator) as told:
        place = pathlib.Path(place)
        (place / "main.tf").write_text(CONFIGURATION)
        settings = place / "cli.tfrc"
        settings.write_text(f'provider_installation {{\n  dev_overrides {{\n    "mss-iac/mss" = "{provider.parent}"\n  }}\n}}\n')
        environment = {**os.environ, **told, "TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1"}

        def terraform(expected, *arguments):
            command = [os.environ.get("TERRAFORM_BIN") or "terraform", *arguments, "-no-color"]
            ended = subprocess.run(command, cwd=place, env=environment, stdin=subprocess.DEVNULL, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if ended.returncode != expected:
                sys.exit(f"{shlex.join(command)} ended with {ended.returncode}, not {expected}:\n{ended.stdout}")
            return ended.stdout

        def control(*arguments):
            return subprocess.run([str(emulator), "ctl", *arguments], env=environment, check=True, text=True,
                                  stdout=subprocess.PIPE).stdout

        terraform(0, "apply", "-auto-approve")
        terraform(0, "plan", "-detailed-exitcode")
        if "subscription is active" not in terraform(1, "destroy", "-auto-approve"):
            sys.exit("a destroy was refused for another reason than the subscription")
        control("subscription", "--end-date", "2020-01-01 00:00:00")
        terraform(0, "destroy", "-auto-approve")
        roles = json.loads(control("state"))["accounts"]["1234567890123456"]["roles"]
        if "AliyunServiceRoleForMssp" in roles:
            sys.exit("the role is still there after destroy")


@contextlib.contextmanager
def serving(emulator):
    """A running emulator; gives the environment that leads to it."""
    process = subprocess.Popen([str(emulator), "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        told = json.loads(process.stdout.readline())
        yield {
            "MSS_ENDPOINT_URL": told["endpoint"],
            "ALIBABA_CLOUD_ACCESS_KEY_ID": told["access_key_id"],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": told["access_key_secret"],
        }
    finally:
        process.terminate()
        process.wait()


def require(programs, targets):
    missing = [f"{program} (Debian: apt-get install {package})"
               for program, package in programs.items() if not shutil.which(program)]
    libraries = pathlib.Path(subprocess.check_output(["rustc", "--print", "sysroot"], text=True).strip()) / "lib" / "rustlib"
    missing += [f"Rust's libraries for {target} (rustup target add {target})"
                for target in targets if not (libraries / target / "lib").is_dir()]
    if missing:
        sys.exit("missing:\n  " + "\n  ".join(missing))


def cargo(arguments, environment=None):
    command = ["cargo", *arguments[:1], "--locked", *arguments[1:]]
    say(shlex.join(command))
    run(command, environment)


def run(command, environment=None):
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL)
    if ended.returncode != 0:
        sys.exit(f"{shlex.join(command)} ended with {ended.returncode}")


def script(path, text):
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def folder(name):
    place = SCRATCH / name
    place.mkdir(parents=True, exist_ok=True)
    return place


def target_folder():
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")


def say(text):
    print(f"== {text}", flush=True)


if __name__ == "__main__":
    main()
