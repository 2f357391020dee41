//! Functions, to the wire. Every message has its return type: a client crashes without.

use std::collections::HashMap;

use crate::{
    framework::{
        function::{Definition, Error, Function, Parameter},
        value::Type,
    },
    protocol::generated::{self, StringKind, function},
};

/// The definitions, by name without the provider's prefix.
pub(in crate::protocol) fn encode_all(
    functions: &[Box<dyn Function>],
) -> HashMap<String, generated::Function> {
    let definitions = functions.iter().map(|function| function.definition());
    definitions.map(|definition| (definition.name.to_owned(), encode(&definition))).collect()
}

/// An error; the index of an argument counts from 0 on both sides. Terraform and OpenTofu put a full stop
/// behind the text, in every version that has functions (observed, 1.8 to 1.15).
pub(in crate::protocol) fn encode_error(error: Error) -> generated::FunctionError {
    let argument = error.argument.and_then(|argument| i64::try_from(argument).ok());
    let text = error.text.trim_end_matches(['.', ' ', '\n']).to_owned();
    generated::FunctionError { text, function_argument: argument }
}

fn encode(from: &Definition) -> generated::Function {
    generated::Function {
        parameters: from.parameters.iter().map(parameter).collect(),
        r#return: Some(function::Return { r#type: type_bytes(&from.result) }),
        summary: from.summary.to_owned(),
        description: from.description.to_owned(),
        description_kind: StringKind::Markdown.into(),
        ..generated::Function::default()
    }
}

fn parameter(from: &Parameter) -> function::Parameter {
    function::Parameter {
        name: from.name.to_owned(),
        r#type: type_bytes(&from.value_type),
        description: from.description.to_owned(),
        description_kind: StringKind::Markdown.into(),
        ..function::Parameter::default()
    }
}

fn type_bytes(value_type: &Type) -> Vec<u8> {
    value_type.to_json().to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terraform_puts_the_full_stop() {
        for (text, sent) in [("No. Use x.", "No. Use x"), ("No", "No"), ("No.\n", "No")] {
            let error = encode_error(Error::at(1, text));
            assert_eq!((error.text.as_str(), error.function_argument), (sent, Some(1)));
        }
    }
}
