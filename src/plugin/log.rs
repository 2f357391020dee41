//! Log events as hclog JSON lines on standard error, where Terraform reads them.
//!
//! A line is one JSON object under 64 KiB with the strings `@level`, `@message`, `@timestamp` and
//! `@module`; every other key is a field. Terraform takes a time with anything but six fraction digits
//! for plain text (documented), and crashes on an `@` key that is not a string (inferred from its source),
//! so no field of ours starts with `@`.
//!
//! Terraform masks nothing: what must not be seen must not be logged. Libraries are therefore heard from
//! warnings up; their debug lines hold headers and bodies.

use std::{
    any::Any,
    error::Error as StdError,
    fmt,
    io::{self, Write},
    panic::{self, PanicHookInfo},
};

use jiff::Timestamp;
use serde_json::{Map, Number, Value};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
    registry::{LookupSpan, Scope},
};

use crate::{cause::chain, text::line};

/// The first part of our own targets.
const OWN_CRATE: &str = env!("CARGO_CRATE_NAME");

/// Terraform cuts lines at 64 KiB into plain text.
const LINE_LIMIT: usize = 64 * 1024 - 1;

/// What is left of a long text when its line is too long, in bytes. Escaped, each may take six.
const SHORT_TEXT: usize = 1024;

/// Starts logging at the first level of `levels`; without one, nothing is set up and events cost
/// nothing. A panic is reported in either case.
pub(super) fn start(levels: &[String]) {
    panic::set_hook(Box::new(|info| write_line(&panic_line(info))));
    let Some(level) = levels.first().and_then(|word| level(word)) else {
        return;
    };
    let layer = HclogLayer { level, now, write: write_line };
    // Fails only when a subscriber is set already, and then that one logs.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(layer));
}

