//! Back-tests as `quartier evaluate` wrote them.

use crate::problem::Problem;
use serde::Serialize;
use serde_json::Value;
use std::path::Path;
use utoipa::ToSchema;

/// Most bytes of a back-test that is read: one with 2,000 points has some 300,000.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// Most back-tests sent in one answer.
const MOST: usize = 20;

/// The back-tests, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvaluationsView {
    /// Each with its `id`, `made_at`, the elections, tables by method, classes, PIT and points.
    pub evaluations: Vec<Value>,
}

/// Reads the back-tests of a published folder. One that cannot be read is logged and left out. Blocks.
///
/// # Errors
/// 500 when the folder is there and cannot be listed.
pub fn read_all(published: &Path) -> Result<Vec<Value>, Problem> {
    let entries = match std::fs::read_dir(published.join("evaluations")) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(Problem::internal(&error)),
    };
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut found: Vec<Value> = files
        .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
        .filter_map(|path| read(&path))
        .collect();
    let newest = |value: &Value| value["made_at"].as_str().unwrap_or_default().to_owned();
    found.sort_by(|a, b| newest(b).cmp(&newest(a)).then_with(|| a["id"].as_str().cmp(&b["id"].as_str())));
    found.truncate(MOST);
    Ok(found)
}

fn read(path: &Path) -> Option<Value> {
    let whole = || -> std::io::Result<Value> {
        let bytes = std::fs::metadata(path)?.len();
        if bytes > MOST_BYTES {
            return Err(std::io::Error::other(format!("{bytes} bytes, expected at most {MOST_BYTES}")));
        }
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    };
    whole().inspect_err(|error| tracing::error!(path = %path.display(), %error, "a back-test cannot be read")).ok()
}
