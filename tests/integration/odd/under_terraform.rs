//! The odd provider under a real Terraform, which attaches to it in this process.

use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;
use terraform_provider_mss::{
    framework::server::Server,
    protocol::{ProviderService, generated::provider_server::ProviderServer},
};
use tokio::{net::UnixListener, task::JoinHandle};

use super::shapes::{OTHERWISE, Odd};
use crate::support::{
    terraform::{NEWEST, OLDEST, Terraform},
    workspace::Workspace,
};

const SOURCE: &str = "registry.terraform.io/mss-iac/odd";

/// The provider, served for as long as this lives.
struct Served {
    provider: Odd,
    reattach: String,
    task: JoinHandle<()>,
    _folder: TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn serve() -> Served {
    let provider = Odd::default();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("odd");
    let listener = UnixListener::bind(&socket).unwrap();
    let odd = provider.clone();
    let service = ProviderServer::new(ProviderService::new(move || Server::new(Arc::new(odd.clone()))));
    let incoming = futures_util::stream::unfold(listener, |listener| async move {
        let accepted = listener.accept().await.map(|(stream, _)| stream);
        Some((accepted, listener))
    });
    let task = tokio::spawn(async move {
        let server = tonic::transport::Server::builder().add_service(service);
        server.serve_with_incoming(incoming).await.unwrap();
    });
    let address = json!({ "Network": "unix", "String": socket });
    let process = json!({
        "Protocol": "grpc", "ProtocolVersion": 6, "Pid": std::process::id(), "Test": true, "Addr": address,
    });
    Served { provider, reattach: json!({ SOURCE: process }).to_string(), task, _folder: folder }
}

/// Every shape with what is known, or with what is known only after apply. Terraform 1.6 itself does not keep
/// 2^64, which is a float too, from its plan to its apply.
fn configuration(name: &str, text: &str, number: &str) -> String {
    format!(
        r#"
        terraform {{
          required_providers {{
            odd = {{ source = "{SOURCE}" }}
          }}
        }}

        resource "terraform_data" "later" {{
          input = "later"
        }}

        resource "odd_shape" "this" {{
          name    = "{name}"
          number  = {number}
          flag    = false
          list    = ["a", {text}, ""]
          set     = [1, 0.1, 9007199254740993, 1e30, 0.1234567890123456789, pow(1.1, 2)]
          map     = {{ x = true, "y z" = false }}
          deep    = {{ a = {text}, b = [1.5, -2], c = {{ k = {{ d = ["s", "t"] }} }} }}
          tuple   = [{text}, 18446744073709551617]
          dynamic = {{ any = [1, "two", {text}], none = null }}

          single      = {{ key = {text} }}
          nested_list = [{{ key = "a", plain = 1 }}, {{ key = {text}, chosen = true }}]
          nested_set  = [{{ key = "a", plain = 0.1 }}, {{ key = "b", defaulted = "set" }}]
          nested_map  = {{ m = {{ key = "a" }}, n = {{ key = {text}, defaulted = "x" }} }}
          chosen_list = [{{ key = "c" }}]
          twice = {{
            one = {{ in_list = [{{ key = "l" }}], in_set = [{{ key = "s" }}] }}
            two = {{}}
          }}
        }}

        resource "odd_shape" "empty" {{
          name = "empty"
        }}
        "#
    )
}

/// What only the provider may fill, set at every depth, and the line that Terraform shows of it.
const READ_ONLY: [(&str, &str); 6] = [
    ("made_kept = 1", "made_kept = 1"),
    ("made_kept = terraform_data.later.id", "made_kept = terraform_data.later.id"),
    ("single = {\n key = \"k\"\n made = \"x\"\n}", "made = \"x\""),
    ("nested_list = [\n { key = \"k\", made = \"x\" }\n]", "{ key = \"k\", made = \"x\" }"),
    ("nested_set = [{ key = \"k\", made = \"x\" }]", "nested_set = ["),
    ("nested_map = {\n m = { key = \"k\", made = \"x\" }\n}", "m = { key = \"k\", made = \"x\" }"),
];

async fn what_is_read_only_is_refused(workspace: &Workspace) {
    for (argument, shown) in READ_ONLY {
        let text = configuration("one", "\"x\"", "1")
            .replace("name = \"empty\"", &format!("name = \"empty\"\n{argument}"));
        std::fs::write(workspace.path("main.tf"), text).unwrap();
        let refused = workspace.run(&["validate"]).await.expect_failure();
        refused.says(&["Read-only attribute", shown, "in resource \"odd_shape\" \"empty\""]);
    }
}

/// `tells`: whether this Terraform tells the plan that it makes during apply from the one that people see.
async fn every_shape_lives(terraform: Terraform, tells: bool) {
    let served = serve();
    let mut workspace = Workspace::without_cloud(terraform);
    workspace.set("TF_REATTACH_PROVIDERS", &served.reattach);
    what_is_read_only_is_refused(&workspace).await;
    let write = |text: &str| std::fs::write(workspace.path("main.tf"), text).unwrap();

    // Unknown values at every depth.
    write(&configuration("one", "terraform_data.later.output", "0.1234567890123456789"));
    workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["3 added"]);
    workspace.expect_no_changes().await;
    workspace.run(&["plan", "-refresh-only", "-detailed-exitcode"]).await.expect_success();
    let state = workspace.attributes("odd_shape.this").await;
    assert_eq!(state["number"].to_string(), "0.1234567890123456789");
    assert_eq!(state["nested_list"][1]["key"], "later");
    assert_eq!(state["nested_list"][0]["defaulted"], "d");
    assert!(state["twice"]["one"]["in_set"][0]["made"].is_string());

