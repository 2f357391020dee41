#!/usr/bin/env python3
"""Makes what registries and mirrors serve, from one commit, with the same bytes every time.

  python3 release/release.py build             this machine's artefacts into dist/
  python3 release/release.py toolchain         is the compiler the one of toolchain.sha256?
  python3 release/release.py mirror FOLDER     dist/ as a mirror for `terraform init` and `tofu init`
  python3 release/release.py reproduce         builds twice in two folders and compares
  python3 release/release.py notes             what the release page says

`build` compiles the provider and the emulator, then does `pack`, `sbom` and `sums`; a release workflow runs it on a machine of each kind, and
`sums --complete` once more over everything. What it compiles is the commit: files beside it, settings of cargo
around it and variables that are not in VARIABLES have no part in it. Needs Rust, a C compiler, Python 3.8 and git. Nothing here knows a secret: the
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

# A folder of bytecode would be a file that is not of the commit.
sys.dont_write_bytecode = True
import wheel

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAME = "terraform-provider-mss"
EMULATOR = "mss-emulator"
# What is built, with cargo's arguments for the features that it needs.
PROGRAMS = {NAME: [], EMULATOR: ["--features", "emulator"]}
# `source = "mss-iac/mss"` means Terraform's registry or OpenTofu's, whichever tool reads it.
REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
SOURCE = "mss-iac/mss"
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


# What of the environment reaches the compiler: where programs, crates and temporary files are, how to reach the
# package index, and how to run. Whatever else could change the binary, such as RUSTC_WRAPPER, does not.
VARIABLES = {
    "PATH", "HOME", "TMPDIR", "CARGO_HOME", "CARGO_TARGET_DIR", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN",
    "CARGO_BUILD_JOBS", "CARGO_NET_OFFLINE", "CARGO_TERM_COLOR",
    "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "CARGO_HTTP_CAINFO",
    # macOS
    "DEVELOPER_DIR", "SDKROOT", "MACOSX_DEPLOYMENT_TARGET",
    # Windows
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERPROFILE", "APPDATA", "LOCALAPPDATA",
    "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "PROCESSOR_ARCHITECTURE", "NUMBER_OF_PROCESSORS",
}
# The sections of CARGO_HOME/config.toml that only say where crates come from and what is printed; Cargo.lock has
# the checksums of the crates.
HARMLESS_SETTINGS = {"source", "registries", "registry", "net", "http", "term", "alias", "cache", "future-incompat-report"}


def main():
    # Texts of ours are UTF-8, whatever the system thinks of its user.
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)

    build = commands.add_parser("build", help="all artefacts of one platform or several")
    build.add_argument("--platform", action="append", choices=[*PLATFORMS, "all"],
                       help="such as linux_arm64; `all` takes those whose target is installed; default: this machine's")
    build.add_argument("--tag", help="the tag that is released; must be v and the version of Cargo.toml")
    build.add_argument("--allow-modified", action="store_true", help="build although files differ from the commit")
    build.add_argument("--out", type=pathlib.Path, default=ROOT / "dist")

    pack = commands.add_parser("pack", help="the zips of a platform, and the wheel of the emulator")
    pack.add_argument("--binary", type=pathlib.Path, required=True, help="the provider")
    pack.add_argument("--emulator", type=pathlib.Path, required=True)
    pack.add_argument("--platform", choices=PLATFORMS, default=None)
    pack.add_argument("--out", type=pathlib.Path, default=ROOT / "dist")

    sbom = commands.add_parser("sbom", help="what a platform's binaries are made of, as CycloneDX")
    sbom.add_argument("--platform", choices=PLATFORMS, default=None)
    sbom.add_argument("--out", type=pathlib.Path, default=ROOT / "dist")

    toolchain = commands.add_parser("toolchain", help="fail if the compiler is not the one whose hashes are pinned")
    toolchain.add_argument("--pin", action="store_true", help="pin the one that is installed, for every platform")

    sums = commands.add_parser("sums", help="manifest and checksums over the artefacts in the folder, and no other file")
    sums.add_argument("--complete", action="store_true", help="fail if an artefact of any platform is missing")
    sums.add_argument("--out", type=pathlib.Path, default=ROOT / "dist")

    mirror = commands.add_parser("mirror", help="the zips as a filesystem mirror and a network mirror in one")
    mirror.add_argument("folder", type=pathlib.Path)
    mirror.add_argument("--from", dest="out", type=pathlib.Path, default=ROOT / "dist")
    mirror.add_argument("--binary", type=pathlib.Path, help="mirror this binary, built for this machine, instead of zips")

    reproduce = commands.add_parser("reproduce", help="build the commit twice in two folders and compare")
    reproduce.add_argument("--keep", type=pathlib.Path, help="folder that gets the artefacts if they are the same")

    notes = commands.add_parser("notes", help="the changes of this version and how to check it, as Markdown")
    notes.add_argument("--tag", help="as for build")

    arguments = parser.parse_args()
    actions = {
        "build": lambda: build_all(arguments),
        "pack": lambda: pack_platform(arguments.binary, arguments.emulator, arguments.platform or own_platform(), arguments.out),
        "sbom": lambda: write_sboms(arguments.platform or own_platform(), arguments.out),
        "toolchain": pin_toolchain if getattr(arguments, "pin", False) else check_toolchain,
        "sums": lambda: write_sums(arguments.out, arguments.complete),
        "mirror": lambda: mirror_binary(arguments) if arguments.binary else write_mirror(arguments.out, arguments.folder),
        "reproduce": lambda: build_twice(arguments.keep),
        "notes": lambda: say(release_notes(arguments.tag)),
    }
    actions[arguments.command]()


def build_all(arguments):
    check_tag(arguments.tag)
    if not arguments.allow_modified:
        check_clean(arguments.out)
    check_settings()
    if arguments.tag:
        check_toolchain()
    wanted = arguments.platform or [own_platform()]
    if "all" in wanted:
        wanted = [platform for platform in PLATFORMS if target_of(platform)]
    arguments.out.mkdir(parents=True, exist_ok=True)
    # An earlier build's are not of this commit.
    for earlier in arguments.out.iterdir():
        if earlier.name.startswith((f"{NAME}_", f"{EMULATOR}_", f"{wheel.NAME}-")):
            earlier.unlink()
    for platform in wanted:
        target = target_of(platform)
        if not target:
            sys.exit(f"no Rust target for {platform} is installed: rustup target add {PLATFORMS[platform][0]}")
        pack_platform(*build_binaries(target), platform, arguments.out)
        write_sboms(platform, arguments.out)
        linkage = "static" if "musl" in target else "uses the system's C library"
        say(f"{platform}: target {target}, {linkage}")
    write_sums(arguments.out)


def check_clean(out):
    """Nothing but the commit, and the folders that we write into: also what git has been told to ignore."""
    if not git("rev-parse", "HEAD"):
        sys.exit("not a git checkout with a commit; give --allow-modified to build anyway")
    changed = git("status", "--porcelain", "--untracked-files=all").splitlines()
    # Files that git has been told not to look at.
    changed += [line for line in git("ls-files", "-v").splitlines() if not line.startswith("H ")]
    ours = {folder.resolve() for folder in (out, target_folder(), ROOT / "target", ROOT / "dist")}
    ignored = [
        name
        for name in git("ls-files", "--others", "-z", "--directory").split("\0")
        if name and not any(is_within((ROOT / name).resolve(), folder) for folder in ours)
    ]
    if changed or ignored:
        found = "\n".join([*changed, *ignored])
        sys.exit(f"files differ from the commit; commit or remove them, or give --allow-modified:\n{found}")


def is_within(path, folder):
    return path == folder or folder in path.parents


def check_settings():
    """Cargo reads settings from the folders above the project, and from its own."""
    above = [folder / ".cargo" / name for folder in ROOT.parents for name in ("config", "config.toml")]
    found = [str(file) for file in above if file.exists() and not is_within(file, cargo_home())]
    for file in (cargo_home() / "config", cargo_home() / "config.toml"):
        if file.exists():
            sections = settings_in(file.read_text(encoding="utf-8"))
            found += [f"{file}: {section}" for section in sorted(sections - HARMLESS_SETTINGS)]
    if found:
        sys.exit("settings of cargo that can change the binary; remove them:\n" + "\n".join(found))


def settings_in(text):
    """The first parts of all keys of a TOML file."""
    sections, section = set(), None
    for line in text.splitlines():
        heading = re.match(r"\s*\[+\s*[\"']?([^\]\"'.\s]+)", line)
        key = re.match(r"\s*[\"']?([\w-]+)[\"']?\s*[.=]", line)
        if heading:
            section = heading.group(1)
            sections.add(section)
        elif key and section is None:
            sections.add(key.group(1))
    return sections


def cargo_home():
    return pathlib.Path(os.environ.get("CARGO_HOME") or os.path.expanduser("~/.cargo")).resolve()


def check_toolchain():
    """rustup has compared what it installed with the hashes of Rust's manifest, and keeps that; these are compared
    with the pinned ones."""
    host = next(line[6:] for line in output("rustc", "-vV").splitlines() if line.startswith("host: "))
    folder, installed = installed_toolchain()
    compared = 0
    for line in (ROOT / "release" / "toolchain.sha256").read_text(encoding="ascii").splitlines():
        pinned, file = line.split()
        package, _, target = re.fullmatch(r"(.+)-(\d+\.\d+\.\d+)-(.+)\.tar\.xz", file).groups()
        if target == host or (package == "rust-std" and (folder / target / "lib").is_dir()):
            compared += 1
            if installed.get((package, target)) != pinned:
                sys.exit(f"{file} is not the one that is pinned in release/toolchain.sha256")
    if compared < 3:
        sys.exit(f"release/toolchain.sha256 has no hashes for {host}")
    say(f"{compared} parts of the toolchain are those that are pinned")


def pin_toolchain():
    """The manifest has the hashes of all platforms, whichever this is."""
    _, installed = installed_toolchain()
    release = output("rustc", "--version").split()[1]
    targets = sorted({name for names in PLATFORMS.values() for name in (names[0], names[0].replace("-musl", "-gnu"))})
    parts = [(package, target) for package in ("cargo", "rustc", "rust-std") for target in targets]
    # No compiler runs on musl here.
    parts = [part for part in parts if part[0] == "rust-std" or not part[1].endswith("-musl")]
    lines = [f"{installed[part]}  {part[0]}-{release}-{part[1]}.tar.xz\n" for part in parts]
    write(ROOT / "release" / "toolchain.sha256", "".join(lines))


def installed_toolchain():
    """Its folder, and what rustup's manifest says of each package and target."""
    folder = pathlib.Path(output("rustc", "--print", "sysroot")) / "lib" / "rustlib"
    manifest = folder / "multirust-channel-manifest.toml"
    if not manifest.exists():
        sys.exit("this Rust is not one that rustup has installed")
    return folder, hashes_of(manifest.read_text(encoding="utf-8"))


