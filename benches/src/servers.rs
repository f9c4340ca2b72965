//! Servers under measurement: one core for the server, the other for who asks.

use crate::desk::Desk;
use crate::usage::{cpu_of_tree, output};
use anyhow::{Context, Result, bail, ensure};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server may take so long until it listens.
const STARTS_WITHIN: Duration = Duration::from_mins(1);

/// A running server; stopped when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts a program on the first core and waits until it listens on the port.
    ///
    /// # Errors
    /// When it cannot be started, ends, or does not listen within a minute.
    pub fn start(program: &Path, arguments: &[String], port: u16, folder: &Path) -> Result<Self> {
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).arg(program).args(arguments).current_dir(folder);
        command.env_remove("QUARTIER_DATABASE_URL").stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = Self { child: command.spawn().context("taskset")?, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("{} ended: {status}", program.display());
            }
            ensure!(start.elapsed() < STARTS_WITHIN, "{} does not listen", program.display());
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// CPU seconds so far.
    pub fn cpu(&self) -> f64 {
        cpu_of_tree(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of loopback that nobody uses now.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A throw-away PostGIS with the peers' layer in it; deleted when dropped.
#[derive(Debug)]
pub struct Postgis {
    script: PathBuf,
    /// Its address.
    pub url: String,
    postmaster: u32,
}

impl Postgis {
    /// Starts it and loads the layer into `communes`, in EPSG:3857, indexed.
    ///
    /// # Errors
    /// When PostGIS or GDAL is not installed.
    pub fn start(desk: &Desk, layer: &Path) -> Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pg-up.sh");
        let url = output(Command::new(&script).arg("up"))?.trim().to_owned();
        let mut database = Self { script, url, postmaster: 0 };
        let port = database.url.rsplit(':').next().and_then(|rest| rest.split('/').next()).context("a port")?;
        let place = format!("PG:host=127.0.0.1 port={port} user=quartier dbname=quartier_test");
        let ogr2ogr = desk.program("ogr2ogr").context("ogr2ogr is not installed")?;
        let mut load = Command::new(ogr2ogr);
        load.args(["-f", "PostgreSQL", &place]).arg(layer).args(["-nln", "communes", "-nlt", "PROMOTE_TO_MULTI"]);
        load.args(["-t_srs", "EPSG:3857", "-lco", "GEOMETRY_NAME=geom", "-lco", "FID=id", "-gt", "65536"]);
        output(&mut load)?;
        database.sql("alter database quartier_test set max_parallel_workers_per_gather = 0")?;
        database.sql("vacuum analyze communes")?;
        let folder = database.sql("show data_directory")?;
        let pid = std::fs::read_to_string(Path::new(folder.trim()).join("postmaster.pid"))?;
        database.postmaster = pid.lines().next().context("a pid")?.trim().parse()?;
        Ok(database)
    }

    /// Runs one statement.
    ///
    /// # Errors
    /// When it fails.
    pub fn sql(&self, statement: &str) -> Result<String> {
        output(Command::new("psql").args([&self.url, "-qAtc", statement]))
    }

    /// Loads points of a gzipped CSV with `lon` and `lat` into `points`, in EPSG:3857, indexed.
    ///
    /// # Errors
    /// When a row cannot be read.
    pub fn points(&self, file: &Path) -> Result<()> {
        let head = output(Command::new("sh").args(["-c", "zcat \"$1\" | head -n 1", "sh"]).arg(file))?;
        let columns: Vec<String> = head.trim().split(',').map(|name| format!("\"{name}\" text")).collect();
        self.sql(&format!("create table given ({})", columns.join(", ")))?;
        let copy = format!("\\copy given from program 'zcat \"{}\"' csv header", file.display());
        self.sql(&copy)?;
        self.sql(
            "create table points as select st_transform(st_setsrid(st_makepoint(lon::float8, lat::float8), 4326), 3857) \
             as geom from given",
        )?;
        self.sql("create index on points using gist (geom)")?;
        self.sql("vacuum analyze points")?;
        Ok(())
    }

    /// CPU seconds of all its processes so far.
    pub fn cpu(&self) -> f64 {
        cpu_of_tree(self.postmaster)
    }
}

impl Drop for Postgis {
    fn drop(&mut self) {
        let _ = Command::new(&self.script).args(["down", &self.url]).output();
    }
}
