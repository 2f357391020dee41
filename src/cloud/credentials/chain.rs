//! The sources, in order; the first that is configured wins.

use super::{
    cli_profile,
    error::{Error, NoRecipe},
    files::reading,
    ini_profile,
    inputs::Inputs,
    keys, metadata, oidc,
    recipe::{Recipe, Source},
    role::RoleSettings,
    uri,
};
use crate::cloud::place::Place;

/// The sources of credentials, in order, over one set of inputs.
#[derive(Clone, Default)]
pub struct Chain {
    inputs: Inputs,
}

impl Chain {
    /// A chain over these inputs; nothing is read yet.
    pub fn new(inputs: Inputs) -> Self {
        Self { inputs }
    }

    /// How to get credentials. Reads files, on a thread of its own; asks nobody.
    ///
    /// # Errors
    /// A source that is configured wrongly, or none that is configured.
    pub async fn recipe(&self) -> Result<Recipe, Error> {
        let chain = self.clone();
        let what = Place::Service("the files of credentials".to_owned());
        reading(what, move || chain.recipe_on_this_thread()).await
    }

    /// The same, for those who may wait for a file.
    ///
    /// # Errors
    /// As [`Chain::recipe`].
    pub fn recipe_on_this_thread(&self) -> Result<Recipe, Error> {
        let base = self.base()?;
        Ok(match RoleSettings::on_top(&self.inputs)? {
            Some(role) => base.with_role(role),
            None => base,
        })
    }

    fn base(&self) -> Result<Recipe, Error> {
        let mut passed = Vec::new();
        for find in SOURCES {
            match find(&self.inputs) {
                Ok(Recipe { source, roles }) => return Ok(Recipe { source: source.after(passed), roles }),
                Err(NoRecipe::NotConfigured(reason)) => passed.push(reason),
                // Not the next source: what is configured wrongly may be the account that is meant, the next another one.
                Err(NoRecipe::Wrong(error)) => return Err(error),
            }
        }
        Err(Error::NoSource(passed))
    }
}

type Find = fn(&Inputs) -> Result<Recipe, NoRecipe>;

const SOURCES: [Find; 6] = [
    |inputs| {
        let keys = keys::find(inputs)?;
        cli_profile::refuse_role_beside_keys(inputs)?;
        Ok(Recipe::of(Source::Keys(keys)))
    },
    |inputs| Ok(Recipe::of(Source::Oidc(oidc::find(inputs)?))),
    cli_profile::find,
    ini_profile::find,
    |inputs| Ok(Recipe::of(Source::Uri(uri::find(inputs)?))),
    |inputs| Ok(Recipe::of(Source::Metadata(metadata::find(inputs)?))),
];
