//! Runs each of Terraform's operations over the schema and the traits: one file per operation.
//!
//! The laws behind each step are Terraform's checks on the responses; each file says which it keeps.
//! Must not know the wire: values come decoded and go out as values.

mod apply;
mod call;
mod configure;
mod generate;
mod import;
mod list;
mod r#move;
mod plan;
mod read;
mod read_data;
#[allow(clippy::module_inception, reason = "the file of the type of the same name")]
mod server;
mod upgrade;
mod validate;

pub use apply::{ApplyRequest, ApplyResponse};
pub use import::ImportResponse;
pub use list::{ListEvent, ListRequest};
pub use plan::{PlanRequest, PlanResponse};
pub use read::{ReadRequest, ReadResponse};
pub use server::{RegisteredDataSource, RegisteredListResource, RegisteredResource, Server, not_offered};

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that the operations make, for the snapshot.
    pub(crate) fn samples() -> Samples {
        [
            configure::tests::samples(),
            server::tests::samples(),
            read::tests::samples(),
            validate::tests::samples(),
            upgrade::tests::samples(),
        ]
        .concat()
    }
}
