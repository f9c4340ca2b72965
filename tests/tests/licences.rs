//! Only listed licences may enter the binary or the page.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Licences that permit what MIT OR Apache-2.0 promises, with at most a notice to keep. The fonts' OFL is for the page.
const ALLOWED: [&str; 14] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "ISC",
    "Zlib",
    "BSL-1.0",
    "CC0-1.0",
    "Unlicense",
    "Unicode-3.0",
    "OFL-1.1",
];

/// Whether one way through an SPDX expression is allowed: every part of AND, some part of OR. `/` is an old OR.
fn allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let parts = split(&expression, " AND ");
    if parts.len() > 1 {
        return parts.iter().all(|part| allowed(part));
    }
    let parts = split(&expression, " OR ");
    if parts.len() > 1 {
        return parts.iter().any(|part| allowed(part));
    }
    let bare = expression.trim();
    match bare.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => allowed(inner),
        None => ALLOWED.contains(&bare),
    }
}

/// Splits at a word outside brackets.
fn split<'a>(expression: &'a str, word: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in expression.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= start && expression[at..].starts_with(word) => {
                parts.push(expression[start..at].trim());
                start = at + word.len();
            }
            _ => {}
        }
    }
    parts.push(expression[start..].trim());
    parts
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    for (expression, permitted) in [
        ("MIT OR Apache-2.0", true),
        ("MIT/Apache-2.0", true),
        ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
        ("GPL-3.0", false),
        ("MIT AND GPL-3.0", false),
        ("MIT OR LGPL-2.1-or-later", true),
        ("(LGPL-2.1 OR GPL-3.0) AND MIT", false),
        ("", false),
    ] {
        assert_eq!(allowed(expression), permitted, "{expression}");
    }
}

#[test]
fn every_crate_has_a_listed_licence() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(manifest)
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 200, "{} packages", packages.len());
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !allowed(package["license"].as_str().unwrap_or_default()))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    assert_eq!(refused, Vec::<String>::new());
}

#[test]
fn everything_that_the_page_ships_has_a_listed_licence() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/package-lock.json");
    let lock: Value = serde_json::from_slice(&std::fs::read(lock).expect("the page's lock")).expect("JSON");
    let shipped: Vec<(&String, &Value)> = lock["packages"]
        .as_object()
        .expect("packages")
        .iter()
        .filter(|(path, package)| !path.is_empty() && package["dev"] != true)
        .collect();
    assert!(shipped.len() > 10, "{} packages", shipped.len());
    for (path, package) in shipped {
        assert!(allowed(package["license"].as_str().unwrap_or_default()), "{path}: {}", package["license"]);
    }
}
