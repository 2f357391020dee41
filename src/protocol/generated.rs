//! The messages and the service of tfplugin6, generated from `proto/tfplugin6.proto`.
//!
//! Nothing outside [`crate::protocol`] sees these types. Names follow the definition: the request of
//! `PlanResourceChange` is [`plan_resource_change::Request`], the service to implement is
//! [`provider_server::Provider`].
//!
//! Sub-messages are `Option`, also where a client needs them: an absent `block`, `schema` or `return`
//! crashes Terraform, so whoever builds a message sets them.

#![allow(missing_docs, clippy::all, reason = "generated code; the definition carries the comments")]

include!(concat!(env!("OUT_DIR"), "/tfplugin6.rs"));

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use prost::Message;
    use prost_types::{
        DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet, MethodDescriptorProto,
        field_descriptor_proto::{Label, Type},
    };

    const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
    const TABLE: &str = include_str!("../../tests/vectors/tfplugin6.txt");

    #[test]
    fn definition_agrees_with_the_table() {
        let expected: BTreeSet<String> =
            TABLE.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
        let actual = definition_lines();

        let missing: Vec<_> = expected.difference(&actual).collect();
        let surplus: Vec<_> = actual.difference(&expected).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "only in the table: {missing:#?}\nonly in the definition: {surplus:#?}"
        );
    }

    fn definition_lines() -> BTreeSet<String> {
        let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
        let file = set.file.iter().find(|file| file.package() == "tfplugin6").unwrap();
        let mut lines = BTreeSet::new();
        for message in &file.message_type {
            message_lines(message.name(), message, &mut lines);
        }
        for enumeration in &file.enum_type {
            lines.insert(enum_line(enumeration.name(), enumeration));
        }
        assert_eq!(file.service.len(), 1);
        assert_eq!(file.service[0].name(), "Provider");
        lines.extend(file.service[0].method.iter().map(method_line));
        lines
    }

    fn message_lines(path: &str, message: &DescriptorProto, lines: &mut BTreeSet<String>) {
        let (maps, nested): (Vec<_>, Vec<_>) = message
            .nested_type
            .iter()
            .partition(|nested| nested.options.as_ref().is_some_and(|o| o.map_entry()));
        let maps: BTreeMap<&str, &DescriptorProto> = maps.into_iter().map(|map| (map.name(), map)).collect();
        if !message.field.is_empty() || message.nested_type.is_empty() {
            let fields: Vec<String> =
                message.field.iter().map(|field| field_text(field, message, &maps)).collect();
            let line = format!("message {path}: {}", fields.join("; "));
            lines.insert(line.trim_end().to_owned());
        }
        for nested in nested {
            message_lines(&format!("{path}.{}", nested.name()), nested, lines);
        }
        for enumeration in &message.enum_type {
            lines.insert(enum_line(&format!("{path}.{}", enumeration.name()), enumeration));
        }
    }

    fn field_text(
        field: &FieldDescriptorProto,
        message: &DescriptorProto,
        maps: &BTreeMap<&str, &DescriptorProto>,
    ) -> String {
        let entry = field.type_name().rsplit('.').next().unwrap();
        let kind = if let Some(map) = maps.get(entry) {
            format!("map<{},{}>", type_text(&map.field[0]), type_text(&map.field[1]))
        } else if field.label() == Label::Repeated {
            format!("rep {}", type_text(field))
        } else if field.proto3_optional() {
            format!("opt {}", type_text(field))
        } else {
            type_text(field)
        };
        let oneof = match field.oneof_index {
            Some(index) if !field.proto3_optional() => {
                format!(" ({})", message.oneof_decl[index as usize].name())
            }
            _ => String::new(),
        };
        format!("{} {} {kind}{oneof}", field.number(), field.name())
    }

    fn type_text(field: &FieldDescriptorProto) -> String {
        match field.r#type() {
            Type::Message | Type::Enum => local_name(field.type_name()),
            Type::Bool => "bool".to_owned(),
            Type::Bytes => "bytes".to_owned(),
            Type::Int64 => "int64".to_owned(),
            Type::String => "string".to_owned(),
            other => format!("{other:?}"),
        }
    }

    fn local_name(name: &str) -> String {
        let name = name.trim_start_matches('.');
        name.strip_prefix("tfplugin6.").unwrap_or(name).to_owned()
    }

    fn enum_line(path: &str, enumeration: &EnumDescriptorProto) -> String {
        let values: Vec<String> =
            enumeration.value.iter().map(|value| format!("{}={}", value.name(), value.number())).collect();
        format!("enum {path}: {}", values.join(", "))
    }

    fn method_line(method: &MethodDescriptorProto) -> String {
        let side = |streaming: bool, name: &str| {
            let stream = if streaming { "stream " } else { "" };
            format!("{stream}{}", local_name(name))
        };
        format!(
            "rpc {}: {} -> {}",
            method.name(),
            side(method.client_streaming(), method.input_type()),
            side(method.server_streaming(), method.output_type())
        )
    }
}
