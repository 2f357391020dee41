#!/usr/bin/env python3
"""Makes what registries and mirrors serve, from one commit, with the same bytes every time.

  python3 release/release.py build             this machine's artefacts into dist/
  python3 release/release.py mirror FOLDER     dist/ as a mirror for `terraform init`
  python3 release/release.py reproduce         builds twice in two folders and compares
  python3 release/release.py notes             what the release page says

`build` compiles, then does `pack`, `sbom` and `sums`; a release workflow runs it on a machine of each kind, and
`sums --complete` once more over everything. Needs Rust, a C compiler, Python 3.8 and git. Nothing here knows a secret: the
checksums are signed elsewhere.
"""

import argparse
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAME = "terraform-provider-mss"
ADDRESS = "registry.terraform.io/mss-iac/mss"
REPOSITORY = "https://github.com/mss-iac/terraform-provider-mss"

# Rust's targets in Go's words. Of two for one platform the first that is installed is taken: musl makes a
# binary that needs no library of the system.
PLATFORMS = {
    "linux_amd64": ["x86_64-unknown-linux-musl", "x86_64-unknown-linux-gnu"],
    "linux_arm64": ["aarch64-unknown-linux-musl", "aarch64-unknown-linux-gnu"],
    "darwin_amd64": ["x86_64-apple-darwin"],
    "darwin_arm64": ["aarch64-apple-darwin"],
    "windows_amd64": ["x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu"],
    "windows_arm64": ["aarch64-pc-windows-msvc"],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)

    build = commands.add_parser("build", help="all artefacts of one platform or several")
    build.add_argument("--platform", action="append", choices=[*PLATFORMS, "all"],
                       help="such as linux_arm64; `all` takes those whose target is installed; default: this machine's")
    build.add_argument("--tag", help="the tag that is released; must be v and the version of Cargo.toml")
    build.add_argument("--allow-modified", action="store_true", help="build although files differ from the commit")
    build.add_argument("--out", type=pathlib.Path, default=ROOT / "dist")

    pack = commands.add_parser("pack", help="a binary as the zip of a platform")
    pack.add_argument("--binary", type=pathlib.Path, required=True)
    pack.add_argument("--platform", choices=PLATFORMS, default=None)
    pack.add_argument("--out", type=pathlib.Path, default=ROOT / "dist")

    sbom = commands.add_parser("sbom", help="what a platform's binary is made of, as CycloneDX")
    sbom.add_argument("--platform", choices=PLATFORMS, default=None)
    sbom.add_argument("--out", type=pathlib.Path, default=ROOT / "dist")

    sums = commands.add_parser("sums", help="manifest and checksums over everything in the folder")
    sums.add_argument("--complete", action="store_true", help="fail if an artefact of any platform is missing")
    sums.add_argument("--out", type=pathlib.Path, default=ROOT / "dist")

    mirror = commands.add_parser("mirror", help="the zips as a filesystem mirror and a network mirror in one")
    mirror.add_argument("folder", type=pathlib.Path)
    mirror.add_argument("--from", dest="out", type=pathlib.Path, default=ROOT / "dist")

    reproduce = commands.add_parser("reproduce", help="build the commit twice in two folders and compare")
    reproduce.add_argument("--keep", type=pathlib.Path, help="folder that gets the artefacts if they are the same")

    notes = commands.add_parser("notes", help="the changes of this version and how to check it, as Markdown")
    notes.add_argument("--tag", help="as for build")

    arguments = parser.parse_args()
    actions = {
        "build": lambda: build_all(arguments),
        "pack": lambda: pack_binary(arguments.binary, arguments.platform or own_platform(), arguments.out),
        "sbom": lambda: write_sbom(arguments.platform or own_platform(), arguments.out),
        "sums": lambda: write_sums(arguments.out, arguments.complete),
        "mirror": lambda: write_mirror(arguments.out, arguments.folder),
        "reproduce": lambda: build_twice(arguments.keep),
        "notes": lambda: say(release_notes(arguments.tag)),
    }
    actions[arguments.command]()


def build_all(arguments):
    check_tag(arguments.tag)
    if git("status", "--porcelain", "--untracked-files=no") and not arguments.allow_modified:
        sys.exit("files differ from the commit; commit them, or give --allow-modified")
    wanted = arguments.platform or [own_platform()]
    if "all" in wanted:
        wanted = [platform for platform in PLATFORMS if target_of(platform)]
    arguments.out.mkdir(parents=True, exist_ok=True)
    for platform in wanted:
        target = target_of(platform)
        if not target:
            sys.exit(f"no Rust target for {platform} is installed: rustup target add {PLATFORMS[platform][0]}")
        pack_binary(build_binary(target), platform, arguments.out)
        write_sbom(platform, arguments.out)
        linkage = "static" if "musl" in target else "uses the system's C library"
        say(f"{platform}: target {target}, {linkage}")
    write_sums(arguments.out)


def check_tag(tag):
    """A tag is released only if everything else says the same version, and that it is done."""
    if tag and tag != "v" + version():
        sys.exit(f"the tag is {tag}, Cargo.toml has version {version()}")
    if tag and not re.fullmatch(r"\d{4}-\d\d-\d\d", changes()[0]):
        sys.exit(f"CHANGELOG.md has no date for {version()}: it says {changes()[0]!r}")


