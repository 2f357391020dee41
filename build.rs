//! Compiles `proto/` into `OUT_DIR`: messages and servers for the library, and under `client/`
//! messages and clients for the tests, which play Terraform.

use std::{env, error::Error, fs, path::PathBuf};

const DEFINITIONS: [&str; 3] = ["tfplugin6.proto", "plugin.proto", "health.proto"];

#[expect(clippy::disallowed_methods, reason = "cargo speaks to a build script through its environment")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let clients = out.join("client");
    fs::create_dir_all(&clients)?;

    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(DEFINITIONS)?;

    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure()
        .build_client(false)
        .out_dir(&out)
        .compile_fds(compiler.file_descriptor_set())?;
    tonic_prost_build::configure()
        .build_server(false)
        .build_transport(false)
        .out_dir(&clients)
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