    // The same, written out: nothing changes.
    write(&configuration("one", "\"later\"", "0.1234567890123456789"));
    workspace.expect_no_changes().await;
    // An update in place, then a replacement.
    write(&configuration("one", "\"now\"", "1e30"));
    workspace.run(&["apply", "-auto-approve"]).await.expect_success().says(&["0 added, 1 changed"]);
    workspace.expect_no_changes().await;
    write(&configuration("two", "\"now\"", "1e30"));
    let replaced = workspace.run(&["apply", "-auto-approve"]).await.expect_success();
    replaced.says(&["1 added, 0 changed, 1 destroyed"]);
    workspace.expect_no_changes().await;

    workspace.run(&["state", "rm", "odd_shape.this"]).await.expect_success();
    workspace.run(&["import", "odd_shape.this", "two"]).await.expect_success();
    workspace.expect_no_changes().await;
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success().says(&["3 destroyed"]);
    assert_eq!(served.provider.times_applying() > 0, tells);
    what_is_made_otherwise_is_in_state(&workspace).await;
}

/// A provider that answers other than planned is told of by Terraform, and what it made is not lost (the document
/// on the life of a change of a resource instance).
async fn what_is_made_otherwise_is_in_state(workspace: &Workspace) {
    let text = configuration(OTHERWISE, "\"x\"", "1");
    std::fs::write(workspace.path("main.tf"), text).unwrap();
    let refused = workspace.run(&["apply", "-auto-approve"]).await.expect_failure();
    refused.says(&["Provider produced inconsistent result after apply", "odd_shape.this", ".flag"]);
    assert_eq!(workspace.attributes("odd_shape.this").await["flag"], true);
    workspace.run(&["plan"]).await.expect_success().says(&["odd_shape.this is tainted"]);
    workspace.run(&["destroy", "-auto-approve"]).await.expect_success();
}

#[tokio::test]
async fn oldest() {
    every_shape_lives(Terraform::fetch(OLDEST).unwrap(), false).await;
}

#[tokio::test]
async fn newest() {
    every_shape_lives(Terraform::fetch(NEWEST).unwrap(), true).await;
}
