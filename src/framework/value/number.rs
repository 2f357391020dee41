//! Numbers of any size with every digit kept.
//!
//! Terraform computes with 512-bit floating point and compares by decimal text, so a detour
//! through `f64` would change what a practitioner wrote.

use std::fmt;
use std::str::FromStr;

use bigdecimal::{BigDecimal, ToPrimitive};

/// A decimal number, and whether it came as a float.
///
/// Terraform sends a float where that is exactly the number it holds, which then has the float's precision: 53
/// bits. To Terraform two numbers are the same if their shortest texts are (go-cty), so a float is kept here
/// by its shortest text, and goes back as a float: other digits would be another number.
#[derive(Clone, Debug)]
pub struct Number {
    /// In a box, so that a value has the size of a text: most are texts.
    decimal: Box<BigDecimal>,
    is_float: bool,
}

impl Number {
    /// The number in plain decimal text, without exponent.
    pub fn to_plain_string(&self) -> String {
        self.decimal.to_plain_string()
    }

    /// The number as an integer, if it is one and fits.
    pub fn to_i64(&self) -> Option<i64> {
        if self.decimal.is_integer() { self.decimal.to_i64() } else { None }
    }

    /// The number as a non-negative integer, if it is one and fits.
    pub fn to_u64(&self) -> Option<u64> {
        if self.decimal.is_integer() { self.decimal.to_u64() } else { None }
    }

    /// The float that the number came as; `None` if it came as anything else.
    pub fn to_float(&self) -> Option<f64> {
        if self.is_float { self.to_plain_string().parse().ok() } else { None }
    }

    /// The number that is meant by a finite float: its shortest text, or the integer that it is.
    pub fn from_f64(value: f64) -> Option<Self> {
        if value.fract() == 0.0 {
            return BigDecimal::try_from(value).ok().map(Self::exact);
        }
        let shortest: Self = format!("{value}").parse().ok()?;
        Some(Self { is_float: true, ..shortest })
    }

    fn exact(decimal: BigDecimal) -> Self {
        Self { decimal: Box::new(decimal.normalized()), is_float: false }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.decimal == other.decimal
    }
}

impl Eq for Number {}

impl FromStr for Number {
    type Err = ();

    /// Reads decimal text with an optional exponent.
    ///
    /// # Errors
    /// Text that is not a number, and a number whose plain text, which is how it is written again, is
    /// longer than 16,384 characters: arithmetic on more would be a way to exhaust memory.
    fn from_str(text: &str) -> Result<Self, ()> {
        if text.trim_start_matches('-').len() > DIGIT_LIMIT {
            return Err(());
        }
        if let Some((_, exponent)) = text.split_once(['e', 'E']) {
            let exponent: i64 = exponent.parse().map_err(drop)?;
            if exponent.unsigned_abs() > DIGIT_LIMIT as u64 {
                return Err(());
            }
        }
        let number = Self::exact(BigDecimal::from_str(text).map_err(drop)?);
        if plain_length(&number.decimal) > DIGIT_LIMIT as u64 { Err(()) } else { Ok(number) }
    }
}

/// The length of the plain text without its sign, computed without writing it.
fn plain_length(decimal: &BigDecimal) -> u64 {
    let (digits, scale) = (decimal.digits(), decimal.fractional_digit_count());
    match u64::try_from(scale) {
        Ok(0) => digits,
        Ok(scale) => digits.max(scale + 1) + 1,
        Err(_) => digits + scale.unsigned_abs(),
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::exact(BigDecimal::from(value))
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::exact(BigDecimal::from(value))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_plain_string())
    }
}

const DIGIT_LIMIT: usize = 16_384;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_every_digit() {
        for text in
            ["0", "1", "-1", "0.1", "0.1234567890123456789", "18446744073709551616", "9007199254740993"]
        {
            assert_eq!(text.parse::<Number>().unwrap().to_plain_string(), text);
        }
    }

    #[test]
    fn equality_is_numeric() {
        for (left, right) in [("1.0", "1"), ("1e3", "1000"), ("0.50", "5e-1"), ("-0", "0")] {
            assert_eq!(left.parse::<Number>(), right.parse::<Number>(), "{left} and {right}");
        }
        assert_ne!("0.1".parse::<Number>(), "0.10000000000000001".parse::<Number>());
    }

    #[test]
    fn floats_are_read_by_their_shortest_text() {
        let read = |value: f64| Number::from_f64(value).unwrap().to_plain_string();
        assert_eq!(read(0.1), "0.1");
        assert_eq!(read(-1.5), "-1.5");
        assert_eq!(read(18_446_744_073_709_551_616.0), "18446744073709551616");
        assert_eq!(read(1e30), "1000000000000000019884624838656");
        assert_eq!(read(2.0_f64.powi(-60)), "0.0000000000000000008673617379884035");
        assert_eq!(Number::from_f64(f64::NAN), None);
        assert_eq!(Number::from_f64(f64::INFINITY), None);
    }

    #[test]
    fn floats_go_back_as_floats() {
        // The last is `pow(1.1, 2)`, which has all 53 bits.
        for float in [0.5, -1.25, 0.1, 2.0_f64.powi(-60), 1.210_000_000_000_000_2] {
            let number = Number::from_f64(float).unwrap();
            assert_eq!(number.to_float().map(f64::to_bits), Some(float.to_bits()));
            assert_eq!(Ok(number), format!("{float}").parse(), "the same number by its text");
        }
        assert_eq!("0.5".parse::<Number>().unwrap().to_float(), None);
        assert_eq!(Number::from_f64(3.0).unwrap().to_float(), None);
    }

    #[test]
    fn integers_only_when_they_are() {
        assert_eq!("3000".parse::<Number>().unwrap().to_u64(), Some(3000));
        assert_eq!("-1".parse::<Number>().unwrap().to_u64(), None);
        assert_eq!("1.5".parse::<Number>().unwrap().to_i64(), None);
        assert_eq!("9223372036854775808".parse::<Number>().unwrap().to_i64(), None);
    }

    #[test]
    fn refuses_what_is_no_number_or_too_much() {
        for text in ["", "x", "1e999999999", "1e-999999999", "1e99999999999999999999", "NaN", "0x10"] {
            assert_eq!(text.parse::<Number>(), Err(()), "{text}");
        }
        assert_eq!("9".repeat(DIGIT_LIMIT + 1).parse::<Number>(), Err(()));
    }

    /// Found by fuzzing: `1e16384` was read and written as a text that was then refused.
    #[test]
    fn whatever_is_read_can_be_read_again() {
        let limit = DIGIT_LIMIT;
        for (text, length) in [
            (format!("1e{}", limit - 1), Some(limit)),
            (format!("-1e{}", limit - 1), Some(limit + 1)),
            (format!("1e{limit}"), None),
            (format!("1e-{}", limit - 2), Some(limit)),
            (format!("1e-{}", limit - 1), None),
            (format!("12e-{}", limit - 2), Some(limit)),
            (format!("-{}", "9".repeat(limit)), Some(limit + 1)),
            ("120.0450".to_owned(), Some("120.045".len())),
            ("0e5".to_owned(), Some(1)),
        ] {
            let read = text.parse::<Number>().ok();
            let plain = read.as_ref().map(Number::to_plain_string);
            assert_eq!(plain.as_ref().map(String::len), length, "{}", &text[..text.len().min(20)]);
            assert_eq!(plain.and_then(|plain| plain.parse().ok()), read);
        }
    }
}
