//! Numbers as text.

use quartier_model::Thousandths;

/// A share as a fraction with exactly three decimals: 312 is `0.312`, -45 is `-0.045`.
pub fn thousandths(value: Thousandths) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let size = value.unsigned_abs();
    format!("{sign}{}.{:03}", size / 1000, size % 1000)
}

/// Degrees with at most 7 decimals (about a centimetre), without trailing zeros.
pub(crate) fn degrees(value: f64) -> String {
    let text = format!("{value:.7}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
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
        let texts = [2.0, 2.123_456_789, -0.000_000_01, -4.5].map(degrees);
        assert_eq!(texts, ["2", "2.1234568", "0", "-4.5"]);
    }
}
