//! Credential files: the command-line tool's JSON and the SDKs' ini file, with any content. Only the
//! reading: no command is run and nobody is asked.

#![no_main]

use std::{fs, path::Path, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use terraform_provider_mss::cloud::credentials::{Chain, Inputs};

static HOME: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let home = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let home = home.unwrap();
    for folder in [".aliyun", ".alibabacloud"] {
        fs::create_dir(home.path().join(folder)).unwrap();
    }
    home
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, content)) = data.split_first() else { return };
    let files = [".aliyun/config.json", ".alibabacloud/credentials"];
    let [used, other] = if choice & 1 == 0 { files } else { [files[1], files[0]] };
    fs::write(HOME.path().join(used), content).unwrap();
    let _ = fs::remove_file(HOME.path().join(other));
    let inputs = Inputs {
        profile: (choice & 2 != 0).then(|| "a".to_owned()),
        home: Some(HOME.path().to_owned()),
        ..Inputs::default()
    };
    if let Ok(recipe) = Chain::new(inputs).recipe_on_this_thread() {
        // It prints, without its secrets; which text of the file is one, only the reader knows.
        let _ = format!("{recipe:?}");
    }
});
