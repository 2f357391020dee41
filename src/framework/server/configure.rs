//! ConfigureProvider: hands the provider block to the provider, for every operation that follows.

use super::{Server, validate};
use crate::framework::{
    diagnostics::{Diagnostic, Diagnostics},
    value::Root,
};

impl Server {
    /// Takes the provider's configuration. Terraform waits for the response before it sends any request about
    /// a resource. Ends at once with an error if [`Server::stop`] is called meanwhile.
    ///
    /// A process that serves several commands (reattach) is configured for each: an earlier stop ends here.
    pub async fn configure(&self, config: Root, terraform_version: &str) -> Diagnostics {
        let stop = self.begin();
        let config = match validate::without_empty_texts(config).object("the provider's configuration") {
            Ok(config) => config,
            Err(refused) => return refused.into(),
        };
        tokio::select! {
            biased;
            diagnostics = self.provider.configure(config, terraform_version) => diagnostics,
            () = stop.cancelled() => {
                configuring_interrupted().into()
            }
        }
    }
}

fn configuring_interrupted() -> Diagnostic {
    let detail = "Terraform was interrupted before the provider was ready. Nothing was changed.\n\nRun the same command again.";
    Diagnostic::error("Configuring the provider was interrupted", detail)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        vec![("configuring_interrupted", configuring_interrupted())]
    }
}