def hashes_of(manifest):
    """Package and target to the SHA-256 of its archive, from a manifest of Rust."""
    hashes, place = {}, None
    for line in manifest.splitlines():
        heading = re.fullmatch(r"\[pkg\.([\w-]+)\.target\.([\w-]+)\]", line.strip())
        if line.startswith("["):
            place = heading.groups() if heading else None
        elif place and line.startswith("xz_hash"):
            hashes[place] = line.split('"')[1]
    return hashes


def check_tag(tag):
    """A tag is released only if everything else says the same version, and that it is done."""
    if tag and tag != "v" + version():
        sys.exit(f"the tag is {tag}, Cargo.toml has version {version()}")
    if tag and not re.fullmatch(r"\d{4}-\d\d-\d\d", changes()[0]):
        sys.exit(f"CHANGELOG.md has no date for {version()}: it says {changes()[0]!r}")


def build_binaries(target):
    """Compiles the provider and the emulator with nothing of this machine in them: paths are cut, the date is the
    commit's."""
    # As cargo will name it: a link stays one.
    cargo = os.environ.get("CARGO_HOME") or os.path.expanduser("~/.cargo")
    cut = {str(ROOT): ".", cargo: "/cargo"}
    environment = {
        **clean_environment(),
        "SOURCE_DATE_EPOCH": str(commit_time()),
        "CARGO_INCREMENTAL": "0",
        # Separated as cargo documents it: paths may hold spaces.
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(f"--remap-path-prefix={path}={short}" for path, short in cut.items()),
    }
    if "windows" not in target:
        environment["CFLAGS"] = " ".join(f"-ffile-prefix-map={path}={short}" for path, short in cut.items())
    compiler = c_compiler(target)
    if compiler:
        environment["CC_" + target.replace("-", "_")] = compiler
    if compiler and compiler.endswith("-linux-gnu-gcc"):
        # That compiler has no musl to link; Rust brings one.
        environment["CARGO_TARGET_" + target.upper().replace("-", "_") + "_LINKER"] = "rust-lld"
    # Apart, so that the provider is compiled without what only the emulator needs.
    for program, features in PROGRAMS.items():
        command = ["cargo", "build", "--locked", "--release", "--bin", program, *features, "--target", target]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    suffix = ".exe" if "windows" in target else ""
    folder = target_folder() / target / "release"
    return [folder / (program + suffix) for program in PROGRAMS]


