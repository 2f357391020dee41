//! Where a setting or a key comes from, so that an error can name it and say what to correct.

use std::{fmt, path::PathBuf};

/// Where a setting or a key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An attribute of the provider block, by name.
    Attribute(&'static str),
    /// An environment variable, by name.
    Variable(&'static str),
    /// The parts of one AccessKey, which are correct or wrong together: ID, secret and, if there is one, token.
    AccessKey {
        /// Where the ID comes from, by which the whole is named.
        id: Box<Place>,
        /// Where the other parts come from.
        others: Vec<Place>,
    },
    /// A whole file, such as one with a token.
    File(PathBuf),
    /// A profile of the `aliyun` tool's file.
    Profile {
        /// The file with the profile.
        file: PathBuf,
        /// The profile's name, as in `current`.
        name: String,
    },
    /// A section of an SDK's ini file.
    Section {
        /// The file with the section.
        file: PathBuf,
        /// The section's name, without brackets.
        name: String,
    },
    /// A service that gives credentials, such as a metadata service: what it is, and where.
    Service(String),
    /// A session of a role that was assumed.
    Role {
        /// The role: `acs:ram::<account_id>:role/<role_name>`.
        role_arn: String,
        /// Where the key or the token comes from that opened it.
        opened_with: Box<Place>,
    },
}

impl Place {
    /// What to do about a mistake there, in the imperative.
    pub fn correction(&self) -> String {
        match self {
            Self::Attribute(name) => format!("Correct `{name}` in the provider block."),
            Self::Variable(name) => format!("Correct or unset the environment variable {name}."),
            Self::AccessKey { id, others } => correction_of_key(id, others),
            Self::File(path) => format!("Correct {}.", path.display()),
            Self::Profile { file, name } => {
                format!("Correct profile {name:?} in {}, or choose another with `profile`.", file.display())
            }
            Self::Section { file, name } => format!("Correct section [{name}] in {}.", file.display()),
            Self::Service(_) => {
                "Run the same command again, or use another source of credentials.".to_owned()
            }
            Self::Role { opened_with, .. } => opened_with.correction(),
        }
    }

    fn variable(&self) -> Option<&'static str> {
        match self {
            Self::Variable(name) => Some(name),
            _ => None,
        }
    }

    /// The attribute of the provider block that the mistake is in, if it is in one.
    pub fn attribute(&self) -> Option<&'static str> {
        match self {
            Self::Attribute(name) => Some(name),
            Self::AccessKey { id, .. } => id.attribute(),
            Self::Role { opened_with, .. } => opened_with.attribute(),
            _ => None,
        }
    }
}

/// Which of the parts is wrong, nobody says: an ID that exists may be the wrong one for the secret.
fn correction_of_key(id: &Place, others: &[Place]) -> String {
    let parts: Vec<_> = [id].into_iter().chain(others).collect();
    let variables: Option<Vec<_>> = parts.iter().map(|part| part.variable()).collect();
    match variables {
        Some(variables) => {
            format!("Correct these environment variables, or unset all of them: {}.", variables.join(", "))
        }
        None => {
            let parts: Vec<_> = parts.iter().map(ToString::to_string).collect();
            format!("Correct these, which belong together: {}.", parts.join(", "))
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(name) => write!(f, "`{name}` in the provider block"),
            Self::Variable(name) => write!(f, "{name} in the environment"),
            Self::AccessKey { id, .. } => id.fmt(f),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Profile { file, name } => write!(f, "{}, profile {name:?}", file.display()),
            Self::Section { file, name } => write!(f, "{}, section [{name}]", file.display()),
            Self::Service(text) => f.write_str(text),
            Self::Role { role_arn, opened_with } => {
                write!(f, "role {role_arn}, opened with the credentials of {opened_with}")
            }
        }
    }
}
