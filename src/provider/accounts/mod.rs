//! The accounts of a resource directory, and looking into many of them.
//!
//! Members come from ListAccounts (documented: the management account and delegated administrators
//! may call it). That the management account itself is not among them is inferred from the page, which speaks of members
//! alone.
//!
//! Must not know what is looked for in an account.

mod data_source;
mod each;
mod filter;
mod members;
mod selection;

pub(super) use data_source::AccountsDataSource;
pub(super) use each::{Failure, gather, left_out, look_into_each};
pub(super) use selection::Selection;

#[cfg(test)]
pub(crate) mod tests {
    use super::{data_source, each, filter, members, selection};
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this folder makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        [
            data_source::tests::samples(),
            each::tests::samples(),
            filter::tests::samples(),
            members::tests::samples(),
            selection::tests::samples(),
        ]
        .concat()
    }
}
