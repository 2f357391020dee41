//! The `timeouts` attribute: how long each operation may take, as Go durations.

use std::time::Duration;

use crate::framework::{
    diagnostics::Diagnostic,
    schema::Attribute,
    value::{Knowable, Object, Path, Type, Value},
};

/// How long each operation of one role may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timeouts {
    pub(super) create: Duration,
    pub(super) read: Duration,
    pub(super) delete: Duration,
}

impl Timeouts {
    /// From the attribute; the default stands for whatever is not set.
    pub(super) fn from_attribute(timeouts: &Knowable<Object>) -> Self {
        let duration = |name: &str, default: Duration| {
            let text = timeouts.as_known().and_then(|object| object.string(name).known());
            // Validation has refused malformed text before.
            text.and_then(|text| parse_duration(&text)).unwrap_or(default)
        };
        Self {
            create: duration("create", DEFAULT_CREATE),
            read: duration("read", DEFAULT_READ),
            delete: duration("delete", DEFAULT_DELETE),
        }
    }
}

/// The attributes of the nested object, each a Go duration.
pub(super) fn attributes() -> Vec<Attribute> {
    vec![
        Attribute::optional(
            "create",
            Type::String,
            "Time for creating the role, including the wait until RAM shows it. Default: `5m`.",
        )
        .validator(validate_duration),
        Attribute::optional(
            "read",
            Type::String,
            "Time for reading the role, also in a plan, and for checking the MSS subscription. Default: `1m`.",
        )
            .validator(validate_duration),
        Attribute::optional(
            "delete",
            Type::String,
            "Time for the deletion task, including the wait until RAM no longer shows the role. Default: `10m`.",
        )
            .validator(validate_duration),
    ]
}

/// Checks one duration of the attribute.
fn validate_duration(value: &Value, path: &Path) -> Option<Diagnostic> {
    let Value::String(text) = value else {
        return None;
    };
    let problem = match parse_duration(text) {
        None => "is not a duration of 292 years at most",
        Some(Duration::ZERO) => "must be greater than zero",
        Some(_) => return None,
    };
    let detail = format!(
        "The value {text:?} of \"{path}\" {problem}.\n\nUse numbers with units (h, m, s, ms, us, ns), such as \
         \"30s\", \"5m\" or \"1h30m\"."
    );
    Some(Diagnostic::error("Malformed duration", detail).at(path.clone()))
}

/// Reads a duration as Go writes it: numbers, each with a unit of h, m, s, ms, us (or µs), ns.
///
/// `None` for anything else, for a negative one and for one beyond 292 years, Go's own limit.
fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.strip_prefix('+').unwrap_or(text);
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut nanoseconds = 0.0_f64;
    let mut rest = text;
    while !rest.is_empty() {
        let number_length = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(number_length);
        let unit_length = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_length);
        nanoseconds += number.parse::<f64>().ok()? * unit_in_nanoseconds(unit)?;
        rest = after;
    }
    let in_range = !text.is_empty() && nanoseconds <= LIMIT_NANOSECONDS;
    in_range.then(|| Duration::from_secs_f64(nanoseconds / 1e9))
}

fn unit_in_nanoseconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "h" => 3600e9,
        "m" => 60e9,
        "s" => 1e9,
        "ms" => 1e6,
        "us" | "µs" | "μs" => 1e3,
        "ns" => 1.0,
        _ => return None,
    })
}

/// Create waits for RAM to show the new role, which has been seen to take up to two minutes.
const DEFAULT_CREATE: Duration = Duration::from_secs(5 * 60);
/// One request with all its retries.
pub(super) const DEFAULT_READ: Duration = Duration::from_secs(60);
/// A deletion task checks every region for uses of the role.
const DEFAULT_DELETE: Duration = Duration::from_secs(10 * 60);
const LIMIT_NANOSECONDS: f64 = 9.2e18;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        let path = Path::of("timeouts.create");
        vec![
            ("validate_duration", validate_duration(&"soon".into(), &path).unwrap()),
            ("validate_duration, zero", validate_duration(&"0s".into(), &path).unwrap()),
        ]
    }

    #[test]
    fn reads_go_durations() {
        for (text, milliseconds) in [
            ("0", 0),
            ("30s", 30_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("1h0m0.5s", 3_600_500),
            ("250ms", 250),
            ("1000us", 1),
            ("1000µs", 1),
            ("1000000ns", 1),
            ("+3s", 3_000),
            (".5s", 500),
        ] {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["", "5", "m", "5 m", "-3s", "5x", "1h30", "1.2.3s", "five minutes", "9999999999h", "٣s"]
        {
            assert_eq!(parse_duration(text), None, "{text}");
            assert!(validate_duration(&text.into(), &Path::of("timeouts.create")).is_some(), "{text}");
        }
        assert!(validate_duration(&"0s".into(), &Path::of("timeouts.create")).is_some());
        assert_eq!(validate_duration(&"5m".into(), &Path::of("timeouts.create")), None);
    }

    #[test]
    fn defaults_stand_for_what_is_not_set() {
        let unset = Timeouts::from_attribute(&Knowable::Null);
        assert_eq!((unset.create, unset.read, unset.delete), (DEFAULT_CREATE, DEFAULT_READ, DEFAULT_DELETE));

        let mut object = Object::empty();
        object.set("delete", "3s");
        let timeouts = Timeouts::from_attribute(&Knowable::Known(object));
        assert_eq!((timeouts.create, timeouts.delete), (DEFAULT_CREATE, Duration::from_secs(3)));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,30}") {
            let _ = parse_duration(&text);
        }
    }
}
