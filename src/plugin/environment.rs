//! What the process found when it started: arguments and the variables that go-plugin sets.
//!
//! Everything is read here, once, so that the rest of [`crate::plugin`] works on values. The names are
//! go-plugin's (documented); Terraform itself leaves the socket folder, the socket group and the
//! multiplex variable unset (observed).

use std::{
    env,
    ffi::OsString,
    path::{self, PathBuf},
};

/// Arguments and variables of this process.
#[derive(Debug, Clone, Default)]
#[allow(dead_code, reason = "Unix sockets have no ports, TCP has no folder and no group")]
pub(super) struct PluginEnvironment {
    /// Without the name of the program.
    pub arguments: Vec<String>,
    /// `TF_PLUGIN_MAGIC_COOKIE`: shows that a program that runs plugins has started us.
    pub magic_cookie: Option<String>,
    /// `PLUGIN_PROTOCOL_VERSIONS`: majors with commas between them, in any order.
    pub protocol_versions: Option<String>,
    /// `PLUGIN_CLIENT_CERT`: the client's certificate as PEM.
    pub client_certificate: Option<String>,
    /// `PLUGIN_UNIX_SOCKET_DIR`: where the client wants the socket, instead of the folder for temporary
    /// files.
    pub socket_folder: Option<PathBuf>,
    /// `PLUGIN_UNIX_SOCKET_GROUP`: name or number of a group that may connect.
    pub socket_group: Option<String>,
    /// `PLUGIN_MIN_PORT`: the lowest TCP port that the client allows, as text.
    pub min_port: Option<String>,
    /// `PLUGIN_MAX_PORT`: the highest TCP port that the client allows, as text.
    pub max_port: Option<String>,
    /// Whether `PLUGIN_MULTIPLEX_GRPC` is set, to whatever value but an empty one, as in go-plugin.
    pub wants_multiplex: bool,
    /// The system's folder for temporary files (`TMPDIR`), from the root on.
    pub temporary_folder: PathBuf,
    /// The log levels asked for, the strongest first.
    pub log_levels: Vec<String>,
}

impl PluginEnvironment {
    /// Reads this process. `type_name` is the provider's (`mss`), for `TF_LOG_PROVIDER_MSS`.
    pub fn read(type_name: &str) -> Self {
        let own_level = format!("TF_LOG_PROVIDER_{}", type_name.to_uppercase().replace('-', "_"));
        Self {
            arguments: env::args_os()
                .skip(1)
                .map(|argument| argument.to_string_lossy().into_owned())
                .collect(),
            magic_cookie: variable("TF_PLUGIN_MAGIC_COOKIE"),
            protocol_versions: variable("PLUGIN_PROTOCOL_VERSIONS"),
            client_certificate: variable("PLUGIN_CLIENT_CERT"),
            socket_folder: variable("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
            socket_group: variable("PLUGIN_UNIX_SOCKET_GROUP"),
            min_port: variable("PLUGIN_MIN_PORT"),
            max_port: variable("PLUGIN_MAX_PORT"),
            wants_multiplex: variable("PLUGIN_MULTIPLEX_GRPC").is_some(),
            temporary_folder: temporary_folder(env::temp_dir()),
            log_levels: [own_level.as_str(), "TF_LOG_PROVIDER", "TF_LOG"]
                .into_iter()
                .filter_map(variable)
                .collect(),
        }
    }

    /// Whether a flag was given, with one dash as Go programs write it or with two.
    pub fn has_flag(&self, name: &str) -> bool {
        self.arguments.iter().any(|argument| {
            argument
                .strip_prefix("--")
                .or_else(|| argument.strip_prefix('-'))
                .is_some_and(|flag| flag == name || flag.strip_suffix("=true") == Some(name))
        })
    }
}

/// A folder that is found from everywhere. An empty `TMPDIR` counts as unset, and a relative one is where we are:
/// in the folder of the configuration.
fn temporary_folder(named: PathBuf) -> PathBuf {
    match path::absolute(&named) {
        Ok(absolute) => absolute,
        Err(_) if named.as_os_str().is_empty() => PathBuf::from("/tmp"),
        // Where we are cannot be determined: whoever opens the socket says so.
        Err(_) => named,
    }
}

/// A variable that is set and not empty. What is not Unicode is kept as far as it can be.
fn variable(name: &str) -> Option<String> {
    raw_variable(name).map(|value| value.to_string_lossy().into_owned()).filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "this is the edge where the plugin reads its environment")]
fn raw_variable(name: &str) -> Option<OsString> {
    env::var_os(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_take_one_dash_or_two() {
        let cases = [
            ("-debug", true),
            ("--debug", true),
            ("-debug=true", true),
            ("--debug=true", true),
            ("-debug=false", false),
            ("debug", false),
            ("-debugger", false),
            ("---debug", false),
        ];
        for (argument, expected) in cases {
            let environment =
                PluginEnvironment { arguments: vec![argument.to_owned()], ..PluginEnvironment::default() };
            assert_eq!(environment.has_flag("debug"), expected, "{argument}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn temporary_folders_start_at_the_root() {
        assert_eq!(temporary_folder(PathBuf::new()), PathBuf::from("/tmp"));
        assert_eq!(temporary_folder(PathBuf::from("/var/tmp")), PathBuf::from("/var/tmp"));
        let relative = temporary_folder(PathBuf::from("here"));
        assert!(relative.is_absolute() && relative.ends_with("here"), "{relative:?}");
    }
}