def c_compiler(target):
    """The compiler of the C in crates for a target, where it is not the machine's own."""
    machine = target.split("-")[0]
    is_own = own_platform().endswith({"x86_64": "amd64", "aarch64": "arm64"}[machine])
    if target.endswith("-musl") and is_own:
        # On arm64 the crates look for it by another name, which Debian does not have.
        compilers, package = ["musl-gcc"], "musl-tools"
    elif target.endswith("-musl"):
        compilers = [f"{machine}-linux-musl-gcc", f"{machine}-linux-gnu-gcc"]
        package = f"gcc-{machine.replace('_', '-')}-linux-gnu" + (" libc6-dev-arm64-cross" if machine == "aarch64" else "")
    elif target == "x86_64-pc-windows-gnu" and os.name != "nt":
        compilers, package = ["x86_64-w64-mingw32-gcc"], "gcc-mingw-w64-x86-64"
    else:
        return None
    found = next(filter(shutil.which, compilers), None)
    if not found:
        sys.exit(f"{target} needs a C compiler ({' or '.join(compilers)}), and there is none.\n"
                 f"Install it (Debian: apt-get install {package}), or build without that target: rustup target remove {target}")
    return found


def artefacts(platform):
    """The names of a platform's files: for each program a zip and what it is made of, and the wheel."""
    return [
        f"{NAME}_{version()}_{platform}.zip",
        f"{NAME}_{version()}_{platform}.cdx.json",
        f"{EMULATOR}_{version()}_{platform}.zip",
        f"{EMULATOR}_{version()}_{platform}.cdx.json",
        wheel.file_name(platform),
    ]


