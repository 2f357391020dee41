//! Series of measurements, and what is said about them.

use std::time::Duration;

/// Measurements of one thing, in the order of the turns.
#[derive(Debug, Clone, Default)]
pub struct Series(Vec<f64>);

impl Series {
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    pub fn push_milliseconds(&mut self, time: Duration) {
        self.push(time.as_secs_f64() * 1e3);
    }

    pub fn median(&self) -> f64 {
        self.quantile(1, 2)
    }

    /// The middle half lies between these two.
    pub fn quartiles(&self) -> (f64, f64) {
        (self.quantile(1, 4), self.quantile(3, 4))
    }

    fn quantile(&self, part: usize, of: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let place = (sorted.len() - 1) * part;
        let (index, rest) = (place / of, place % of);
        let next = sorted[(index + 1).min(sorted.len() - 1)];
        #[allow(clippy::cast_precision_loss, reason = "a few thousand measurements")]
        let weight = rest as f64 / of as f64;
        sorted[index] + (next - sorted[index]) * weight
    }

    /// Turn by turn, what is left of this after the other is taken off.
    pub fn minus(&self, other: &Self) -> Self {
        self.with(other, |this, other| this - other)
    }

    /// Turn by turn, how many times the other this is.
    pub fn over(&self, other: &Self) -> Self {
        self.with(other, |this, other| this / other)
    }

    fn with(&self, other: &Self, of: fn(f64, f64) -> f64) -> Self {
        assert_eq!(self.0.len(), other.0.len());
        Self(self.0.iter().zip(&other.0).map(|(this, other)| of(*this, *other)).collect())
    }
}

/// Three digits that tell something.
pub fn short(value: f64) -> String {
    let digits = match value.abs() {
        value if value < 0.1 => 3,
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

/// The median with the middle half, as `1.23 (1.20–1.31)`.
pub fn spread(series: &Series) -> String {
    let (low, high) = series.quartiles();
    format!("{} ({}–{})", short(series.median()), short(low), short(high))
}

/// Bytes as MB, in which sizes of files are promised.
#[allow(clippy::cast_precision_loss, reason = "files are smaller than that")]
pub fn megabytes(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}
