//! A provider that lives long, serves many at a time, meets clouds that do not answer, and leaves
//! nothing behind.
//!
//! `MSS_ENDURANCE_RPCS=100000 cargo test endurance -- --nocapture` measures the memory of one process
//! over that many plan and read RPCs.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures_util::future::join_all;
use serde_json::{Value as Json, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::support::{
    cloud::Cloud,
    names::ROLE,
    provider_process::{COOKIE, Program, ProviderProcess, VERSIONS},
    resource::Provider,
    within,
};

// Long life and load.

#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_stays_flat() {
    let count: usize =
        std::env::var("MSS_ENDURANCE_RPCS").map_or(6000, |count| count.parse().expect("a number of RPCs"));
    let cloud = Cloud::start().await;
    // A log of a hundred thousand calls would fill the memory of the test itself.
    let provider = Provider::start_with(&cloud, &[("TF_LOG_PROVIDER", "OFF")]).await;
    let state = provider.create(&json!({ "role_name": ROLE })).await.expect_success();
    let other = json!({ "role_name": "AliyunServiceRoleForESAMssp" });
    let mut samples = Vec::new();
    for tenth in 0..=10 {
        samples.push((tenth * count / 10, resident_kilobytes(provider.process_id())));
        println!("{:>8} RPCs {:>6} kB", samples[tenth].0, samples[tenth].1);
        if tenth < 10 {
            for _ in 0..count / 40 {
                // One run after the other, as a process serves that is debugged.
                provider.begin_run().await;
                let plan = async || provider.plan_once(&Json::Null, &other).await.diagnostics.is_empty();
                let read = async || provider.read(&state).await.expect_success() == state;
                assert_eq!(tokio::join!(plan(), read(), read()), (true, true, true));
            }
        }
    }
    // The first fifth fills caches and the allocator's stock.
    let settled = &samples[2..];
    let growth = settled[8].1.saturating_sub(settled[0].1);
    println!("slope {:.2} bytes an RPC", slope(settled) * 1024.0);
    assert!(growth < 1024, "{growth} kB more after {count} RPCs: {samples:?}");
}

/// Least squares, in kilobytes an RPC.
#[cfg(target_os = "linux")]
#[allow(clippy::cast_precision_loss, reason = "counts far below the precision of a float")]
fn slope(samples: &[(usize, u64)]) -> f64 {
    let points: Vec<_> = samples.iter().map(|(count, size)| (*count as f64, *size as f64)).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let (products, squares) = points.iter().fold((0.0, 0.0), |(products, squares), point| {
        (products + (point.0 - x) * (point.1 - y), squares + (point.0 - x).powi(2))
    });
    products / squares
}

/// Memory that belongs to the process alone.
#[cfg(target_os = "linux")]
fn resident_kilobytes(process: u32) -> u64 {
    status_kilobytes(process, "RssAnon:")
}

/// The most memory that the process has had so far.
#[cfg(target_os = "linux")]
fn peak_kilobytes(process: u32) -> u64 {
    status_kilobytes(process, "VmHWM:")
}

#[cfg(target_os = "linux")]
fn status_kilobytes(process: u32, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(target_os = "linux")]
fn descriptors(process: u32) -> usize {
    fs::read_dir(format!("/proc/{process}/fd")).unwrap().count()
}