/// The message of a panic. A payload that is not a text, which no `panic!` of ours makes, has none.
pub(super) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// The level that a word of `TF_LOG` means. Terraform takes an unknown word for TRACE (documented).
fn level(word: &str) -> Option<Level> {
    match word.to_ascii_uppercase().as_str() {
        "OFF" => None,
        "ERROR" => Some(Level::ERROR),
        "WARN" => Some(Level::WARN),
        "INFO" => Some(Level::INFO),
        "DEBUG" => Some(Level::DEBUG),
        _ => Some(Level::TRACE),
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the edge where log lines get their time")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// One write for each line, so that lines of several tasks do not mix.
fn write_line(line: &str) {
    // Nobody is left to tell when standard error is closed.
    let _ = io::stderr().lock().write_all(line.as_bytes());
}

fn panic_line(info: &PanicHookInfo<'_>) -> String {
    let mut fields = Map::new();
    fields.insert("panic".to_owned(), panic_text(info.payload()).into());
    if let Some(location) = info.location() {
        fields.insert("location".to_owned(), location.to_string().into());
    }
    let line = Line {
        level: Level::ERROR,
        module: OWN_CRATE,
        message: "the provider panicked: please report this as a bug".to_owned(),
        time: now(),
    };
    line.render(fields)
}

struct HclogLayer<W> {
    level: Level,
    now: fn() -> Timestamp,
    write: W,
}

/// The fields of a span, kept while it is open.
struct SpanFields(Map<String, Value>);

impl<S, W> Layer<S> for HclogLayer<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&str) + 'static,
{
    fn enabled(&self, metadata: &Metadata<'_>, _context: Context<'_, S>) -> bool {
        let own = metadata.target().split("::").next() == Some(OWN_CRATE);
        *metadata.level() <= self.level && (own || *metadata.level() <= Level::WARN)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level.into())
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(SpanFields(fields.map));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(kept) = span.extensions_mut().get_mut::<SpanFields>() {
            kept.0.extend(fields.map);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut all = Map::new();
        let scope = context.event_scope(event);
        for span in scope.into_iter().flat_map(Scope::from_root) {
            if let Some(kept) = span.extensions().get::<SpanFields>() {
                all.extend(kept.0.clone());
            }
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        all.extend(fields.map);
        let line = Line {
            level: *event.metadata().level(),
            module: event.metadata().target(),
            message: fields.message,
            time: (self.now)(),
        };
        (self.write)(&line.render(all));
    }
}

/// Collects the fields of an event or a span.
#[derive(Default)]
struct Fields {
    message: String,
    map: Map<String, Value>,
}

impl Fields {
    fn insert(&mut self, field: &Field, value: Value) {
        let value = match value {
            // Terraform prints it as it is, and texts of hosts are among them.
            Value::String(text) => Value::String(line(&text, LINE_LIMIT)),
            other => other,
        };
        let name = field.name().trim_start_matches("r#").trim_start_matches('@');
        if name != "message" {
            self.map.insert(name.to_owned(), value);
        } else if let Value::String(text) = value {
            self.message = text;
        } else {
            self.message = value.to_string();
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        let value = Number::from_f64(value).map_or_else(|| Value::from(value.to_string()), Value::Number);
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn StdError + 'static)) {
        self.insert(field, chain(value).into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, format!("{value:?}").into());
    }
}

/// What every line says, beside its fields.
struct Line<'a> {
    level: Level,
    module: &'a str,
    message: String,
    time: Timestamp,
}

impl Line<'_> {
    /// The line with its end. Too long, its texts are cut; still too long, its fields are left out.
    fn render(&self, mut fields: Map<String, Value>) -> String {
        let whole = self.json(&self.message, &fields);
        if whole.len() <= LINE_LIMIT {
            return whole;
        }
        for value in fields.values_mut() {
            if let Value::String(text) = value {
                *text = shortened(text);
            }
        }
        let message = shortened(&self.message);
        let cut = self.json(&message, &fields);
        if cut.len() <= LINE_LIMIT {
            return cut;
        }
        let note = Map::from_iter([("fields_left_out".to_owned(), fields.len().into())]);
        self.json(&message, &note)
    }

    fn json(&self, message: &str, fields: &Map<String, Value>) -> String {
        let mut object = fields.clone();
        object.extend([
            ("@level".to_owned(), level_name(self.level).into()),
            ("@message".to_owned(), message.into()),
            ("@module".to_owned(), self.module.replace("::", ".").into()),
            ("@timestamp".to_owned(), timestamp(self.time).into()),
        ]);
        let mut line = Value::Object(object).to_string();
        line.push('\n');
        line
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

fn timestamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// The start of a text that is too long, cut between two characters.
fn shortened(text: &str) -> String {
    if text.len() <= SHORT_TEXT {
        return text.to_owned();
    }
    let start = (0..=SHORT_TEXT).rev().find_map(|end| text.get(..end));
    format!("{}…", start.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{Span, debug, error, info, info_span, trace, warn};

    use super::*;

    const TIME: &str = "2026-01-02T03:04:05.000006Z";

    /// Runs `events` under a layer of that level and returns the lines.
    fn lines(level: Level, events: impl FnOnce()) -> Vec<String> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let layer = HclogLayer {
            level,
            now: || TIME.parse().unwrap(),
            write: move |line: &str| sink.lock().unwrap().push(line.to_owned()),
        };
        tracing::subscriber::with_default(Registry::default().with(layer), events);
        lines.lock().unwrap().clone()
    }

    fn only_line(events: impl FnOnce()) -> Value {
        let lines = lines(Level::TRACE, events);
        assert_eq!(lines.len(), 1, "{lines:?}");
        serde_json::from_str(&lines[0]).unwrap()
    }

    #[test]
    fn line_is_what_terraform_reads() {
        let lines = lines(Level::TRACE, || {
            info!(attempt = 2, denied = true, r#type = "mss", "asked {}", "RAM");
        });
        let module = "terraform_provider_mss.plugin.log.tests";
        assert_eq!(
            lines,
            [format!(
                "{{\"@level\":\"info\",\"@message\":\"asked RAM\",\"@module\":\"{module}\",\
                 \"@timestamp\":\"{TIME}\",\"attempt\":2,\"denied\":true,\"type\":\"mss\"}}\n"
            )]
        );
    }

    #[test]
    fn no_text_commands_a_terminal() {
        let hostile = "a\u{1b}[2Jb\nc\u{202e}";
        let line = only_line(|| info!(shown = %hostile, text = hostile, "said {hostile}"));
        for key in ["shown", "text"] {
            assert_eq!(line[key], "a\u{fffd}[2Jb c\u{fffd}");
        }
        assert_eq!(line["@message"], "said a\u{fffd}[2Jb c\u{fffd}");
    }

    #[test]
    fn every_level_has_its_word() {
        let lines = lines(Level::TRACE, || {
            error!("x");
            warn!("x");
            info!("x");
            debug!("x");
            trace!("x");
        });
        let words: Vec<String> = lines
            .iter()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["@level"].to_string())
            .collect();
        assert_eq!(words.join(" "), r#""error" "warn" "info" "debug" "trace""#);
    }

    #[test]
    fn events_carry_the_fields_of_all_their_spans() {
        let line = only_line(|| {
            let outer = info_span!("rpc", tf_req_id = "r-1", attempt = 0, late = tracing::field::Empty);
            let _outer = outer.enter();
            let _inner = info_span!("call", action = "GetRole", attempt = 1).entered();
            outer.record("late", 7);
            info!(attempt = 2, "asked");
        });
        assert_eq!(line["tf_req_id"], "r-1");
        assert_eq!(line["action"], "GetRole");
        assert_eq!(line["late"], 7);
        assert_eq!(line["attempt"], 2, "the event wins over its spans");
    }

    #[test]
    fn fields_of_closed_spans_are_gone() {
        let line = only_line(|| {
            info_span!("rpc", tf_req_id = "r-1").in_scope(|| {});
            info!(parent: &Span::none(), "asked");
        });
        assert!(line.get("tf_req_id").is_none(), "{line}");
    }

    #[test]
    fn values_keep_their_kind() {
        let failure = super::super::Error::Handshake(io::Error::other("closed"));
        let line = only_line(|| {
            info!(
                number = -1.5,
                endless = f64::INFINITY,
                option = ?Some(1),
                error = &failure as &(dyn StdError + 'static),
                "asked"
            );
        });
        assert_eq!(line["number"].to_string(), "-1.5");
        assert_eq!(line["endless"], "inf");
        assert_eq!(line["option"], "Some(1)");
        assert_eq!(line["error"], "cannot write to the standard output: closed");
    }

    #[test]
    fn no_field_takes_a_name_of_hclog() {
        let line = only_line(|| info!("@level" = 1, "@timestamp" = 2, "asked"));
        assert_eq!(line["@level"], "info");
        assert_eq!(line["@timestamp"], TIME);
        assert_eq!(line["level"], 1);
    }

    #[test]
    fn levels_above_the_chosen_one_are_silent_and_libraries_speak_from_warnings() {
        let lines = lines(Level::DEBUG, || {
            trace!("too fine");
            debug!("ours");
            info!(target: "h2::codec", "theirs");
            warn!(target: "h2::codec", "their warning");
            debug!(target: "terraform_provider_mss_other", "not ours");
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].contains("ours"));
        assert!(lines[1].contains("their warning"));
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        let long = "ä\u{1}".repeat(40_000);
        let line = lines(Level::TRACE, || info!(body = long, short = "kept", "asked"));
        assert!(line[0].len() <= LINE_LIMIT, "{}", line[0].len());
        let value: Value = serde_json::from_str(&line[0]).unwrap();
        assert_eq!(value["short"], "kept");
        let body = value["body"].as_str().unwrap();
        assert!(body.starts_with("ä\u{fffd}ä") && body.ends_with('…'), "{body}");
    }

    #[test]
    fn longest_line_that_fits_is_whole() {
        let overhead = lines(Level::TRACE, || info!(""))[0].len();
        let fits = "x".repeat(LINE_LIMIT - overhead);
        let line = lines(Level::TRACE, || info!("{fits}"));
        assert_eq!(line[0].len(), LINE_LIMIT);
        assert!(line[0].contains(&fits));
    }

    #[test]
    fn too_many_fields_leave_a_note() {
        let fields: Map<String, Value> =
            (0..100).map(|number| (format!("f{number}"), "\u{1}".repeat(5_000).into())).collect();
        let line = Line {
            level: Level::WARN,
            module: "m",
            message: "\u{1}".repeat(100_000),
            time: TIME.parse().unwrap(),
        };
        let text = line.render(fields);
        assert!(text.len() <= LINE_LIMIT, "{}", text.len());
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["fields_left_out"], 100);
        assert_eq!(value["@level"], "warn");
    }

    #[test]
    fn words_mean_levels() {
        let cases = [
            ("TRACE", Some(Level::TRACE)),
            ("debug", Some(Level::DEBUG)),
            ("Info", Some(Level::INFO)),
            ("WARN", Some(Level::WARN)),
            ("ERROR", Some(Level::ERROR)),
            ("JSON", Some(Level::TRACE)),
            ("loud", Some(Level::TRACE)),
            ("off", None),
        ];
        for (word, expected) in cases {
            assert_eq!(level(word), expected, "{word}");
        }
    }

    #[test]
    fn time_has_six_fraction_digits() {
        let cases = [
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"),
            ("2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.100000Z"),
            ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456Z"),
        ];
        for (time, expected) in cases {
            assert_eq!(timestamp(time.parse().unwrap()), expected);
        }
    }

    #[test]
    fn panics_of_both_kinds_keep_their_text() {
        let payloads: [(Box<dyn Any + Send>, &str); 3] = [
            (Box::new("static"), "static"),
            (Box::new("made".to_owned()), "made"),
            (Box::new(7), "no message"),
        ];
        for (payload, expected) in payloads {
            assert_eq!(panic_text(payload.as_ref()), expected);
        }
    }
}
