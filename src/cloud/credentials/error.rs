//! Why there are no credentials, and what to do about it.

use std::fmt;

use crate::cloud::place::Place;

/// Why there are no credentials. Whoever runs Terraform can act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A source is configured wrongly: nothing was asked, and no other source is tried.
    Wrong {
        /// The file, profile, attribute or variable at fault.
        place: Box<Place>,
        /// What is wrong there, to follow the place and a colon.
        problem: String,
        /// What to do, in the imperative.
        next: String,
    },
    /// A source is configured and does not give credentials.
    Failed {
        /// The source, as a person knows it.
        place: Box<Place>,
        /// What it responded, without anything that could be a secret.
        problem: String,
        /// What to do, in the imperative.
        next: String,
        /// Whether the cloud does not accept the key that the source needs itself.
        is_rejected: bool,
    },
    /// No source is configured: each with the reason.
    NoSource(Vec<String>),
}

impl Error {
    pub(super) fn wrong(place: Place, problem: impl Into<String>) -> Self {
        let next = place.correction();
        Self::Wrong { place: Box::new(place), problem: problem.into(), next }
    }

    pub(super) fn failed(place: Place, problem: impl Into<String>, next: impl Into<String>) -> Self {
        let (place, problem, next) = (Box::new(place), problem.into(), next.into());
        Self::Failed { place, problem, next, is_rejected: false }
    }

    /// The same with another next step than that of its place.
    pub(super) fn advise(self, advice: impl Into<String>) -> Self {
        match self {
            Self::Wrong { place, problem, .. } => Self::Wrong { place, problem, next: advice.into() },
            Self::Failed { place, problem, is_rejected, .. } => {
                Self::Failed { place, problem, next: advice.into(), is_rejected }
            }
            Self::NoSource(passed) => Self::NoSource(passed),
        }
    }

    /// What to do, as a sentence in the imperative.
    pub fn next_step(&self) -> &str {
        match self {
            Self::Wrong { next, .. } | Self::Failed { next, .. } => next,
            Self::NoSource(_) => CONFIGURE,
        }
    }

    /// Why each source was passed over; nothing if one is configured.
    pub fn passed(&self) -> &[String] {
        match self {
            Self::NoSource(passed) => passed,
            Self::Wrong { .. } | Self::Failed { .. } => &[],
        }
    }

    /// The attribute of the provider block that is at fault, if one is.
    pub fn attribute(&self) -> Option<&'static str> {
        match self {
            Self::Wrong { place, .. } | Self::Failed { place, .. } => place.attribute(),
            Self::NoSource(_) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong { place, problem, .. } | Self::Failed { place, problem, .. } => {
                write!(f, "{place}: {problem}")
            }
            Self::NoSource(_) => f.write_str("no source of credentials is configured"),
        }
    }
}

impl std::error::Error for Error {}

/// Why a source gives no recipe.
#[derive(Debug)]
pub(super) enum NoRecipe {
    /// It is not configured: what is missing.
    NotConfigured(String),
    /// It is configured wrongly, which ends the search.
    Wrong(Error),
}

impl From<Error> for NoRecipe {
    fn from(error: Error) -> Self {
        Self::Wrong(error)
    }
}

const CONFIGURE: &str = "Set `access_key` and `secret_key` in the provider block, or ALIBABA_CLOUD_ACCESS_KEY_ID and \
                         ALIBABA_CLOUD_ACCESS_KEY_SECRET in the environment, or run `aliyun configure`.";