#[tokio::test]
async fn sixty_four_applies_at_once() {
    let accounts: Vec<_> = (0..64).map(|number| format!("{}", 2_000_000_000_000_000_u64 + number)).collect();
    let cloud = Cloud::start_with_seed(json!({ "members": accounts })).await;
    let provider = Provider::start(&cloud).await;
    #[cfg(target_os = "linux")]
    let before = descriptors(provider.process_id());
    let create = async |account: &String| {
        let config = json!({ "role_name": ROLE, "account_id": account });
        let plan = provider.plan_once(&Json::Null, &config).await;
        provider.apply(&Json::Null, &plan).await.expect_success()
    };
    let states = join_all(accounts.iter().map(create)).await;
    for (account, state) in accounts.iter().zip(&states) {
        assert_eq!(state["id"], format!("{account}:{ROLE}"));
        assert_eq!(state["role_id"], cloud.role(account, ROLE).await["role_id"]);
    }
    assert_eq!(cloud.roles_made().await, 64);
    let actions = cloud.actions().await;
    assert_eq!(actions.iter().filter(|action| *action == "AssumeRole").count(), 64, "one session each");

    // Connections are used again, and close when the cloud closes them.
    #[cfg(target_os = "linux")]
    {
        let read_all = async || join_all(states.iter().map(|state| provider.read(state))).await;
        read_all().await;
        let after_one_burst = descriptors(provider.process_id());
        for _ in 0..4 {
            read_all().await;
        }
        let after_five = descriptors(provider.process_id());
        assert!(after_five <= after_one_burst + 8, "{before}, {after_one_burst}, then {after_five}");
        let mut cloud = cloud;
        cloud.stop().await;
        let closed = async {
            while descriptors(provider.process_id()) > before {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        within("the provider to close its connections", closed).await;
    }
}

// Clouds that do not answer.

/// A cloud that takes requests and gives no whole answer.
struct StrangeCloud {
    endpoint: String,
    /// Requests that came, and connections that the provider has closed.
    seen: watch::Receiver<(usize, usize)>,
}

#[derive(Clone, Copy)]
enum Manner {
    /// Accepts, reads, and says nothing.
    Silent,
    /// Promises an answer and sends a byte of it now and then.
    Dripping,
    /// Sends for ever, as fast as it can.
    Endless,
}

impl StrangeCloud {
    async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (told, seen) = watch::channel((0, 0));
        let told = Arc::new(told);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let told = Arc::clone(&told);
                tokio::spawn(async move {
                    serve(stream, manner, &told).await;
                    told.send_modify(|(_, closed)| *closed += 1);
                });
            }
        });
        Self { endpoint, seen }
    }

    /// A provider block that leads here.
    fn config(&self, more: &Json) -> Json {
        let endpoint = &self.endpoint;
        let mut config = json!({ "endpoints": {
            "ram": endpoint, "resourcemanager": endpoint, "sts": endpoint, "mssp": endpoint,
        } });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    }

    async fn wait_for_request(&mut self) {
        within("a request", self.seen.wait_for(|(requests, _)| *requests > 0)).await.unwrap();
    }

    async fn wait_for_close(&mut self) {
        within("the provider to hang up", self.seen.wait_for(|(_, closed)| *closed > 0)).await.unwrap();
    }
}

/// Until the provider closes the connection.
async fn serve(mut stream: TcpStream, manner: Manner, told: &watch::Sender<(usize, usize)>) {
    let mut buffer = [0; 16 * 1024];
    if stream.read(&mut buffer).await.unwrap_or(0) == 0 {
        return;
    }
    told.send_modify(|(requests, _)| *requests += 1);
    let (mut reader, mut writer) = stream.split();
    let write = async {
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000000\r\n\r\n";
        match manner {
            Manner::Silent => std::future::pending().await,
            Manner::Dripping => {
                let mut sent = writer.write_all(head).await;
                while sent.is_ok() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    sent = writer.write_all(b" ").await;
                }
            }
            Manner::Endless => {
                let mut sent = writer.write_all(head).await;
                while sent.is_ok() {
                    sent = writer.write_all(&[b' '; 64 * 1024]).await;
                }
            }
        }
    };
    let hung_up = async { while reader.read(&mut buffer).await.unwrap_or(0) > 0 {} };
    tokio::select! {
        () = write => {}
        () = hung_up => {}
    }
}

/// A provider, and a state that it wrote in an ordinary cloud.
async fn with_state() -> (Cloud, Provider, Json) {
    let cloud = Cloud::start().await;
    let provider = Provider::start(&cloud).await;
    let config = json!({ "role_name": ROLE, "timeouts": { "create": "2s", "read": "2s", "delete": "2s" } });
    let state = provider.create(&config).await.expect_success();
    (cloud, provider, state)
}

