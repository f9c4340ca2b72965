//! What a process cost: CPU seconds, and its peak of memory.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;
use wait4::Wait4;

/// Clock ticks a second in `/proc`: fixed at 100 for programs on Linux, whatever the kernel's own.
const TICKS: f64 = 100.0;

/// What one process, with its children, used.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// CPU seconds, user and system.
    pub cpu_s: f64,
    /// Seconds on the wall, for orientation.
    pub wall_s: f64,
    /// Peak resident memory, MiB.
    pub peak_mib: f64,
}

/// Runs a command that must succeed, without its output, and measures it.
///
/// # Errors
/// When it cannot be started or fails.
pub fn measure(command: &mut Command) -> Result<Usage> {
    let named = format!("{command:?}");
    let start = Instant::now();
    let child =
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().with_context(|| format!("start {named}"))?;
    let used = child.wait4()?;
    ensure!(used.status.success(), "{named} failed");
    Ok(Usage {
        cpu_s: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        wall_s: start.elapsed().as_secs_f64(),
        peak_mib: used.rusage.maxrss as f64 / 1_048_576.0,
    })
}

/// Runs a command that must succeed; gives its standard output.
///
/// # Errors
/// When it cannot be started or fails; the error shows what it complained of.
pub fn output(command: &mut Command) -> Result<String> {
    let named = format!("{command:?}");
    let out = command.output().with_context(|| format!("start {named}"))?;
    ensure!(out.status.success(), "{named} failed: {}", String::from_utf8_lossy(&out.stderr));
    Ok(String::from_utf8(out.stdout)?)
}

/// CPU seconds that a running process has used, and those of its children that are running or have ended.
pub fn cpu_of_tree(pid: u32) -> f64 {
    let Some(own) = stat(pid) else { return 0.0 };
    let children = fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = children.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let alive: f64 = children.filter_map(stat).filter(|stat| stat.parent == pid).map(|stat| stat.own).sum();
    (own.own + own.ended_children + alive) / TICKS
}

/// CPU seconds of this process so far.
pub fn own_cpu() -> f64 {
    stat(std::process::id()).map_or(0.0, |stat| stat.own / TICKS)
}

/// In ticks.
struct Stat {
    parent: u32,
    own: f64,
    ended_children: f64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold blanks; after it come state, parent, and ten more before the times.
    let fields: Vec<&str> = text.rsplit(')').next()?.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: number(11)? + number(12)?,
        ended_children: number(13)? + number(14)?,
    })
}

/// The machine's load averages, as the kernel prints them.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
