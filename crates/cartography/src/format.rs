//! Numbers as people read them, in the two languages of the interface.

use serde::{Deserialize, Serialize};

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// French: `12 345`, `12,5 %`.
    Fr,
    /// English: `12,345`, `12.5%`.
    En,
}

/// Where a number of people comes from, which decides how many of its figures mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Counted one by one: written to the unit.
    Exactly,
    /// Estimated: two significant figures after ≈.
    Estimated,
}

/// Narrow no-break space: French thousands, and before `%` and `pt`.
const NARROW: char = '\u{202F}';
/// No-break space.
const NO_BREAK: char = '\u{A0}';
/// The minus sign; a hyphen is shorter than a plus.
const MINUS: char = '\u{2212}';
/// The spread in points above which a share shows no decimal.
const COARSE_SPREAD: f64 = 0.02;

/// A whole number with its thousands apart.
pub fn integer(number: i64, language: Language) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    if number < 0 {
        text.push(MINUS);
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(match language {
                Language::Fr => NARROW,
                Language::En => ',',
            });
        }
        text.push(digit);
    }
    text
}

/// A number of people: to the unit if counted, `≈ 420` with two significant figures if estimated.
pub fn people(number: f64, counted: Counted, language: Language) -> String {
    match counted {
        Counted::Exactly => integer(number.round() as i64, language),
        Counted::Estimated => {
            let size = number.abs().max(1.0).log10().floor() as i32 - 1;
            let unit = 10f64.powi(size.max(0));
            format!("≈{NO_BREAK}{}", integer(((number / unit).round() * unit) as i64, language))
        }
    }
}

/// An estimated share as a percentage: no decimal where its spread is over 2 points, one otherwise, and never a round
/// 0 % or 100 %, which no estimate can say.
///
/// `spread` is `None` for an exact count, which has one decimal and may be 0 % or 100 %.
pub fn share(value: f64, spread: Option<f64>, language: Language) -> String {
    let decimals = decimals(spread);
    let shown = rounded(value * 100.0, decimals);
    let (text, sign) = match spread {
        Some(_) if shown <= 0.0 => (decimal(least(decimals), decimals, language), "<"),
        Some(_) if shown >= 100.0 => (decimal(100.0 - least(decimals), decimals, language), ">"),
        _ => (decimal(shown, decimals, language), ""),
    };
    let gap = if sign.is_empty() { String::new() } else { NO_BREAK.to_string() };
    format!("{sign}{gap}{text}{}", percent_sign(language))
}

/// A difference of shares in signed points: `+4 pt`, `−2,5 pt`.
pub fn signed_points(value: f64, spread: Option<f64>, language: Language) -> String {
    let gap = match language {
        Language::Fr => NARROW,
        Language::En => NO_BREAK,
    };
    format!("{}{gap}pt", points(value, spread, language))
}

/// The number of [`signed_points`] alone, for the ends of an interval.
pub fn points(value: f64, spread: Option<f64>, language: Language) -> String {
    let decimals = decimals(spread);
    let shown = rounded(value * 100.0, decimals);
    let sign = match shown {
        shown if shown > 0.0 => "+".to_owned(),
        shown if shown < 0.0 => MINUS.to_string(),
        _ => String::new(),
    };
    format!("{sign}{}", decimal(shown.abs(), decimals, language))
}

/// An interval of a share in a sentence: "entre 28 et 35 %", "between 28% and 35%".
pub fn interval(low: f64, high: f64, spread: f64, language: Language) -> String {
    let decimals = decimals(Some(spread));
    let ends = [low, high].map(|end| decimal(rounded(end * 100.0, decimals), decimals, language));
    match language {
        Language::Fr => format!("entre {} et {}{NARROW}%", ends[0], ends[1]),
        Language::En => format!("between {}% and {}%", ends[0], ends[1]),
    }
}

fn percent_sign(language: Language) -> String {
    match language {
        Language::Fr => format!("{NARROW}%"),
        Language::En => "%".to_owned(),
    }
}

fn decimals(spread: Option<f64>) -> usize {
    // A spread of exactly 2 points keeps its decimal; 1e-9 absorbs the rounding of a difference of thousandths.
    usize::from(spread.is_none_or(|spread| spread <= COARSE_SPREAD + 1e-9))
}

/// The smallest number with so many decimals.
fn least(decimals: usize) -> f64 {
    if decimals == 0 { 1.0 } else { 0.1 }
}

/// Rounded half away from zero, after removing the last digits that a product by 100 leaves behind.
fn rounded(number: f64, decimals: usize) -> f64 {
    let unit = if decimals == 0 { 1.0 } else { 10.0 };
    let exact = (number * 1e9).round() / 1e9;
    (exact * unit).round() / unit
}

fn decimal(number: f64, decimals: usize, language: Language) -> String {
    let text = format!("{number:.decimals$}");
    let text = text.strip_prefix('-').map(|rest| format!("{MINUS}{rest}")).unwrap_or(text);
    match language {
        Language::Fr => text.replace('.', ","),
        Language::En => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{En, Fr};

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(integer(12_345, Fr), "12\u{202F}345");
        assert_eq!(integer(12_345, En), "12,345");
        assert_eq!(integer(-1_234_567, En), "\u{2212}1,234,567");
        assert_eq!(integer(999, Fr), "999");
        assert_eq!(integer(0, Fr), "0");
    }

    #[test]
    fn a_share_shows_as_many_decimals_as_it_deserves() {
        assert_eq!(share(0.125, Some(0.01), Fr), "12,5\u{202F}%");
        assert_eq!(share(0.125, Some(0.02), En), "12.5%");
        assert_eq!(share(0.125, Some(0.021), En), "13%");
        assert_eq!(share(0.3155, None, En), "31.6%");
    }

    #[test]
    fn an_estimate_is_never_nothing_nor_everything() {
        assert_eq!(share(0.003, Some(0.05), Fr), "<\u{A0}1\u{202F}%");
        assert_eq!(share(0.999, Some(0.05), En), ">\u{A0}99%");
        assert_eq!(share(0.0, Some(0.001), En), "<\u{A0}0.1%");
        assert_eq!(share(0.0, None, En), "0.0%");
    }

    #[test]
    fn points_carry_their_sign() {
        assert_eq!(signed_points(0.04, Some(0.05), Fr), "+4\u{202F}pt");
        assert_eq!(signed_points(-0.025, None, Fr), "\u{2212}2,5\u{202F}pt");
        assert_eq!(signed_points(-0.001, Some(0.05), En), "0\u{A0}pt");
    }

    #[test]
    fn people_are_counted_or_about() {
        assert_eq!(people(12_345.0, Counted::Exactly, En), "12,345");
        assert_eq!(people(423.0, Counted::Estimated, En), "≈\u{A0}420");
        assert_eq!(people(12_345.0, Counted::Estimated, Fr), "≈\u{A0}12\u{202F}000");
        assert_eq!(people(7.4, Counted::Estimated, Fr), "≈\u{A0}7");
        assert_eq!(people(0.0, Counted::Estimated, Fr), "≈\u{A0}0");
    }

    #[test]
    fn an_interval_reads_as_a_sentence() {
        assert_eq!(interval(0.28, 0.35, 0.07, Fr), "entre 28 et 35\u{202F}%");
        assert_eq!(interval(0.28, 0.35, 0.07, En), "between 28% and 35%");
    }
}