#[tokio::test]
async fn clouds_without_an_answer_end_by_the_time_out() {
    for manner in [Manner::Silent, Manner::Dripping, Manner::Endless] {
        let (_cloud, provider, state) = with_state().await;
        let strange = StrangeCloud::start(manner).await;
        #[cfg(target_os = "linux")]
        let before = peak_kilobytes(provider.process_id());
        let config = strange.config(&json!({ "client_read_timeout": 1000, "max_retries": 1 }));
        provider.configure_with(&config).await.expect_success();

        let read = within("read", provider.read(&state)).await;
        assert!(read.has_error(), "{read:?}");
        assert_eq!(read.state, state, "the state is unchanged");
        let destroyed = within("destroy", provider.destroy(&state)).await;
        assert!(destroyed.has_error() && destroyed.state == state, "{destroyed:?}");
        let config = json!({ "role_name": ROLE, "timeouts": { "create": "2s", "read": "2s" } });
        let plan = within("plan", provider.plan_once(&Json::Null, &config)).await;
        assert!(plan.diagnostics.iter().all(|found| !found.is_error), "{:?}", plan.diagnostics);
        let created = within("create", provider.apply(&Json::Null, &plan)).await;
        assert!(created.has_error() && created.state.is_null(), "{created:?}");
        for found in [&read, &destroyed, &created].into_iter().flat_map(|applied| &applied.diagnostics) {
            assert!(found.detail.contains(ROLE), "{found:?}");
        }
        #[cfg(target_os = "linux")]
        {
            let grown = peak_kilobytes(provider.process_id()) - before;
            assert!(grown < 32 * 1024, "{grown} kB more");
        }
    }
}

#[tokio::test]
async fn stop_ends_the_wait_for_a_silent_cloud() {
    let (_cloud, provider, mut state) = with_state().await;
    state["timeouts"] = Json::Null;
    let mut strange = StrangeCloud::start(Manner::Silent).await;
    provider.configure_with(&strange.config(&json!({}))).await.expect_success();
    let stop = async {
        strange.wait_for_request().await;
        provider.stop().await;
        tokio::time::Instant::now()
    };
    let (read, stopped) = tokio::join!(within("read", provider.read(&state)), stop);
    assert!(stopped.elapsed() < Duration::from_secs(10), "{:?}", stopped.elapsed());
    assert_eq!(read.diagnostics[0].summary, "Reading the role was interrupted");
    assert_eq!(read.state, state);
    strange.wait_for_close().await;
}

#[tokio::test]
async fn stop_ends_configure() {
    let (_cloud, provider, _) = with_state().await;
    let mut strange = StrangeCloud::start(Manner::Silent).await;
    let config = strange.config(&json!({ "allowed_account_ids": ["1"] }));
    let stop = async {
        strange.wait_for_request().await;
        provider.stop().await;
        tokio::time::Instant::now()
    };
    let (configured, stopped) = tokio::join!(within("Configure", provider.configure_with(&config)), stop);
    assert!(stopped.elapsed() < Duration::from_secs(10), "{:?}", stopped.elapsed());
    assert_eq!(configured.diagnostics[0].summary, "Configuring the provider was interrupted");
}

#[tokio::test]
async fn client_disconnects_in_mid_call() {
    let (_cloud, provider, mut state) = with_state().await;
    state["timeouts"] = Json::Null;
    let mut strange = StrangeCloud::start(Manner::Silent).await;
    provider.configure_with(&strange.config(&json!({}))).await.expect_success();
    {
        let read = std::pin::pin!(provider.read(&state));
        let asked = std::pin::pin!(strange.wait_for_request());
        // Whichever ends first, both are dropped: the client gives up its call.
        let outcome = futures_util::future::select(read, asked).await;
        assert!(matches!(outcome, futures_util::future::Either::Right(_)), "the read cannot end");
    }
    strange.wait_for_close().await;
    assert!(provider.validate(&json!({ "role_name": ROLE })).await.is_empty(), "the provider lives on");
}

// What is left behind.

/// The socket folders in a folder for temporary files.
fn socket_folders(parent: &Path) -> Vec<PathBuf> {
    fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn a_killed_provider_is_cleaned_up_after() {
    let home = tempfile::tempdir().unwrap();
    let variables = [COOKIE, VERSIONS, ("TMPDIR", home.path().to_str().unwrap())];
    let mut killed = Program::start(&variables, &[]);
    killed.handshake().await;
    killed.kill().await;
    let [left] = socket_folders(home.path()).try_into().unwrap();
    let made = left.metadata().unwrap().modified().unwrap();
    fs::File::open(&left).unwrap().set_modified(made - Duration::from_secs(3600)).unwrap();

    let next = ProviderProcess::start(&variables[2..]).await;
    let gone = async {
        while left.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within("the next provider to remove the folder", gone).await;
    assert_eq!(socket_folders(home.path()).len(), 1, "its own");
    next.shutdown().await;
    assert_eq!(socket_folders(home.path()), Vec::<PathBuf>::new());
}
