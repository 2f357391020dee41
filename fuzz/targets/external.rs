//! What a command of mode `External` prints: credentials or refused, and what is told of it is printable and
//! bounded, without what was printed.

#![no_main]

use std::{fs, path::Path, sync::LazyLock, time::Duration};

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use terraform_provider_mss::{
    cause::chain,
    cloud::{
        Client, Options,
        credentials::{Chain, Inputs},
        endpoint::Endpoints,
    },
};
use terraform_provider_mss_fuzz::{assert_presentable, runtime};
use tokio::runtime::Runtime;
use url::Url;

static HOME: LazyLock<TempDir> = LazyLock::new(|| {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let memory = Path::new("/dev/shm");
    let home = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let home = home.unwrap();
    fs::create_dir(home.path().join(".aliyun")).unwrap();
    let command = format!("cat {}", home.path().join("printed").display());
    let profile = serde_json::json!({ "name": "a", "mode": "External", "process_command": command });
    let file = serde_json::json!({ "current": "a", "profiles": [profile] });
    fs::write(home.path().join(".aliyun/config.json"), file.to_string()).unwrap();
    home
});

thread_local! {
    static RUNTIME: Runtime = runtime();
}

/// Nobody answers there: what counts is how far a call gets.
fn client() -> Client {
    let nowhere: Url = "http://127.0.0.1:1".parse().unwrap();
    Client::new(Options {
        endpoints: Endpoints {
            ram: nowhere.clone(),
            resourcemanager: nowhere.clone(),
            sts: nowhere.clone(),
            mssp: nowhere,
        },
        credentials: Chain::new(Inputs { home: Some(HOME.path().to_owned()), ..Inputs::default() }),
        connect_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_secs(5),
        max_retries: 0,
        user_agent: "fuzz".to_owned(),
        member_account_role: "r".to_owned(),
    })
}

fuzz_target!(|data: &[u8]| {
    fs::write(HOME.path().join("printed"), data).unwrap();
    let told = RUNTIME.with(|runtime| runtime.block_on(client().caller_account_id())).unwrap_err();
    assert_presentable(&chain(&told));
});
