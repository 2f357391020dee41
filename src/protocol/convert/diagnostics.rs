//! Diagnostics and attribute paths, to the wire.

use crate::{
    framework::{
        diagnostics::{Diagnostic, Diagnostics, Severity},
        value::{Path, Step},
    },
    protocol::generated::{self, attribute_path, diagnostic},
};

/// All diagnostics of a response, in their order.
pub(crate) fn encode(diagnostics: Diagnostics) -> Vec<generated::Diagnostic> {
    diagnostics.into_iter().map(encode_one).collect()
}

fn encode_one(from: Diagnostic) -> generated::Diagnostic {
    let severity = match from.severity {
        Severity::Error => diagnostic::Severity::Error,
        Severity::Warning => diagnostic::Severity::Warning,
    };
    generated::Diagnostic {
        severity: severity.into(),
        summary: from.summary.into_owned(),
        detail: from.detail,
        attribute: from.path.as_ref().map(|from| path(&showable(from))),
    }
}

/// The path of the nearest line that Terraform can show. It finds an attribute, and in its expression one element
/// by index or key, in which it takes the attribute of an object for a key; anything deeper, and an attribute
/// below an attribute, it takes for a block, and points at the head of the whole (its `tfdiags`, all versions).
fn showable(from: &Path) -> Path {
    match from.steps() {
        [Step::Attribute(attribute), Step::Attribute(name), ..] => Path::of(attribute).key(name),
        [attribute, element, _, ..] => Path::root().then(attribute).then(element),
        _ => from.clone(),
    }
}

/// An attribute path, step by step: the paths of `requires_replace` must be exact.
pub(crate) fn path(from: &Path) -> generated::AttributePath {
    generated::AttributePath { steps: from.steps().iter().map(step).collect() }
}

fn step(from: &Step) -> attribute_path::Step {
    use attribute_path::step::Selector;

    let selector = match from {
        Step::Attribute(name) => Selector::AttributeName(name.clone()),
        Step::Key(key) => Selector::ElementKeyString(key.clone()),
        // A list that long cannot have been decoded.
        Step::Index(index) => Selector::ElementKeyInt(i64::try_from(*index).unwrap_or(i64::MAX)),
    };
    attribute_path::Step { selector: Some(selector) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_text_and_path() {
        let path = Path::of("a").index(3);
        let encoded = encode(Diagnostic::warning("Summary", "detail").at(path).into());
        assert_eq!(encoded.len(), 1);
        assert_eq!(encoded[0].severity(), diagnostic::Severity::Warning);
        assert_eq!((encoded[0].summary.as_str(), encoded[0].detail.as_str()), ("Summary", "detail"));
        let steps = &encoded[0].attribute.as_ref().unwrap().steps;
        let selectors: Vec<_> =
            steps.iter().map(|step| format!("{:?}", step.selector.as_ref().unwrap())).collect();
        assert_eq!(selectors, [r#"AttributeName("a")"#, "ElementKeyInt(3)"]);
    }

    #[test]
    fn a_path_leads_to_what_terraform_can_show() {
        for (path, expected) in [
            (Path::root(), ""),
            (Path::of("a"), "a"),
            (Path::of("timeouts.create"), "timeouts[\"create\"]"),
            (Path::of("a.b.c").index(1), "a[\"b\"]"),
            (Path::of("a").index(1), "a[1]"),
            (Path::of("a").index(1).attribute("b"), "a[1]"),
            (Path::of("a").key("k").attribute("b"), "a[\"k\"]"),
        ] {
            assert_eq!(showable(&path).to_string(), expected);
        }
    }

    #[test]
    fn no_path_stays_absent() {
        assert_eq!(encode(Diagnostic::error("S", "d").into())[0].attribute, None);
    }
}