def pack_platform(provider, emulator, platform, out):
    pack_binary(provider, f"{NAME}_v{version()}", platform, out / f"{NAME}_{version()}_{platform}.zip")
    pack_binary(emulator, EMULATOR, platform, out / f"{EMULATOR}_{version()}_{platform}.zip")
    say(wheel.write_wheel(emulator, platform, out))


def pack_binary(binary, program, platform, path):
    """Nothing but the binary and the licence, with the commit's date and fixed rights. Stored as they are: what
    compression makes depends on the zlib of the machine."""
    suffix = ".exe" if platform.startswith("windows_") else ""
    files = [("LICENSE", ROOT / "LICENSE", 0o644), (program + suffix, binary, 0o755)]
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, source, rights in files:
            # The date of an entry has no zone and begins in 1980.
            entry = zipfile.ZipInfo(name, time.gmtime(max(commit_time(), 315532800))[:6])
            entry.compress_type = zipfile.ZIP_STORED
            entry.create_system = 3
            entry.external_attr = (0o100000 | rights) << 16
            archive.writestr(entry, source.read_bytes())
    say(path)


def write_sboms(platform, out):
    for program, features in PROGRAMS.items():
        write_sbom(program, features, platform, out)


def write_sbom(program, features, platform, out):
    """CycloneDX 1.6: the crates that are compiled into a program, with licence and checksum."""
    target = target_of(platform) or PLATFORMS[platform][0]
    metadata = cargo_metadata("--filter-platform", target, *features)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    # The metadata also has what only the tests' features bring in; the tree has not.
    tree = output("cargo", "tree", "--locked", "--edges", "normal,no-proc-macro", "--prefix", "none", "--target", target,
                  *features)
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
        "serialNumber": "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_URL, f"{REPOSITORY}/{commit()}/{program}/{platform}")),
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(commit_time())),
            # The emulator's is also what its wheel holds.
            "component": {**component(packages[root], "application"), "name": program},
        },
        "components": [component(package, "library") for package in libraries],
        "dependencies": [
            {"ref": reference(packages[found]), "dependsOn": [reference(packages[below]) for below in linked[found]]}
            for found in sorted(linked, key=lambda found: reference(packages[found]))
        ],
    }
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{program}_{version()}_{platform}.cdx.json"
    write(path, json.dumps(document, indent=1) + "\n")


