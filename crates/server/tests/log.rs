//! The log of requests. Alone in its process: which lines are wanted is remembered for the whole of it.

mod country;

use country::Service;
use serde_json::Value;
use std::io;
use std::sync::{Arc, Mutex};

/// Where the lines of a test's log go.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn each_request_is_one_line_of_the_log_without_its_query() {
    let lines = Lines::default();
    let out = lines.clone();
    let log = quartier_server::log::lines(None, move || out.clone());
    let this_thread = tracing::subscriber::set_default(log);
    let service = Service::new();
    let asked = service.get("/api/v1/areas?q=a-secret").await;
    service.get("/nothing").await;
    let text = String::from_utf8(lines.0.lock().expect("no panic").clone()).expect("text");
    assert!(!text.contains("a-secret"), "{text}");
    let all = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a JSON line"));
    let requests: Vec<Value> = all.filter(|line| line["target"] == "quartier_server::request").collect();
    let told = |at: usize| ["level", "method", "path", "status"].map(|name| requests[at][name].to_string());
    assert_eq!(requests.len(), 2);
    assert_eq!(told(0), ["\"INFO\"", "\"GET\"", "\"/api/v1/areas\"", "200"]);
    assert_eq!(told(1)[2..], ["\"/nothing\"".to_owned(), "404".to_owned()]);
    assert!(requests.iter().all(|line| line["ms"].is_u64()));
    assert_eq!(requests[0]["request_id"], asked.header("x-request-id"));
    drop(this_thread);
    let quiet = Lines::default();
    let out = quiet.clone();
    let _this_thread = tracing::subscriber::set_default(quartier_server::log::lines(Some("warn"), move || out.clone()));
    service.get("/healthz").await;
    assert!(quiet.0.lock().expect("no panic").is_empty());
}
