//! The same with many roles in many accounts: how time, memory and calls grow.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::json;

use crate::{
    cloud::SecureCloud,
    commands::{Case, Install},
    figures::short,
    process::resident,
    programs::{Programs, sources},
    report::{Section, table},
    support::terraform::Terraform,
};

const COUNTS: [usize; 3] = [1, 100, 2000];
pub const PARALLELISM: &str = "-parallelism=50";

pub async fn measure(terraform: &Terraform, programs: &Programs) -> Section {
    let mut rows = Vec::new();
    for count in COUNTS {
        rows.extend(lifecycle(terraform, programs, count).await);
    }
    let heads = [
        "Roles",
        "Command",
        "without provider, s",
        "**terraform-provider-mss**, s",
        "calls to the cloud",
        "calls a role",
        "provider's peak memory",
    ];
    Section {
        title: "Many roles".to_owned(),
        text: format!(
            "Two roles in each account, one provider block, `{PARALLELISM}`, one turn each; as many \
             `terraform_data` where no provider is wanted. Emulator, HTTPS and Terraform share this machine.\n\n{}",
            table(&heads, &rows)
        ),
        bars: Vec::new(),
    }
}

async fn lifecycle(terraform: &Terraform, programs: &Programs, count: usize) -> Vec<Vec<String>> {
    let members: Vec<_> = (0..count.div_ceil(2)).map(|member| format!("{}", FIRST_MEMBER + member)).collect();
    let secure = SecureCloud::start_with_seed(json!({ "members": members })).await;
    let none =
        format!("resource \"terraform_data\" \"all\" {{\n  count = {count}\n  input = count.index\n}}\n");
    let own = format!(
        r#"
        resource "mss_service_linked_role" "all" {{
          count      = {count}
          account_id = {FIRST_MEMBER} + floor(count.index / 2)
          role_name  = count.index % 2 == 0 ? "AliyunServiceRoleForMssp" : "AliyunServiceRoleForESAMssp"
        }}
        "#
    );
    let none = Case::new(terraform, programs, None, Install::FromMirror, &none);
    let own = Case::new(terraform, programs, Some(sources::OURS), Install::FromMirror, &own)
        .with(secure.environment());
    for case in [&none, &own] {
        case.run(&["init"]).await;
    }
    let mut seen = 0;
    let mut rows = Vec::new();
    let commands: [(&str, &[&str]); 4] = [
        ("plan of creates", &["plan", PARALLELISM]),
        ("apply", &["apply", "-auto-approve", PARALLELISM]),
        ("plan without changes", &["plan", "-detailed-exitcode", PARALLELISM]),
        ("destroy", &["destroy", "-auto-approve", PARALLELISM]),
    ];
    for (what, arguments) in commands {
        if arguments[0] == "destroy" {
            for account in 0..count.div_ceil(2) {
                secure.cloud.end_subscription(&(3_000_000_000_000_000 + account).to_string()).await;
            }
            seen = secure.cloud.call_count().await;
        }
        let without = none.run(arguments).await;
        let peak = Peak::watch();
        let with = own.run(arguments).await;
        let peak = peak.end();
        let calls = secure.cloud.call_count().await - seen;
        seen += calls;
        #[allow(clippy::cast_precision_loss, reason = "a few thousand")]
        let each = calls as f64 / count as f64;
        rows.push(vec![
            count.to_string(),
            what.to_owned(),
            short(without.as_secs_f64()),
            short(with.as_secs_f64()),
            calls.to_string(),
            short(each),
            format!("{:.1} MiB", peak / 1024.0),
        ]);
    }
    assert_eq!(secure.cloud.roles_made().await, u64::try_from(count).unwrap());
    rows
}

/// The most memory that any process of the provider had.
pub struct Peak {
    done: Arc<AtomicBool>,
    watcher: thread::JoinHandle<f64>,
}

impl Peak {
    pub fn watch() -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&done);
        let watcher = thread::spawn(move || {
            let mut peak = 0.0_f64;
            while !asked.load(Ordering::Relaxed) {
                peak = peak.max(providers().filter_map(|id| resident(id, "VmHWM:")).fold(0.0, f64::max));
                thread::sleep(Duration::from_millis(10));
            }
            peak
        });
        Self { done, watcher }
    }

    /// In KiB.
    pub fn end(self) -> f64 {
        self.done.store(true, Ordering::Relaxed);
        self.watcher.join().unwrap()
    }
}

/// Processes whose program is ours.
fn providers() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").unwrap().map_while(Result::ok);
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes.filter(|id: &u32| {
        let program = std::fs::read_link(format!("/proc/{id}/exe")).unwrap_or_default();
        program.to_string_lossy().contains("terraform-provider-mss_v")
    })
}

/// The account ID of the first member.
pub const FIRST_MEMBER: usize = 3_000_000_000_000_000;
