//! Journeys through the real `quartier` binary on real files.
//!
//! A test that needs the open data beside the project says so and is skipped where it is absent; under `CI` it fails.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder of the open data; `None`, with a clear line, where it is absent.
///
/// # Panics
/// Under `CI`, when it is absent.
pub fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("QUARTIER_SHARED").map_or(beside, PathBuf::from);
    if shared.join("data").is_dir() {
        return Some(shared.join("data"));
    }
    assert!(std::env::var_os("CI").is_none(), "the open data is not at {}", shared.display());
    println!("SKIPPED: the open data is not at {}; set QUARTIER_SHARED", shared.display());
    None
}

/// A campaign in a temporary folder, and the binary to work on it.
#[derive(Debug)]
pub struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    /// An empty desk: `init` makes its campaign.
    ///
    /// # Panics
    /// When the disk refuses.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// The folder in which commands run; the campaign is its `campaign`.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `quartier` with these arguments, as the shell would split them.
    ///
    /// # Panics
    /// When the binary is not built.
    pub fn run(&self, arguments: &[&str]) -> Output {
        // The test's own binary lies in the folder `deps` beside it.
        let own = std::env::current_exe().expect("a test has a path");
        let binary = own.parent().and_then(Path::parent).map(|folder| folder.join("quartier"));
        Command::new(binary.expect("a target folder"))
            .args(arguments)
            .current_dir(self.path())
            .env("QUARTIER_CAMPAIGN", self.path().join("campaign"))
            .env_remove("QUARTIER_DATABASE_URL")
            .output()
            .expect("the binary is built: `cargo build --workspace --bins`")
    }

    /// Runs a command that must succeed; gives what it printed.
    ///
    /// # Panics
    /// When it fails; the panic shows its errors.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "quartier {arguments:?} failed:\n{errors}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Runs a command that must be refused with exit code 1; gives its message.
    ///
    /// # Panics
    /// When it does not.
    pub fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "quartier {arguments:?}:\n{errors}");
        errors
    }

    /// The JSON that a command prints with `--json`.
    ///
    /// # Panics
    /// When it fails or prints no JSON.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let text = self.ok(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).expect("JSON")
    }
}

impl Desk {
    /// Imports a national ballot of the open results by polling station (`2017-presidentielle-1`) with the preset
    /// `fr-large` and these further arguments; gives the account.
    ///
    /// # Panics
    /// When it is refused.
    pub fn national_results(
        &self,
        data: &Path,
        name: &str,
        election: &str,
        date: &str,
        more: &[&str],
    ) -> serde_json::Value {
        let file = data.join(format!("fr-results-2014-2019/{name}_par_bureau_large.csv.gz"));
        let file = file.to_string_lossy();
        let common = ["import", "results", &file, "--election", election, "--date", date, "--preset", "fr-large"];
        self.json(&[&common, more].concat())["account"].take()
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}
