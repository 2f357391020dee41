//! Why a provider process cannot serve.

use std::{error, fmt, io, path::PathBuf};

/// Why the process ends before or instead of serving Terraform.
///
/// The text of an error does not hold the text of its source; whoever prints it prints both.
#[derive(Debug)]
pub enum Error {
    /// The client speaks other versions of the plugin protocol: a newer Terraform is needed.
    UnsupportedProtocol {
        /// What the client offered, as it wrote it.
        offered: String,
    },
    /// `PLUGIN_CLIENT_CERT` holds no certificate that we can trust: the client is at fault.
    ClientCertificate(Box<dyn error::Error + Send + Sync>),
    /// A variable of the environment does not hold what go-plugin puts there.
    Environment {
        /// The variable, as in `PLUGIN_MIN_PORT`.
        name: &'static str,
        /// What it should have held, in words: "a port number".
        expected: &'static str,
        /// What it held, shown to the person who set it.
        value: String,
    },
    /// The certificate of this run cannot be made.
    Certificate(rcgen::Error),
    /// The TLS library refuses our certificate or settings.
    Tls(rustls::Error),
    /// No socket can be opened at this place: its permissions, its length or the disk.
    Listen {
        /// The folder, or the address with its range of ports.
        place: PathBuf,
        /// The error of the system call.
        source: io::Error,
    },
    /// The standard output is closed: whoever started the process is gone.
    Handshake(io::Error),
    /// The process may have too few files open: whoever set the limit can act.
    Descriptors {
        /// The limit, if there is one.
        limit: Option<u64>,
        /// The error of the system call.
        source: io::Error,
    },
    /// The system gives us no event loop or no signal handlers.
    Runtime(io::Error),
    /// The gRPC server ended although nobody had asked it to.
    Serve(tonic::transport::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedProtocol { offered } => write!(
                f,
                "this provider speaks version 6 of the plugin protocol, but the program that \
                 started it offers {offered:?}; use Terraform 1.6, OpenTofu 1.6 or a later version"
            ),
            Self::ClientCertificate(_) => {
                f.write_str("PLUGIN_CLIENT_CERT does not hold a certificate that this provider can trust")
            }
            Self::Environment { name, expected, value } => {
                write!(f, "{name} should hold {expected}, but holds {value:?}")
            }
            Self::Certificate(_) => f.write_str("cannot make the TLS certificate of this run"),
            Self::Tls(_) => f.write_str("cannot set up TLS"),
            Self::Listen { place, .. } => {
                write!(f, "cannot listen for Terraform at {}", place.display())
            }
            Self::Handshake(_) => f.write_str("cannot write to the standard output"),
            Self::Descriptors { limit, .. } => {
                let limit = limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string());
                write!(
                    f,
                    "too few file descriptors are free (the limit, `ulimit -n`, is {limit}); allow 1024, then run the \
                     same command again"
                )
            }
            Self::Runtime(_) => f.write_str("cannot start the event loop"),
            Self::Serve(_) => f.write_str("the gRPC server ended by itself"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::UnsupportedProtocol { .. } | Self::Environment { .. } => None,
            Self::ClientCertificate(source) => Some(source.as_ref()),
            Self::Certificate(source) => Some(source),
            Self::Tls(source) => Some(source),
            Self::Listen { source, .. }
            | Self::Descriptors { source, .. }
            | Self::Handshake(source)
            | Self::Runtime(source) => Some(source),
            Self::Serve(source) => Some(source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::chain;

    #[test]
    fn chain_tells_every_cause_once() {
        let error = Error::Listen { place: PathBuf::from("/nowhere"), source: io::Error::other("disk full") };
        assert_eq!(chain(&error), "cannot listen for Terraform at /nowhere: disk full");
    }

    #[test]
    fn texts_name_what_a_person_can_change() {
        let cases: [(Error, &str); 3] = [
            (Error::UnsupportedProtocol { offered: "4,5".to_owned() }, "\"4,5\""),
            (Error::ClientCertificate("not PEM".into()), "PLUGIN_CLIENT_CERT"),
            (
                Error::Environment {
                    name: "PLUGIN_MIN_PORT",
                    expected: "a port number",
                    value: "x".to_owned(),
                },
                "PLUGIN_MIN_PORT should hold a port number, but holds \"x\"",
            ),
        ];
        for (error, part) in cases {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
