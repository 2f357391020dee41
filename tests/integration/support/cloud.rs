//! An emulated cloud for one test, with its control calls.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value as Json, json};
use terraform_provider_mss::emulator::{self, Emulator, EmulatorOptions, Seed};

use super::secrets;

/// The member accounts that every cloud of the tests has, unless it has a seed of its own.
pub const MEMBERS: [&str; 3] = ["1111111111111111", "2222222222222222", "3333333333333333"];

/// An emulator in this process, on a port of its own.
pub struct Cloud {
    /// None while it is stopped.
    emulator: Option<Emulator>,
    options: EmulatorOptions,
    endpoint: String,
    access_key_id: String,
    access_key_secret: String,
    http: reqwest::Client,
}

impl Cloud {
    /// The management account, and [`MEMBERS`].
    pub async fn start() -> Self {
        Self::start_with_seed(json!({ "members": MEMBERS })).await
    }

    /// A cloud with accounts of its own, for whose secrets every search then looks.
    pub async fn start_with_seed(seed: Json) -> Self {
        let seed = Seed::from_json(seed).unwrap();
        let cloud = Self::with(EmulatorOptions { seed, ..EmulatorOptions::default() }).await.unwrap();
        for secret in cloud.emulator.as_ref().map(Emulator::secrets).unwrap_or_default() {
            secrets::add("AccessKey secret", &secret);
        }
        cloud
    }

    /// The same over HTTPS, with certificates of its own.
    pub async fn start_with_tls() -> Self {
        let seed = Seed::from_json(json!({ "members": MEMBERS })).unwrap();
        Self::with(EmulatorOptions { seed, tls: true, ..EmulatorOptions::default() }).await.unwrap()
    }

    /// The emulator's authority, and a bundle of it with the system's.
    pub fn certificates(&self) -> (PathBuf, PathBuf) {
        self.emulator.as_ref().and_then(Emulator::certificates).unwrap()
    }

