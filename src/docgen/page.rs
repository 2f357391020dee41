//! One page for each thing that a provider offers, top to bottom.

use super::{
    Error,
    schema::{self, item, type_constraint, type_words},
    sources::Sources,
    template::{self, block},
};
use crate::framework::{
    data_source::DataSource,
    function::Definition,
    list_resource::ListResource,
    resource::{IdentitySchema, Resource},
    schema::Schema,
};

/// The front page, with the schema of the provider block.
pub(super) fn index(provider: &Schema, sources: &Sources<'_>) -> Result<String, Error> {
    let path = "templates/index.md";
    template::fill(path, &sources.read(path)?, sources, Some(provider))
}

pub(super) fn resource(
    provider: &str,
    resource: &dyn Resource,
    sources: &Sources<'_>,
) -> Result<String, Error> {
    let name = resource.type_name();
    let schema = resource.schema();
    let example = sources.read(&format!("examples/resources/{name}/resource.tf"))?;
    let parts = [
        head(provider, name, "Resource", schema.description),
        heading(&format!("{name} (Resource)"), schema.description),
        notes("resources", name, sources)?,
        usage(&example),
        schema::section(&schema),
        import(name, &resource.identity_schema(), sources)?,
    ];
    Ok(joined(&parts))
}

pub(super) fn data_source(
    provider: &str,
    data_source: &dyn DataSource,
    sources: &Sources<'_>,
) -> Result<String, Error> {
    let name = data_source.type_name();
    let schema = data_source.schema();
    let example = sources.read(&format!("examples/data-sources/{name}/data-source.tf"))?;
    let parts = [
        head(provider, name, "Data Source", schema.description),
        heading(&format!("{name} (Data Source)"), schema.description),
        notes("data-sources", name, sources)?,
        usage(&example),
        schema::section(&schema),
    ];
    Ok(joined(&parts))
}

pub(super) fn list_resource(
    provider: &str,
    list_resource: &dyn ListResource,
    sources: &Sources<'_>,
) -> Result<String, Error> {
    let name = list_resource.type_name();
    let schema = list_resource.schema();
    let example = sources.read(&format!("examples/list-resources/{name}/list-resource.tfquery.hcl"))?;
    let parts = [
        head(provider, name, "List Resource", schema.description),
        heading(&format!("{name} (List Resource)"), schema.description),
        "List resources are used by `terraform query`, from Terraform 1.14 on. The attributes below go in \
         the `config` block of a `list` block.\n"
            .to_owned(),
        notes("list-resources", name, sources)?,
        usage(&example),
        schema::section(&schema),
    ];
    Ok(joined(&parts))
}

pub(super) fn function(
    provider: &str,
    function: &Definition,
    sources: &Sources<'_>,
) -> Result<String, Error> {
    let name = function.name;
    let example = sources.read(&format!("examples/functions/{name}/function.tf"))?;
    let parameters: Vec<_> = function
        .parameters
        .iter()
        .map(|parameter| format!("{} {}", parameter.name, type_constraint(&parameter.value_type)))
        .collect();
    let signature = format!("{name}({}) {}", parameters.join(", "), type_constraint(&function.result));
    let arguments = function.parameters.iter().enumerate().map(|(position, parameter)| {
        let line = item(parameter.name, &type_words(&parameter.value_type), parameter.description);
        format!("{}. {line}\n", position + 1)
    });
    let parts = [
        head(provider, name, "Function", function.summary),
        heading(&format!("{name} (Function)"), function.description),
        "Functions of providers are there from Terraform 1.8 and OpenTofu 1.7 on.\n".to_owned(),
        notes("functions", name, sources)?,
        usage(&example),
        format!("## Signature\n\n{}", block("text", &signature)),
        format!("## Arguments\n\n{}", arguments.collect::<String>()),
        format!("## Return Type\n\n`{}`\n", type_constraint(&function.result)),
    ];
    Ok(joined(&parts))
}

/// Front matter; the description is one line of plain text.
fn head(provider: &str, name: &str, kind: &str, description: &str) -> String {
    let first = description.split("\n\n").next().unwrap_or_default();
    let plain = first.replace('`', "").replace('\n', " ");
    format!(
        "---\n# {NOTICE}\npage_title: \"{name} {kind} - {provider}\"\nsubcategory: \"\"\ndescription: |-\n  \
         {plain}\n---\n"
    )
}

fn heading(title: &str, description: &str) -> String {
    format!("# {title}\n\n{description}\n")
}

/// Prose beyond the schema's description, where there is some.
fn notes(kind: &str, name: &str, sources: &Sources<'_>) -> Result<String, Error> {
    let path = format!("templates/{kind}/{name}.md");
    match sources.find(&path)? {
        Some(text) => template::fill(&path, &text, sources, None),
        None => Ok(String::new()),
    }
}

fn usage(example: &str) -> String {
    format!("## Example Usage\n\n{}", block("terraform", example))
}

fn import(name: &str, identity: &IdentitySchema, sources: &Sources<'_>) -> Result<String, Error> {
    let read = |file: &str| sources.read(&format!("examples/resources/{name}/{file}"));
    let mut parts = vec![
        "## Import\n".to_owned(),
        "From Terraform 1.12 and OpenTofu 1.12 on, an `import` block can name the resource by its identity:\n"
            .to_owned(),
        block("terraform", &read("import-by-identity.tf")?),
        "### Identity Schema\n".to_owned(),
    ];
    for (title, required) in [("Required", true), ("Optional", false)] {
        let attributes =
            identity.attributes.iter().filter(|attribute| attribute.required_for_import == required);
        let items: String = attributes
            .map(|attribute| format!("- {}\n", item(attribute.name, "String", attribute.description)))
            .collect();
        if !items.is_empty() {
            parts.push(format!("#### {title}\n\n{items}"));
        }
    }
    parts.extend([
        "### Import ID\n".to_owned(),
        "In every supported version, an `import` block can also name the resource by its import ID:\n"
            .to_owned(),
        block("terraform", &read("import-by-string-id.tf")?),
        "So can the `terraform import` command:\n".to_owned(),
        block("shell", &read("import.sh")?),
    ]);
    Ok(joined(&parts))
}

/// Parts with an empty line between them; empty ones are left out.
fn joined(parts: &[String]) -> String {
    let parts: Vec<_> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

const NOTICE: &str =
    "Generated by `cargo run --bin mss-docs`: edit the schema, examples/ or templates/ instead.";
