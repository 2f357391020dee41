//! The emulator's page in a real browser, beside a real Terraform: Debian's Chromium, driven through its
//! chromedriver. Left out, and said so, where there is none.

use std::{
    io::{Read, Write},
    process::Stdio,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::support::{
    cloud::Cloud,
    names::{ACCOUNT, ROLE},
    within,
    workspace::Workspace,
};

/// A person starts a subscription on the page: Terraform refuses to destroy. The person ends it, and
/// Terraform destroys. `MSS_SCREENSHOT=FILE` keeps a picture of what the page shows then.
#[tokio::test]
async fn a_subscription_started_and_ended_by_clicks() {
    let account = json!({ "subscription": { "status": "NotEnabled" } });
    let cloud = Cloud::start_with_seed(json!({ "accounts": { ACCOUNT: account }, "members": 3 })).await;
    let Some(browser) = Browser::start().await else {
        println!("left out: there is no chromedriver on this machine");
        return;
    };
    let config = format!("resource \"mss_service_linked_role\" \"this\" {{\n  role_name = \"{ROLE}\"\n}}\n");
    let workspace = Workspace::new(&cloud, &config);
    workspace.run(&["apply", "-auto-approve"]).await.expect_success();

    browser.open(cloud.endpoint()).await;
    browser.wait_until(&format!("document.getElementById('remove-{ACCOUNT}-{ROLE}')")).await;
    browser.click(&format!("start-{ACCOUNT}")).await;
    browser.wait_until(&format!("document.getElementById('end-{ACCOUNT}')")).await;
    let refused = workspace.run(&["destroy", "-auto-approve"]).await.expect_failure();
    refused.says(&["subscription", "The role was not changed"]);
    cloud.expect_roles(ACCOUNT, &[ROLE]).await;

    browser.click("clear").await;
    browser.click(&format!("end-{ACCOUNT}")).await;
    browser.wait_until(&format!("document.getElementById('start-{ACCOUNT}')")).await;
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
    cloud.expect_roles(ACCOUNT, &[]).await;
    browser.wait_until("document.getElementById('tasks').textContent.includes('SUCCEEDED')").await;
    browser
        .wait_until("document.getElementById('calls').textContent.includes('DeleteServiceLinkedRole')")
        .await;
    browser.wait_until(&format!("document.getElementById('make-{ACCOUNT}-{ROLE}')")).await;
    if let Some(file) = std::env::var_os("MSS_SCREENSHOT") {
        std::fs::write(file, browser.screenshot().await).unwrap();
    }

    browser.click("day").await;
    // What is refused is shown, and nothing on the page broke its own policy.
    browser.run("document.getElementById('fault-json').value = '{\"kind\": \"none\"}'").await;
    browser.run("document.getElementById('fault').requestSubmit()").await;
    browser.wait_until("document.getElementById('problem').textContent.includes('`none`')").await;
    let log = browser.log().await;
    assert!(!log.to_string().contains("Content Security Policy"), "{log}");
}

/// A browser without a window; it ends when it is dropped.
struct Browser {
    http: reqwest::Client,
    session: String,
    _driver: Child,
}

impl Drop for Browser {
    /// A driver that is killed leaves its browser behind.
    fn drop(&mut self) {
        let (address, session) = self.session["http://".len()..].split_once('/').unwrap();
        let Ok(mut stream) = std::net::TcpStream::connect(address) else { return };
        let request = format!("DELETE /{session} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
        let _ = stream.write_all(request.as_bytes());
        let _ = stream.read_to_end(&mut Vec::new());
    }
}

impl Browser {
    /// `None` if the machine has no chromedriver.
    async fn start() -> Option<Self> {
        let mut driver = Command::new("chromedriver");
        driver.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = driver.kill_on_drop(true).spawn().ok()?;
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = within("chromedriver", async {
            loop {
                let line = lines.next_line().await.unwrap().expect("chromedriver says its port");
                if let Some((_, port)) = line.split_once("started successfully on port ") {
                    return port.trim_end_matches('.').to_owned();
                }
            }
        })
        .await;
        // Whatever else it says must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-proxy-server",
            "--window-size=1280,900",
        ];
        let capabilities = json!({ "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": 60_000 },
        } });
        let base = format!("http://127.0.0.1:{port}/session");
        let mut browser = Self { http, session: base, _driver: driver };
        let made = browser.post("", &json!({ "capabilities": capabilities })).await;
        browser.session = format!("{}/{}", browser.session, made["sessionId"].as_str().unwrap());
        Some(browser)
    }

    async fn post(&self, path: &str, body: &Json) -> Json {
        let request = self.http.post(format!("{}{path}", self.session)).body(body.to_string());
        let response = within(path, request.send()).await.unwrap();
        let answer: Json = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert!(answer["value"]["error"].is_null(), "{path} {body}: {answer}");
        answer["value"].clone()
    }

    async fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url })).await;
    }

    async fn run(&self, script: &str) -> Json {
        self.post("/execute/sync", &json!({ "script": script, "args": [] })).await
    }

    async fn click(&self, id: &str) {
        self.run(&format!("document.getElementById('{id}').click()")).await;
    }

    /// Until an expression holds; the page is looked at whenever it changes.
    async fn wait_until(&self, expression: &str) {
        let script = format!(
            "const done = arguments[0]; const holds = () => Boolean({expression});
             if (holds()) return done(true);
             const observer = new MutationObserver(() => {{ if (holds()) {{ observer.disconnect(); done(true); }} }});
             observer.observe(document, {{ subtree: true, childList: true, characterData: true }});"
        );
        self.post("/execute/async", &json!({ "script": script, "args": [] })).await;
    }

    async fn log(&self) -> Json {
        self.post("/se/log", &json!({ "type": "browser" })).await
    }

    async fn screenshot(&self) -> Vec<u8> {
        let response = self.http.get(format!("{}/screenshot", self.session)).send().await.unwrap();
        let answer: Json = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        STANDARD.decode(answer["value"].as_str().unwrap()).unwrap()
    }
}
