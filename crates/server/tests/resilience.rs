//! What goes wrong around the routes, and what must not: too much, too slow, a panic, the end, a publication under load.

mod country;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get, post};
use country::{Service, is_problem, publish, publish_as};
use http::{Request, StatusCode, header};
use quartier_model::Measure;
use quartier_snapshot::{Of, Table};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MOST_BYTES: usize = 2 * 1024 * 1024;

async fn panics() -> &'static str {
    panic!("a secret of the inside")
}

/// A service whose routes do what no route of ours does, inside the layers of the real one.
fn odd() -> Service {
    let mut service = Service::new();
    let router = Router::new()
        .route("/waits", get(std::future::pending::<()>))
        .route("/panics", get(panics))
        .route("/reads", post(|body: Bytes| async move { body.len().to_string() }));
    service.router = quartier_server::layered(router.merge(Router::new().route("/lives", get(|| async { "yes" }))));
    service
}

#[tokio::test]
async fn a_body_too_large_is_refused_whether_or_not_it_says_its_length() {
    let service = Service::new();
    let large = Request::post("/api/v1/campaign").header(header::CONTENT_LENGTH, MOST_BYTES + 1);
    is_problem(&service.send(large.body(Body::from(vec![0; MOST_BYTES + 1])).expect("a request")).await, 413);
    let odd = odd();
    let chunked = |bytes: usize| {
        let body = Body::from_stream(tokio_stream::once(Ok::<_, io::Error>(Bytes::from(vec![0; bytes]))));
        odd.send(Request::post("/reads").body(body).expect("a request"))
    };
    is_problem(&chunked(MOST_BYTES + 1).await, 413);
    let fits = chunked(1024 * 1024).await;
    assert_eq!((fits.status, fits.text().as_str()), (StatusCode::OK, "1048576"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_is_given_up_after_thirty_seconds() {
    let odd = odd();
    let asked = tokio::time::Instant::now();
    is_problem(&odd.get("/waits").await, 504);
    assert_eq!(asked.elapsed().as_secs(), 30);
}

#[tokio::test]
async fn a_panic_is_a_500_that_tells_nothing_and_the_server_lives_on() {
    let odd = odd();
    for _ in 0..2 {
        let answer = odd.get("/panics").await;
        is_problem(&answer, 500);
        assert!(!answer.text().contains("secret"));
        assert_eq!(odd.get("/lives").await.text(), "yes");
    }
}

#[tokio::test]
async fn a_stream_of_events_ends_when_the_server_stops() {
    let folder = tempfile::tempdir().expect("a folder");
    publish(folder.path());
    let options = quartier_server::ServeOptions {
        published: folder.path().to_owned(),
        listen: "127.0.0.1:0".parse().expect("an address"),
        name: String::new(),
        language: "fr".into(),
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (ready, address) = tokio::sync::oneshot::channel::<SocketAddr>();
    let server = tokio::spawn(quartier_server::serve(
        options,
        async {
            drop(stopped.await);
        },
        |address| ready.send(address).expect("awaited"),
    ));
    let mut client = tokio::net::TcpStream::connect(address.await.expect("listens")).await.expect("connects");
    client.write_all(b"GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("asks");
    let mut head = vec![0; 4096];
    let read = client.read(&mut head).await.expect("a head");
    assert!(String::from_utf8_lossy(&head[..read]).contains("text/event-stream"));
    stop.send(()).expect("the server runs");
    // Well under the twenty seconds after which answers are cut: the stream ended by itself.
    let ends = async {
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.expect("ends");
        (rest, server.await.expect("no panic"))
    };
    let (rest, served) = tokio::time::timeout(Duration::from_secs(10), ends).await.expect("ends by itself");
    served.expect("stops in order");
    assert!(rest.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&rest));
}

/// Thousandths of a share at a row of the quarters in a snapshot, as the fixture makes them: ten more each time.
fn favourable(snapshot: u64, row: usize) -> i64 {
    400 + 10 * (snapshot as i64 - 1) + Measure::Favourable.index() as i64 + 7 * row as i64
}

/// Whether an answer is whole and of one snapshot; gives its number.
async fn one_snapshot(service: &Service, turn: usize) -> u64 {
    if turn.is_multiple_of(2) {
        let page = service.get("/api/v1/estimates?level=quarter").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let page = page.json();
        let number = page["snapshot"].as_u64().expect("a number");
        let shown: Vec<i64> = page["areas"]
            .as_array()
            .expect("areas")
            .iter()
            .map(|area| (area["favourable"].as_f64().expect("a share") * 1000.0).round() as i64)
            .collect();
        assert_eq!(shown, (0..4).map(|row| favourable(number, row)).collect::<Vec<_>>());
        number
    } else {
        let table = service.get("/api/v1/snapshots/current/values/quarter").await;
        assert_eq!(table.status, StatusCode::OK, "{}", table.text());
        let table = Table::new(table.body.into()).expect("a whole table");
        let column = table.column::<i16>("favourable", "value").expect("a column");
        let shown: Vec<i64> = (0..4).map(|row| i64::from(column.get(row).expect("a row"))).collect();
        let number = (shown[0] - favourable(1, 0)) / 10 + 1;
        let number = u64::try_from(number).expect("a snapshot");
        assert_eq!(shown, (0..4).map(|row| favourable(number, row)).collect::<Vec<_>>());
        number
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn publishing_under_load_drops_no_request() {
    const PUBLICATIONS: i16 = 4;
    let service = Arc::new(Service::new());
    let done = Arc::new(AtomicBool::new(false));
    let askers: Vec<_> = (0..8)
        .map(|asker| {
            let (service, done) = (Arc::clone(&service), Arc::clone(&done));
            tokio::spawn(async move {
                let mut seen: Vec<u64> = Vec::new();
                // One more after the last publication, so that everyone sees it.
                while !done.load(Ordering::Acquire) || seen.last() != Some(&(PUBLICATIONS as u64 + 1)) {
                    let number = one_snapshot(&service, asker + seen.len()).await;
                    assert!(seen.last().is_none_or(|last| *last <= number), "never back to an older snapshot");
                    seen.push(number);
                }
                seen.len()
            })
        })
        .collect();
    for publication in 1..=PUBLICATIONS {
        let service = Arc::clone(&service);
        let swap = move || {
            publish_as(service.folder.path(), 10 * publication, Of::Electors);
            service.app.refresh()
        };
        tokio::task::spawn_blocking(swap).await.expect("runs").expect("swaps");
    }
    done.store(true, Ordering::Release);
    for asker in askers {
        assert!(asker.await.expect("every answer was whole") > 0);
    }
}

#[tokio::test]
async fn a_campaign_of_voters_knows_no_turnout_and_says_of_whom_its_shares_are() {
    let service = Service::of(Of::Voters);
    let campaign = service.get("/api/v1/campaign").await.json();
    let measures: Vec<&str> =
        campaign["measures"].as_array().expect("measures").iter().filter_map(|own| own["id"].as_str()).collect();
    let absent = ["abstainers", "turnout", "mobilisation"];
    assert_eq!((&campaign["of"], measures.len()), (&"voters".into(), 6));
    assert!(absent.iter().all(|measure| !measures.contains(measure)));
    let edges = campaign["edges"].as_object().expect("edges");
    assert!(absent.iter().all(|measure| !edges.contains_key(*measure)));
    let page = service.get("/api/v1/estimates?level=quarter").await.json();
    let geojson = service.get("/api/v1/estimates?level=quarter&format=geojson").await.json();
    let csv = service.get("/api/v1/estimates?level=quarter&format=csv").await.text();
    let area = service.get("/api/v1/areas/quarter/a").await.json();
    let tiles = service.get("/tiles/quarter.json").await.json();
    for measure in absent {
        assert!(page["areas"][0].get(measure).is_none() && area["estimate"].get(measure).is_none());
        assert!(geojson["features"][0]["properties"].get(measure).is_none());
        assert!(tiles["vector_layers"][0]["fields"].get(measure).is_none());
        assert!(!csv.lines().next().expect("a header").contains(measure));
        is_problem(&service.get(&format!("/styles/{measure}.json")).await, 404);
        is_problem(&service.get(&format!("/api/v1/estimates?sort={measure}")).await, 400);
    }
    assert_eq!((&page["of"], &geojson["quartier"]["of"]), (&"voters".into(), &"voters".into()));
    let unit = geojson["quartier"]["properties"]["favourable"]["unit"].as_str().expect("a unit");
    assert!(unit.contains("of those who voted"), "{unit}");
}
