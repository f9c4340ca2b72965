//! Numbers as text.

use quartier_model::Thousandths;

/// A share as a fraction with exactly three decimals: 312 is `0.312`, -45 is `-0.045`.
pub fn thousandths(value: Thousandths) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let size = value.unsigned_abs();
    format!("{sign}{}.{:03}", size / 1000, size % 1000)
}

/// Appends degrees with at most 7 decimals (about a centimetre), without trailing zeros; rounded half away from zero.
pub(crate) fn push_degrees(text: &mut Vec<u8>, value: f64) {
    const UNITS: u64 = 10_000_000;
    let units = (value * UNITS as f64).round() as i64;
    if units < 0 {
        text.push(b'-');
    }
    let (whole, mut rest) = (units.unsigned_abs() / UNITS, units.unsigned_abs() % UNITS);
    // Degrees have at most three digits before the point.
    if whole >= 100 {
        text.push(b'0' + (whole / 100 % 10) as u8);
    }
    if whole >= 10 {
        text.push(b'0' + (whole / 10 % 10) as u8);
    }
    text.push(b'0' + (whole % 10) as u8);
    if rest > 0 {
        text.push(b'.');
    }
    let mut unit = UNITS / 10;
    while rest > 0 {
        text.push(b'0' + (rest / unit) as u8);
        (rest, unit) = (rest % unit, unit / 10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_three_decimals_whatever_its_sign() {
        let texts = [0, 312, 1000, -45, -1000, 7].map(thousandths);
        assert_eq!(texts, ["0.000", "0.312", "1.000", "-0.045", "-1.000", "0.007"]);
    }

    #[test]
    fn degrees_have_at_most_seven_decimals() {
        let texts = [2.0, 2.123_456_789, -0.000_000_01, -4.5, 179.999_999_99, -123.000_001, 10.05].map(|value| {
            let mut text = Vec::new();
            push_degrees(&mut text, value);
            String::from_utf8(text).expect("ASCII")
        });
        assert_eq!(texts, ["2", "2.1234568", "0", "-4.5", "180", "-123.000001", "10.05"]);
    }
}
