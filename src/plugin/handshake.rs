//! The first seconds: did Terraform start us, do we speak the same version, and the one line on
//! standard output that says where we listen.
//!
//! The line is go-plugin's: fields with `|` between them. Field 6 is the server's certificate in
//! base64 **without padding**; with it Terraform fails on the runs whose certificate has a length that
//! is not a multiple of three (observed).

use std::io::{self, Write};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

use super::{environment::PluginEnvironment, error::Error, listener::Address, program::Plugin};

/// Major version of the plugin protocol that we serve.
pub(super) const PROTOCOL_VERSION: u32 = 6;

/// What Terraform and OpenTofu put into `TF_PLUGIN_MAGIC_COOKIE`. No secret: it keeps people from
/// running a plugin by mistake.
const MAGIC_COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Version of go-plugin's own conversation, the first field of the line. It has never had another.
const CORE_VERSION: u32 = 1;

/// Whether Terraform, or another program that runs Terraform plugins, started this process.
pub(super) fn started_as_plugin(environment: &PluginEnvironment) -> bool {
    environment.magic_cookie.as_deref() == Some(MAGIC_COOKIE)
}

/// What a person reads who starts the binary by hand.
pub(super) fn introduction(plugin: &Plugin) -> String {
    let Plugin { name, version, source, .. } = plugin;
    format!(
        "{name} {version} is a plugin: Terraform and OpenTofu start it, and it does nothing \
         on its own.\n\
         To use it, name it in `required_providers` (source = \"{source}\") and run `terraform init`; \
         README.md shows how.\n\
         To debug it, run it with -debug. Nothing was done; exit status 1.\n"
    )
}

/// Checks that the client speaks our version.
///
/// A client that names no versions gets the line: it may know what it wants, and if not, it says so.
///
/// # Errors
/// [`Error::UnsupportedProtocol`] if versions are named and ours is not among them.
pub(super) fn check_version(environment: &PluginEnvironment) -> Result<(), Error> {
    let Some(offered) = &environment.protocol_versions else {
        return Ok(());
    };
    let ours = PROTOCOL_VERSION.to_string();
    if offered.split(',').any(|version| version.trim() == ours) {
        return Ok(());
    }
    Err(Error::UnsupportedProtocol { offered: offered.clone() })
}

/// The line that says where we listen and whom to expect there.
pub(super) fn line(address: &Address, certificate: Option<&[u8]>, environment: &PluginEnvironment) -> String {
    fields(address, certificate, environment)
}

/// The line for a client that does not speak our version.
///
/// Nobody will connect. The version in the line makes Terraform say that plugin and client are
/// incompatible and name both versions; without a line it says that it cannot read the plugin's
/// output, which explains nothing.
pub(super) fn refusal_line(environment: &PluginEnvironment) -> String {
    let nowhere = Address { network: "unix", text: String::new() };
    fields(&nowhere, None, environment)
}

/// The line in place of the handshake where this process cannot serve at all. go-plugin shows a line that is no
/// handshake as it is, and whatever has three bars in it counts as one.
pub(super) fn explanation(reason: &str) -> String {
    let printable =
        |character: char| if character == '|' || character.is_control() { ' ' } else { character };
    reason.chars().map(printable).chain(['\n']).collect()
}

/// Writes the line and pushes it out.
///
/// # Errors
/// [`Error::Handshake`] if nobody reads the standard output any more.
pub(super) fn write(line: &str) -> Result<(), Error> {
    write_to(&mut io::stdout().lock(), line).map_err(Error::Handshake)
}

fn write_to(output: &mut impl Write, line: &str) -> io::Result<()> {
    output.write_all(line.as_bytes())?;
    output.flush()
}

fn fields(address: &Address, certificate: Option<&[u8]>, environment: &PluginEnvironment) -> String {
    let certificate = certificate.map_or_else(String::new, |der| STANDARD_NO_PAD.encode(der));
    // A client that asks about multiplexing expects a seventh field; others do not know it.
    let multiplex = if environment.wants_multiplex { "|false" } else { "" };
    let Address { network, text } = address;
    format!("{CORE_VERSION}|{PROTOCOL_VERSION}|{network}|{text}|grpc|{certificate}{multiplex}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLUGIN: Plugin =
        Plugin { name: "terraform-provider-odd", source: "acme/odd", version: "1.2.3", build: "" };

    #[test]
    fn cookie_decides_who_started_us() {
        let cases = [(Some(MAGIC_COOKIE), true), (Some("d602"), false), (None, false)];
        for (cookie, expected) in cases {
            let environment =
                PluginEnvironment { magic_cookie: cookie.map(str::to_owned), ..PluginEnvironment::default() };
            assert_eq!(started_as_plugin(&environment), expected, "{cookie:?}");
        }
    }

    #[test]
    fn versions_may_stand_in_any_order() {
        let cases = [
            (None, true),
            (Some("6"), true),
            (Some("5,6"), true),
            (Some("6,5"), true),
            (Some("5, 6"), true),
            (Some("5"), false),
            (Some("4,5"), false),
            (Some("60,16"), false),
            (Some(","), false),
        ];
        for (offered, expected) in cases {
            let environment = PluginEnvironment {
                protocol_versions: offered.map(str::to_owned),
                ..PluginEnvironment::default()
            };
            assert_eq!(check_version(&environment).is_ok(), expected, "{offered:?}");
        }
    }

    #[test]
    fn line_has_six_fields_and_no_padding() {
        let address = Address { network: "unix", text: "/tmp/x/s".to_owned() };
        let plain = PluginEnvironment::default();
        assert_eq!(line(&address, Some(b"four"), &plain), "1|6|unix|/tmp/x/s|grpc|Zm91cg\n");
        assert_eq!(line(&address, None, &plain), "1|6|unix|/tmp/x/s|grpc|\n");
    }

    #[test]
    fn seventh_field_answers_a_question() {
        let environment = PluginEnvironment { wants_multiplex: true, ..PluginEnvironment::default() };
        let address = Address { network: "tcp", text: "127.0.0.1:10000".to_owned() };
        assert_eq!(line(&address, None, &environment), "1|6|tcp|127.0.0.1:10000|grpc||false\n");
    }

    #[test]
    fn refusal_names_our_version() {
        assert_eq!(refusal_line(&PluginEnvironment::default()), "1|6|unix||grpc|\n");
    }

    #[test]
    fn explanation_is_one_line_that_is_no_handshake() {
        assert_eq!(explanation("no room at /a|b|c|d\nfor us"), "no room at /a b c d for us\n");
    }

    #[test]
    fn introduction_is_three_lines_that_name_the_source() {
        let text = introduction(&PLUGIN);
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.starts_with("terraform-provider-odd 1.2.3 is a plugin"));
        assert!(text.contains("source = \"acme/odd\""), "{text}");
    }

    #[test]
    fn closed_output_is_an_error() {
        let mut full: &mut [u8] = &mut [];
        assert!(write_to(&mut full, "1|6\n").is_err());
    }
}
