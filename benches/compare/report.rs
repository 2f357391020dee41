//! `docs/benchmarks.md` and its chart.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use crate::{
    figures::short,
    programs::{Programs, run},
    support::terraform::Terraform,
};

/// A part of the report.
pub struct Section {
    pub title: String,
    pub text: String,
    pub bars: Vec<Bars>,
}

/// Bars of one unit, to be drawn below each other.
pub struct Bars {
    pub title: String,
    pub bars: Vec<(String, f64)>,
}

/// What has been measured so far.
pub struct Report {
    text: String,
    bars: Vec<Bars>,
}

impl Report {
    /// Says where and with what.
    pub fn begin(terraform: &Terraform, programs: &Programs) -> Self {
        let mut text = "# Benchmarks\n\nWritten by `cargo bench`, which fetches what it compares with: run it on your \
                        machine. Its source is `benches/compare`. All figures are of one run; compare the ratios, since \
                        machines differ.\n\n![Bars of the medians below](benchmarks.svg)\n\n"
            .to_owned();
        let commit = run(Command::new("git").args(["rev-parse", "--short=12", "HEAD"]));
        let rustc = run(Command::new("rustc").arg("--version"));
        let rows = [
            ["date", &jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()],
            ["machine", &machine()],
            ["terraform-provider-mss", &format!("{}, commit {}", env!("CARGO_PKG_VERSION"), commit.trim())],
            ["built by", &format!("`release/release.py build`: {}; {}", programs.build, rustc.trim())],
            ["Terraform", &terraform.version().to_string()],
        ];
        text += &table(&["", ""], &rows.map(|row| row.map(str::to_owned).to_vec()));
        print!("{text}");
        Self { text, bars: Vec::new() }
    }

    pub fn add(&mut self, section: &Section) {
        let text = format!("\n## {}\n\n{}", section.title, section.text);
        print!("{text}");
        self.text += &text;
        self.bars.extend(
            section.bars.iter().map(|bars| Bars { title: bars.title.clone(), bars: bars.bars.clone() }),
        );
    }

    pub fn write(&self) {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        fs::write(docs.join("benchmarks.md"), &self.text).unwrap();
        fs::write(docs.join("benchmarks.svg"), chart(&self.bars)).unwrap();
    }
}

/// A Markdown table.
pub fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!("| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().unwrap();
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(std::env::consts::ARCH, |(_, model)| model);
    let system = run(Command::new("uname").arg("-sr"));
    format!("{model}, {cores} cores, {}", system.trim())
}

// The chart, in pixels. A name has a line of its own above its bar, so no font makes it too long.
const WIDTH: u32 = 760;
const MARGIN: u32 = 8;
const VALUE: u32 = 80;
const ROW: u32 = 36;
const TITLE: u32 = 40;

fn chart(groups: &[Bars]) -> String {
    let mut y = 0;
    let mut body = String::new();
    for group in groups {
        let _ = writeln!(body, r#"<text class="title" x="{MARGIN}" y="{}">{}</text>"#, y + 26, group.title);
        y += TITLE;
        let longest = group.bars.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        for (name, value) in &group.bars {
            let room = WIDTH - 2 * MARGIN - VALUE;
            body += &bar(&name.replace(['*', '`'], ""), *value, f64::from(room) * value / longest, y);
            y += ROW;
        }
    }
    let height = y + MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>Medians of terraform-provider-mss and of other providers; shorter bars are better</title>\n\
         <style>{STYLE}</style>\n\
         <rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\"/>\n{body}</svg>\n"
    )
}

fn bar(name: &str, value: f64, width: f64, y: u32) -> String {
    let class = if name.contains("mss") { "ours" } else { "other" };
    let (above, bar, beside) = (y + 12, y + 17, y + 28);
    let end = f64::from(MARGIN) + width + 6.0;
    let value = short(value);
    format!(
        "<text x=\"{MARGIN}\" y=\"{above}\">{name}</text>\n\
         <rect class=\"{class}\" x=\"{MARGIN}\" y=\"{bar}\" width=\"{width:.1}\" height=\"13\"/>\n\
         <text x=\"{end:.1}\" y=\"{beside}\">{value}</text>\n"
    )
}

/// Readable on a light and on a dark page.
const STYLE: &str = "text{font:12px sans-serif;fill:#24292f}.title{font-weight:bold}.ours{fill:#0969da}\
                     .other{fill:#8c959f}.page{fill:#ffffff}\
                     @media (prefers-color-scheme:dark){text{fill:#e6edf3}.ours{fill:#4493f8}.other{fill:#6e7681}\
                     .page{fill:#0d1117}}";