    /// A cloud that can be stopped and comes back at the same address, with its state in a file.
    pub async fn start_with_state(file: &Path) -> Self {
        loop {
            // Below the ports that the system gives to clients: none of them can be taken in between.
            let listen = SocketAddr::from(([127, 0, 0, 1], fastrand::u16(15_000..32_000)));
            let seed = Seed::from_json(json!({ "members": MEMBERS })).unwrap();
            let options =
                EmulatorOptions { listen, state: Some(file.to_owned()), seed, ..EmulatorOptions::default() };
            match Self::with(options).await {
                Ok(cloud) => return cloud,
                Err(emulator::Error::Listen(..)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    async fn with(options: EmulatorOptions) -> Result<Self, emulator::Error> {
        let emulator = emulator::start(options.clone()).await?;
        // reqwest wants one even where no TLS is spoken; one that is set already is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            endpoint: emulator.endpoint().to_owned(),
            access_key_id: emulator.access_key_id().to_owned(),
            access_key_secret: emulator.access_key_secret().to_owned(),
            options,
            http: client(emulator.certificates()),
            emulator: Some(emulator),
        })
    }

    /// Cuts every connection and accepts no more.
    pub async fn stop(&mut self) {
        self.emulator.take().unwrap().stop().await.unwrap();
    }

    /// Comes back after [`Self::stop`].
    pub async fn restart(&mut self) {
        self.emulator = Some(emulator::start(self.options.clone()).await.unwrap());
    }

    /// The environment in which a provider reaches this cloud.
    pub fn environment(&self) -> Vec<(&str, &str)> {
        vec![
            ("MSS_ENDPOINT_URL", &self.endpoint),
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", &self.access_key_id),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", &self.access_key_secret),
        ]
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub async fn advance_clock(&self, seconds: i64) {
        self.control("POST", "clock", Some(json!({ "advance_seconds": seconds }))).await;
    }

    /// Temporary credentials, as a credentials URI gives them.
    pub async fn session(&self) -> Json {
        let answer = self.http.get(format!("{}/credentials", self.endpoint)).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// When the subscription of an account ends, as MSS says it.
    pub async fn end_date(&self, account: &str) -> String {
        let state = self.control("GET", "state", None).await;
        state["accounts"][account]["subscription"]["end_date"].as_str().unwrap().to_owned()
    }

    /// A subscription that ends after some days of the real clock.
    pub async fn end_subscription_in(&self, account: &str, days: i64) {
        let end = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
        self.subscription(account, &end.strftime("%Y-%m-%d %H:%M:%S").to_string()).await;
    }

    pub async fn end_subscription(&self, account: &str) {
        self.subscription(account, "2020-01-01 00:00:00").await;
    }

    pub async fn renew_subscription(&self, account: &str) {
        self.subscription(account, "2099-01-01 00:00:00").await;
    }

    async fn subscription(&self, account: &str, end_date: &str) {
        let body = json!({ "status": "Enabled", "version": "mdrgaoji", "end_date": end_date });
        self.control("PUT", &format!("accounts/{account}/subscription"), Some(body)).await;
    }

    /// An ordinary one trusts its account and the account's identity provider `ci`.
    pub async fn add_role(&self, account: &str, role_name: &str) {
        let provider = format!("acs:ram::{account}:oidc-provider/ci");
        let body = json!({ "role_name": role_name, "trusted_providers": [provider] });
        self.control("POST", &format!("accounts/{account}/roles"), Some(body)).await;
    }

    /// A role that was there long before the test began.
    pub async fn add_old_role(&self, account: &str, role_name: &str) {
        let body = json!({ "role_name": role_name, "create_date": "2020-01-02T03:04:05Z" });
        self.control("POST", &format!("accounts/{account}/roles"), Some(body)).await;
    }

    /// An ordinary role that identities of another account may assume.
    pub async fn add_trusting_role(&self, account: &str, role_name: &str, trusted: &str) {
        let body = json!({ "role_name": role_name, "trusted_accounts": [trusted] });
        self.control("POST", &format!("accounts/{account}/roles"), Some(body)).await;
    }

    /// A role whose sessions the tokens of an identity provider open.
    pub async fn add_role_of_a_provider(&self, account: &str, role_name: &str, provider_arn: &str) {
        let body = json!({ "role_name": role_name, "trusted_providers": [provider_arn] });
        self.control("POST", &format!("accounts/{account}/roles"), Some(body)).await;
    }

    pub async fn remove_role(&self, account: &str, role_name: &str) {
        self.control("DELETE", &format!("accounts/{account}/roles/{role_name}"), None).await;
    }

    /// Lets two minutes and more pass by the cloud's clock: no role is young any more.
    pub async fn outlive_lag(&self) {
        self.advance_clock(121).await;
    }

    /// Runs something that waits until RAM cannot be behind any more: where the last `looks` calls have been told that
    /// there is no such role, two minutes pass by the cloud's clock.
    pub async fn outliving_lag<T>(&self, looks: usize, run: impl Future<Output = T>) -> T {
        let passing = async {
            let mut passed = self.call_count().await;
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                let calls = self.control("GET", &format!("calls?after={passed}"), None).await;
                let calls = calls["calls"].as_array().unwrap();
                if calls.iter().rev().take_while(|call| is_absence(call)).count() >= looks {
                    passed += calls.len();
                    self.outlive_lag().await;
                }
            }
        };
        tokio::select! {
            done = run => done,
            () = passing => unreachable!("time passes for ever"),
        }
    }

    /// Back to what it began with.
    pub async fn reset(&self) {
        self.control("POST", "reset", None).await;
    }

    /// Changes what an account is in the resource directory; null: it leaves.
    pub async fn member(&self, account: &str, changes: Json) {
        self.control("PUT", &format!("accounts/{account}/member"), Some(changes)).await;
    }

    /// A new member account, which a seed's account describes.
    pub async fn add_account(&self, account: &str, described: Json) {
        self.control("PUT", &format!("accounts/{account}"), Some(described)).await;
    }

    pub async fn fault(&self, fault: Json) {
        self.control("POST", "faults", Some(fault)).await;
    }

    pub async fn clear_faults(&self) {
        self.control("DELETE", "faults", None).await;
    }

    pub async fn role_names(&self, account: &str) -> Vec<String> {
        let state = self.control("GET", "state", None).await;
        let roles = &state["accounts"][account]["roles"];
        let mut names: Vec<String> = match roles {
            Json::Object(roles) => roles.keys().cloned().collect(),
            Json::Array(roles) => {
                roles.iter().map(|role| role["role_name"].as_str().unwrap().to_owned()).collect()
            }
            _ => Vec::new(),
        };
        names.sort();
        names
    }

    /// The role of an account as the emulator holds it; null if there is none.
    pub async fn role(&self, account: &str, role_name: &str) -> Json {
        let state = self.control("GET", "state", None).await;
        state["accounts"][account]["roles"][role_name].clone()
    }

    /// How many roles have been made, by whomever.
    pub async fn roles_made(&self) -> u64 {
        self.control("GET", "state", None).await["roles_made"].as_u64().unwrap()
    }

    /// All that the emulator holds.
    pub async fn state(&self) -> Json {
        self.control("GET", "state", None).await
    }

    /// Whether a fault has struck one of the calls after the first `count`.
    pub async fn struck_since(&self, count: usize) -> bool {
        self.calls().await.iter().skip(count).any(|call| !call["fault"].is_null())
    }

    /// Each call so far, in order.
    pub async fn calls(&self) -> Vec<Json> {
        let calls = self.control("GET", "calls", None).await;
        calls["calls"].as_array().unwrap().clone()
    }

    /// The roles of an account are these, in the order of their names.
    pub async fn expect_roles(&self, account: &str, expected: &[&str]) {
        assert_eq!(self.role_names(account).await, expected, "roles in account {account}");
    }

    /// The action of each call so far, in order.
    pub async fn actions(&self) -> Vec<String> {
        let calls = self.calls().await;
        calls.iter().map(|call| call["action"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until a fault has struck a call.
    pub async fn wait_for_fault(&self, kind: &str) {
        let struck = async || self.calls().await.iter().any(|call| call["fault"] == kind);
        self.wait_until(kind, async |_| struck().await).await;
    }

    /// The user agent of the newest call.
    pub async fn user_agent(&self) -> String {
        let calls = self.control("GET", "calls", None).await;
        calls["calls"].as_array().unwrap().last().unwrap()["user_agent"].as_str().unwrap().to_owned()
    }

    /// Takes permissions away from the identities of an account.
    pub async fn deny(&self, account: &str, permissions: &[&str]) {
        self.control("PUT", &format!("accounts/{account}/denied"), Some(json!(permissions))).await;
    }

    /// Sets all that the identities of an account may do; null: everything.
    pub async fn policy(&self, account: &str, document: &Json) {
        self.control("PUT", &format!("accounts/{account}/policy"), Some(document.clone())).await;
    }

    pub async fn call_count(&self) -> usize {
        self.actions().await.len()
    }

    pub async fn called(&self, action: &str) -> bool {
        self.actions().await.iter().any(|called| called == action)
    }

    pub async fn wait_for_calls(&self, count: usize) {
        self.wait_until(&format!("{count} calls"), async |actions| actions.len() >= count).await;
    }

    pub async fn wait_for_call(&self, action: &str) {
        self.wait_until(action, async |actions| actions.iter().any(|called| called == action)).await;
    }

    /// Asks the emulator's log again and again: it has no way to tell by itself.
    async fn wait_until(&self, what: &str, done: impl AsyncFn(&[String]) -> bool) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        while !done(&self.actions().await).await {
            assert!(tokio::time::Instant::now() < deadline, "no {what} within 30 s");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What is wrong with a control call that is refused.
    pub async fn refused(&self, method: &str, path: &str, body: Json) -> String {
        let url = format!("{}/_emulator/{path}", self.endpoint);
        let request = self.http.request(method.parse().unwrap(), &url).body(body.to_string());
        let response = request.send().await.unwrap();
        assert!(response.status().is_client_error(), "{method} {path}: {}", response.status());
        let answer: Json = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        answer["error"].as_str().unwrap().to_owned()
    }

    pub async fn control(&self, method: &str, path: &str, body: Option<Json>) -> Json {
        let url = format!("{}/_emulator/{path}", self.endpoint);
        let mut request = self.http.request(method.parse().unwrap(), &url);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        secrets::report(&secrets::leaks(&format!("/_emulator/{path}"), text.as_bytes()));
        if text.is_empty() { Json::Null } else { serde_json::from_str(&text).unwrap() }
    }
}

/// Whether RAM has said that there is no such role, and no fault made it say so.
fn is_absence(call: &Json) -> bool {
    call["code"] == "EntityNotExist.Role" && call["fault"].is_null()
}

fn client(certificates: Option<(PathBuf, PathBuf)>) -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy();
    match certificates {
        None => builder.build().unwrap(),
        Some((authority, _)) => {
            let authority = reqwest::Certificate::from_pem(&std::fs::read(authority).unwrap()).unwrap();
            builder.tls_certs_only([authority]).build().unwrap()
        }
    }
}

impl Drop for Cloud {
    /// The searches must have looked for all that this cloud has issued.
    fn drop(&mut self) {
        let issued = self.emulator.as_ref().map(Emulator::secrets).unwrap_or_default();
        let unknown = issued.iter().filter(|secret| !secrets::is_known(secret)).count();
        assert!(unknown == 0 || std::thread::panicking(), "no search looks for {unknown} secrets of a cloud");
    }
}