def build_binary(target):
    """Compiles with nothing of this machine in the binary: paths are cut, the date is the commit's."""
    cargo_home = os.environ.get("CARGO_HOME") or os.path.expanduser("~/.cargo")
    cut = {str(ROOT): ".", cargo_home: "/cargo"}
    environment = {
        **os.environ,
        "SOURCE_DATE_EPOCH": str(commit_time()),
        "CARGO_INCREMENTAL": "0",
        # Separated as cargo documents it: paths may hold spaces.
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(f"--remap-path-prefix={path}={short}" for path, short in cut.items()),
    }
    if "windows" not in target:
        environment["CFLAGS"] = " ".join(f"-ffile-prefix-map={path}={short}" for path, short in cut.items())
    if "musl" in target and shutil.which("musl-gcc"):
        # On arm64 the crates look for it by another name, which Debian does not have.
        environment.setdefault("CC_" + target.replace("-", "_"), "musl-gcc")
    # Whatever a developer has set for builds of their own.
    for unwanted in ("RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_BUILD_TARGET"):
        environment.pop(unwanted, None)
    command = ["cargo", "build", "--locked", "--release", "--bin", NAME, "--target", target]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    suffix = ".exe" if "windows" in target else ""
    return target_folder() / target / "release" / (NAME + suffix)


def pack_binary(binary, platform, out):
    """Nothing but the binary and the licence, with the commit's date and fixed rights."""
    suffix = ".exe" if platform.startswith("windows_") else ""
    files = [
        ("LICENSE", ROOT / "LICENSE", 0o644),
        (f"{NAME}_v{version()}{suffix}", binary, 0o755),
    ]
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{NAME}_{version()}_{platform}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, source, rights in files:
            # The date of an entry has no zone and begins in 1980.
            entry = zipfile.ZipInfo(name, time.gmtime(max(commit_time(), 315532800))[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o100000 | rights) << 16
            archive.writestr(entry, source.read_bytes())
    say(path)


def write_sbom(platform, out):
    """CycloneDX 1.6: the crates that are compiled in, with licence and checksum."""
    target = target_of(platform) or PLATFORMS[platform][0]
    metadata = cargo_metadata("--filter-platform", target)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    # The metadata also has what only the tests' features bring in; the tree has not.
    tree = output("cargo", "tree", "--locked", "--edges", "normal,no-proc-macro", "--prefix", "none", "--target", target)
    compiled = {tuple(line.split()[:2]) for line in tree.splitlines()}
    linked, waiting = {}, [root]
    while waiting:
        found = waiting.pop()
        if found not in linked:
            # Neither for tests nor for the build script; macros run while compiling and leave no code.
            linked[found] = sorted(
                dependency["pkg"]
                for dependency in nodes[found]["deps"]
                if any(kind["kind"] is None for kind in dependency["dep_kinds"])
                and (packages[dependency["pkg"]]["name"], "v" + packages[dependency["pkg"]]["version"]) in compiled
            )
            waiting += linked[found]

    checksums = lock_checksums()
    reference = lambda package: f"pkg:cargo/{package['name']}@{package['version']}"

    def component(package, kind):
        described = {
            "type": kind,
            "bom-ref": reference(package),
            "name": package["name"],
            "version": package["version"],
            "purl": reference(package),
        }
        if package["license"]:
            # An old way to write a choice.
            described["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        checksum = checksums.get((package["name"], package["version"]))
        if checksum:
            described["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        if package["repository"]:
            described["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
        return described

    libraries = sorted((packages[found] for found in linked if found != root), key=reference)
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_URL, f"{REPOSITORY}/{commit()}/{platform}")),
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(commit_time())),
            "component": component(packages[root], "application"),
        },
        "components": [component(package, "library") for package in libraries],
        "dependencies": [
            {"ref": reference(packages[found]), "dependsOn": [reference(packages[below]) for below in linked[found]]}
            for found in sorted(linked, key=lambda found: reference(packages[found]))
        ],
    }
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{NAME}_{version()}_{platform}.cdx.json"
    write(path, json.dumps(document, indent=1) + "\n")


def write_sums(out, complete=False):
    prefix = f"{NAME}_{version()}"
    wanted = [out / f"{prefix}_{platform}{ending}" for platform in PLATFORMS for ending in (".zip", ".cdx.json")]
    missing = [path.name for path in wanted if not path.exists()]
    if complete and missing:
        sys.exit("missing: " + ", ".join(missing))
    write(out / f"{prefix}_manifest.json", json.dumps({"version": 1, "metadata": {"protocol_versions": ["6.0"]}}) + "\n")
    sums = out / f"{prefix}_SHA256SUMS"
    files = sorted(path for path in out.glob(f"{prefix}_*") if path.suffix in (".zip", ".json"))
    write(sums, "".join(f"{sha256(path)}  {path.name}\n" for path in files))


