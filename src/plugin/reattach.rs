//! What a developer gives to Terraform so that it uses a provider that runs already, for instance under
//! a debugger.
//!
//! `TF_REATTACH_PROVIDERS` is a JSON object from source address to process and socket. With `Test` true
//! Terraform neither ends the process nor asks for a handshake or TLS, and connects once for each process
//! that it would have started (observed). An address without a host means the registry of the tool that
//! reads it; a configuration may name either registry in full, so that both are given.

use serde_json::{Map, Value, json};

use super::{handshake::PROTOCOL_VERSION, listener::Address, program::Plugin};

const VARIABLE: &str = "TF_REATTACH_PROVIDERS";

/// The default hosts of Terraform and of OpenTofu.
const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// The text that `-debug` prints, for a shell of this system.
pub(super) fn instructions(plugin: &Plugin, process_id: u32, address: &Address) -> String {
    let value = value(plugin, process_id, address);
    let commands = if cfg!(windows) { windows_commands(&value) } else { shell_command(&value) };
    format!(
        "The provider is running. Set this variable where you run Terraform or OpenTofu, and end the \
         provider with Ctrl-C:\n\n{commands}\n"
    )
}

fn value(plugin: &Plugin, process_id: u32, address: &Address) -> String {
    let process = json!({
        "Protocol": "grpc",
        "ProtocolVersion": PROTOCOL_VERSION,
        "Pid": process_id,
        "Test": true,
        "Addr": {"Network": address.network, "String": address.text},
    });
    let under = |host: &str| (format!("{host}/{}", plugin.source), process.clone());
    Value::from(REGISTRIES.map(under).into_iter().collect::<Map<_, _>>()).to_string()
}

fn shell_command(value: &str) -> String {
    format!("\t{VARIABLE}='{}'\n", value.replace('\'', r#"'"'"'"#))
}

fn windows_commands(value: &str) -> String {
    format!("\tset \"{VARIABLE}={value}\"\n\t$env:{VARIABLE}='{}'\n", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLUGIN: Plugin =
        Plugin { name: "terraform-provider-odd", source: "acme/odd", version: "1.2.3", build: "" };

    #[test]
    fn value_is_what_terraform_reads() {
        let address = Address { network: "unix", text: "/tmp/it's/s".to_owned() };
        let value = value(&PLUGIN, 42, &address);
        let process = json!({
            "Protocol": "grpc", "ProtocolVersion": 6, "Pid": 42, "Test": true,
            "Addr": {"Network": "unix", "String": "/tmp/it's/s"},
        });
        assert_eq!(
            serde_json::from_str::<Value>(&value).unwrap(),
            json!({ "registry.terraform.io/acme/odd": process, "registry.opentofu.org/acme/odd": process })
        );
    }

    #[test]
    fn quotes_survive_each_shell() {
        assert_eq!(shell_command("it's"), "\tTF_REATTACH_PROVIDERS='it'\"'\"'s'\n");
        assert_eq!(
            windows_commands("it's"),
            "\tset \"TF_REATTACH_PROVIDERS=it's\"\n\t$env:TF_REATTACH_PROVIDERS='it''s'\n"
        );
    }

    #[test]
    fn command_stands_alone_on_its_line() {
        let address = Address { network: "tcp", text: "127.0.0.1:1".to_owned() };
        let text = instructions(&PLUGIN, 1, &address);
        let command = text.lines().find(|line| line.contains(VARIABLE)).unwrap();
        assert!(command.starts_with('\t'), "{text}");
        assert!(text.ends_with("\n\n"), "{text}");
    }
}
