//! Any answer of the cloud, status, headers and body, to each action: it is read or refused, and what is told of
//! it is printable and bounded.

#![no_main]

use std::{cell::RefCell, rc::Rc, time::Duration};

use libfuzzer_sys::fuzz_target;
use terraform_provider_mss::{
    cause::chain,
    cloud::{
        Client, Error, Options,
        credentials::{Chain, Inputs},
        endpoint::Endpoints,
    },
};
use terraform_provider_mss_fuzz::assert_presentable;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    runtime::Runtime,
    task::LocalSet,
};
use url::Url;

struct Setting {
    runtime: Runtime,
    tasks: LocalSet,
    endpoint: Url,
    answer: Rc<RefCell<Vec<u8>>>,
    /// Kept, since making one reads the trust store.
    client: RefCell<Client>,
}

thread_local! {
    static SETTING: Setting = start();
}

/// A server that answers each request with the same bytes and closes the connection.
fn start() -> Setting {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = terraform_provider_mss_fuzz::runtime();
    let tasks = LocalSet::new();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let answer = Rc::new(RefCell::new(Vec::new()));
    let bytes = Rc::clone(&answer);
    tasks.spawn_local(async move {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { continue };
            let bytes = bytes.borrow().clone();
            tokio::task::spawn_local(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(&bytes).await;
            });
        }
    });
    let client = RefCell::new(client(&endpoint));
    Setting { runtime, tasks, endpoint, answer, client }
}

fn client(endpoint: &Url) -> Client {
    let url = endpoint.clone();
    Client::new(Options {
        endpoints: Endpoints { ram: url.clone(), resourcemanager: url.clone(), sts: url.clone(), mssp: url },
        credentials: Chain::new(Inputs {
            access_key_id: Some("id".to_owned()),
            access_key_secret: Some("secret".to_owned().into()),
            ..Inputs::default()
        }),
        connect_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_secs(5),
        max_retries: 0,
        user_agent: "fuzz".to_owned(),
        member_account_role: "r".to_owned(),
    })
}

fuzz_target!(|data: &[u8]| {
    let [choice, head, body @ ..] = data else { return };
    let status = [200, 400, 403, 404, 409, 429, 500, 503][usize::from(head & 7)];
    let wait = if head & 8 == 0 { "" } else { "x-acs-retry-after: 1\r\n" };
    let raw = head & 16 != 0;
    SETTING.with(|setting| {
        *setting.answer.borrow_mut() = if raw {
            body.to_vec()
        } else {
            let length = body.len();
            let mut answer =
                format!("HTTP/1.1 {status} x\r\n{wait}content-length: {length}\r\n\r\n").into_bytes();
            answer.extend_from_slice(body);
            answer
        };
        let client = setting.client.borrow().clone();
        let call = async {
            let told = |error: Error| {
                if matches!(error, Error::Throttled(_)) {
                    // It would hold back the next calls.
                    *setting.client.borrow_mut() = self::client(&setting.endpoint);
                }
                let _ =
                    (error.outcome_unknown(), error.code().map(str::len), error.request_id().map(str::len));
                assert_presentable(&chain(&error));
            };
            let account = client.account(None).await.expect("the caller's own account needs no call");
            match choice % 6 {
                0 => account
                    .get_role("x")
                    .await
                    .map(|role| {
                        assert_ne!(role.account_id(), Some(""));
                        assert_presentable(&format!("{} {} {}", role.role_name, role.role_id, role.arn));
                    })
                    .map_err(told),
                1 => account.create_service_linked_role("x").await.map(drop).map_err(told),
                2 => account.delete_service_linked_role("x").await.map(drop).map_err(told),
                3 => account.get_service_linked_role_deletion_status("x").await.map(drop).map_err(told),
                4 => account.get_user_status().await.map(drop).map_err(told),
                _ => client.account(Some("1")).await.map(drop).map_err(told),
            }
        };
        let _ = setting.runtime.block_on(setting.tasks.run_until(call));
    });
});