def write_mirror(out, folder):
    """The layout of `terraform providers mirror`: zips for a filesystem_mirror, and JSON beside them for a
    network_mirror."""
    place = folder / ADDRESS
    place.mkdir(parents=True, exist_ok=True)
    archives = {}
    for zipped in sorted(out.glob(f"{NAME}_{version()}_*.zip")):
        shutil.copyfile(zipped, place / zipped.name)
        platform = zipped.stem[len(f"{NAME}_{version()}_"):]
        archives[platform] = {"url": zipped.name, "hashes": [package_hash(zipped)]}
    if not archives:
        sys.exit(f"no zip of version {version()} in {out}: run `release.py build` first")
    index = place / "index.json"
    versions = json.loads(index.read_text())["versions"] if index.exists() else {}
    write(index, json.dumps({"versions": {**versions, version(): {}}}) + "\n")
    write(place / f"{version()}.json", json.dumps({"archives": archives}) + "\n")


def package_hash(zipped):
    """The `h1:` hash of lock files: over the names and hashes of the files in the zip."""
    with zipfile.ZipFile(zipped) as archive:
        names = sorted(archive.namelist())
        lines = [f"{hashlib.sha256(archive.read(name)).hexdigest()}  {name}\n" for name in names]
    return "h1:" + base64.b64encode(hashlib.sha256("".join(lines).encode()).digest()).decode()


def build_twice(keep):
    """Two copies of the commit, in folders of other names and lengths, with nothing shared but the crates."""
    made = []
    with tempfile.TemporaryDirectory() as work:
        for name in ("one", "another-folder-of-another-length"):
            copy = pathlib.Path(work) / name
            subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(copy)], check=True)
            subprocess.run(["git", "checkout", "--quiet", "--detach", commit()], cwd=copy, check=True)
            environment = {key: value for key, value in os.environ.items() if key != "CARGO_TARGET_DIR"}
            command = [sys.executable, "release/release.py", "build"]
            subprocess.run(command, cwd=copy, env=environment, check=True)
            made.append({path.name: path.read_bytes() for path in sorted((copy / "dist").iterdir())})
        if made[0] != made[1]:
            names = [name for name in made[0] if made[0][name] != made[1].get(name)]
            for number, files in enumerate(made):
                for name in names:
                    (pathlib.Path.cwd() / f"different-{number}-{name}").write_bytes(files.get(name, b""))
            sys.exit("the two builds differ in " + ", ".join(names) + "; both are kept in this folder")
    for name, content in made[0].items():
        say(f"the same twice: {hashlib.sha256(content).hexdigest()}  {name}")
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / name).write_bytes(content)


def release_notes(tag):
    check_tag(tag)
    return f"""{changes()[1]}

## Check what you got

```sh
sha256sum --check --ignore-missing {NAME}_{version()}_SHA256SUMS
gpg --verify {NAME}_{version()}_SHA256SUMS.sig {NAME}_{version()}_SHA256SUMS
gh attestation verify {NAME}_{version()}_linux_amd64.zip --repo {REPOSITORY[len("https://github.com/"):]}
```

Built from commit {commit()} with {output("rustc", "--version")}; with that toolchain
`python3 release/release.py reproduce` gives the same checksums."""


def changes():
    """Date and text of this version in CHANGELOG.md."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for section in changelog.split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        if title.startswith(version() + " "):
            return title[len(version()):].strip(" ()"), text.strip()
    sys.exit(f"CHANGELOG.md says nothing of {version()}")


def own_platform():
    host = next(line[6:] for line in output("rustc", "-vV").splitlines() if line.startswith("host: "))
    system = next((system for word, system in (("linux", "linux"), ("apple", "darwin"), ("windows", "windows"))
                   if word in host), None)
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(host.split("-")[0])
    platform = f"{system}_{machine}"
    return platform if platform in PLATFORMS else sys.exit(f"no artefacts are made for {host}")


def target_of(platform):
    """The first target of a platform that this toolchain can compile for."""
    libraries = pathlib.Path(output("rustc", "--print", "sysroot")) / "lib" / "rustlib"
    return next((target for target in PLATFORMS[platform] if (libraries / target / "lib").is_dir()), None)


def cargo_metadata(*arguments):
    return json.loads(output("cargo", "metadata", "--locked", "--format-version", "1", *arguments))


def target_folder():
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")


def version():
    for line in (ROOT / "Cargo.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("version = "):
            return line.split('"')[1]
    sys.exit("Cargo.toml has no version")


def lock_checksums():
    checksums, package = {}, {}
    for line in (ROOT / "Cargo.lock").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(" = ")
        if line == "[[package]]":
            package = {}
        elif key in ("name", "version", "checksum"):
            package[key] = value.strip('"')
            if key == "checksum":
                checksums[package["name"], package["version"]] = package["checksum"]
    return checksums


def commit():
    return git("rev-parse", "HEAD") or os.environ.get("MSS_COMMIT", "unknown")


def commit_time():
    """Seconds since 1970; outside git what SOURCE_DATE_EPOCH says."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct") or 315532800)


def git(*arguments):
    run = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return run.stdout.strip() if run.returncode == 0 else ""


def output(*command):
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(path, text):
    path.write_bytes(text.encode())
    say(path)


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    main()