def write_sums(out, complete=False):
    prefix = f"{NAME}_{version()}"
    platforms = PLATFORMS if complete else [name for name in PLATFORMS if (out / f"{prefix}_{name}.zip").exists()]
    wanted = [name for platform in platforms for name in artefacts(platform)]
    missing = [name for name in wanted if not (out / name).exists()]
    if missing:
        sys.exit("missing: " + ", ".join(missing))
    made_here = [f"{prefix}_manifest.json", f"{prefix}_SHA256SUMS"]
    others = sorted(path.name for path in out.iterdir() if path.name not in [*wanted, *made_here])
    if others:
        # A signature would vouch for them, or a release carry them.
        sys.exit("not of this release: " + ", ".join(others))
    write(out / f"{prefix}_manifest.json", json.dumps({"version": 1, "metadata": {"protocol_versions": ["6.0"]}}) + "\n")
    sums = out / f"{prefix}_SHA256SUMS"
    files = [out / name for name in sorted([*wanted, f"{prefix}_manifest.json"])]
    write(sums, "".join(f"{sha256(path)}  {path.name}\n" for path in files))


def write_mirror(out, folder):
    """The layout of `terraform providers mirror`: zips for a filesystem_mirror, and JSON beside them for a
    network_mirror."""
    zips = sorted(out.glob(f"{NAME}_{version()}_*.zip"))
    if not zips:
        sys.exit(f"no zip of version {version()} in {out}: run `release.py build` first, or give --binary")
    for registry in REGISTRIES:
        write_mirror_of(registry, zips, folder)


def write_mirror_of(registry, zips, folder):
    place = folder / registry / SOURCE
    place.mkdir(parents=True, exist_ok=True)
    archives = {}
    for zipped in zips:
        shutil.copyfile(zipped, place / zipped.name)
        platform = zipped.stem[len(f"{NAME}_{version()}_"):]
        archives[platform] = {"url": zipped.name, "hashes": [package_hash(zipped)]}
    index = place / "index.json"
    versions = json.loads(index.read_text(encoding="utf-8"))["versions"] if index.exists() else {}
    write(index, json.dumps({"versions": {**versions, version(): {}}}) + "\n")
    write(place / f"{version()}.json", json.dumps({"archives": archives}) + "\n")


def mirror_binary(arguments):
    with tempfile.TemporaryDirectory() as packed:
        out = pathlib.Path(packed)
        pack_binary(arguments.binary, f"{NAME}_v{version()}", own_platform(), out / artefacts(own_platform())[0])
        write_mirror(out, arguments.folder)


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
    command = ["git", *arguments]
    run = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, encoding="utf-8")
    return run.stdout.strip() if run.returncode == 0 else ""


def output(*command):
    run = subprocess.run(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, encoding="utf-8", check=True)
    return run.stdout.strip()


def clean_environment():
    # Windows makes no difference between cases.
    return {name: value for name, value in os.environ.items() if name in VARIABLES or name.upper() in VARIABLES}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(path, text):
    path.write_bytes(text.encode())
    say(path)


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    main()
