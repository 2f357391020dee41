//! Private data: what a resource leaves for its own later calls, which Terraform stores and nobody sees.
//!
//! Terraform carries opaque bytes, so the framework puts its own mark in front of the resource's: one
//! byte that distinguishes a newly imported object from any other. Without data and mark there are no bytes.
//! Each method of [`super::resource::Resource`] says how long its data lives.

use super::diagnostics::Diagnostic;

/// Private data as Terraform carries it: the resource's bytes, and the framework's mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Private {
    /// The resource's own bytes; empty if it left none.
    pub data: Vec<u8>,
    /// Whether an import left it and no read has followed.
    pub imported: bool,
}

impl Private {
    /// Data that a resource leaves, without the mark of an import.
    pub fn of(data: Vec<u8>) -> Self {
        Self { data, imported: false }
    }

    /// Reads the bytes that Terraform carried; no bytes at all are data that nobody has left.
    ///
    /// # Errors
    /// Bytes that the framework has not written: the state was edited.
    pub fn decode(bytes: &[u8]) -> Result<Self, Diagnostic> {
        match bytes.split_first() {
            None => Ok(Self::default()),
            Some((&PLAIN, data)) => Ok(Self::of(data.to_vec())),
            Some((&IMPORTED, data)) => Ok(Self { data: data.to_vec(), imported: true }),
            Some(_) => Err(foreign()),
        }
    }

    /// The bytes for Terraform to carry.
    pub fn encode(self) -> Vec<u8> {
        let mark = if self.imported { IMPORTED } else { PLAIN };
        match self {
            Self { data, imported: false } if data.is_empty() => data,
            Self { data, .. } => [vec![mark], data].concat(),
        }
    }
}

fn foreign() -> Diagnostic {
    Diagnostic::error(
        "Private data cannot be read",
        "The private data stored with this resource is not what the provider wrote. Nothing was \
         changed.\n\nIf the state was edited by hand, restore a backup. Otherwise take the resource out \
         of state and import it again; nothing in the cloud changes:\n\n    terraform state rm 'ADDRESS'",
    )
}

/// In front of data that an import left.
const IMPORTED: u8 = b'i';
/// In front of any other data.
const PLAIN: u8 = b'p';

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        vec![("foreign", foreign())]
    }

    #[test]
    fn both_ways() {
        for data in [&b""[..], b"i", b"p", b"{}"] {
            for imported in [false, true] {
                let private = Private { data: data.to_vec(), imported };
                assert_eq!(Private::decode(&private.clone().encode()), Ok(private));
            }
        }
    }

    #[test]
    fn nothing_is_no_bytes() {
        assert_eq!(Private::default().encode(), b"");
    }

    #[test]
    fn foreign_bytes_are_told() {
        assert!(Private::decode(b"{}").is_err());
    }
}
