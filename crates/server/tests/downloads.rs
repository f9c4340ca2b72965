//! A download is as large as it was said to be, and a box cuts it.

mod country;

use country::{Service, is_problem};

#[tokio::test]
async fn a_download_is_as_large_as_was_said() {
    let service = Service::new();
    let files = [
        ("", "/api/v1/estimates?"),
        ("election=t1&", "/api/v1/elections/t1/results?"),
        ("past=base&", "/api/v1/past/base?"),
    ];
    for (ask, file) in files {
        for ground in ["level=city", "level=quarter", "level=quarter&within=city:02", "level=quarter&bbox=2,48,2.2,49"]
        {
            for format in ["geojson", "csv", "csv-fr"] {
                let said = service.get(&format!("/api/v1/downloads?{ask}{ground}&format={format}")).await.json();
                let answer = service.get(&format!("{file}{ground}&format={format}")).await;
                assert_eq!(said["bytes"].as_u64(), Some(answer.body.len() as u64), "{ask}{ground} {format}");
                assert_eq!(said["exact"], true);
            }
        }
    }
}

#[tokio::test]
async fn a_download_of_some_measures_keeps_their_intervals() {
    let service = Service::new();
    let ground = "level=quarter&format=csv&columns=turnout,favourable";
    let said = service.get(&format!("/api/v1/downloads?{ground}")).await.json();
    let file = service.get(&format!("/api/v1/estimates?{ground}")).await;
    assert_eq!(said["bytes"].as_u64(), Some(file.body.len() as u64));
    let header = file.text().lines().next().map(ToOwned::to_owned).expect("a header");
    let shares = ",electors,favourable,favourable_low,favourable_high,turnout,turnout_low,turnout_high,";
    assert!(header.contains(shares) && !header.contains("margin") && !header.contains("opposed"), "{header}");
    let geojson = service.get("/api/v1/estimates?level=quarter&format=geojson&columns=margin").await.json();
    let properties = &geojson["features"][0]["properties"];
    assert!(properties["margin_low"].is_number() && properties.get("favourable").is_none(), "{properties}");
    for path in ["/api/v1/estimates", "/api/v1/downloads"] {
        is_problem(&service.get(&format!("{path}?level=quarter&format=csv&columns=winner")).await, 400);
    }
}

#[tokio::test]
async fn a_box_keeps_the_areas_whose_point_lies_inside() {
    let service = Service::new();
    // Points of the quarters: 2.05, 2.15, 2.25, 2.35 east.
    for (bbox, kept) in [("2,48,2.2,49", 2), ("2.2,48,2.3,49", 1), ("5,48,6,49", 0), ("2.3,48,2.1,49", 2)] {
        let said = service.get(&format!("/api/v1/downloads?level=quarter&format=csv&bbox={bbox}")).await.json();
        assert_eq!((&said["rows"], &said["areas"]), (&kept.into(), &kept.into()), "{bbox}");
        let page = service.get(&format!("/api/v1/estimates?level=quarter&bbox={bbox}")).await.json();
        assert_eq!(page["total"], kept);
        let counts = service.get(&format!("/api/v1/elections/t1/results?level=quarter&bbox={bbox}")).await.json();
        assert_eq!((&counts["total"], counts["unplaced"].as_array().map(Vec::len)), (&kept.into(), Some(0)));
        assert!(counts["whole"].is_null());
    }
    for bbox in ["1,2,3", "a,b,c,d", "2,49,3,48", "2,48,NaN,49", "1,2,3,4,5"] {
        is_problem(&service.get(&format!("/api/v1/estimates?bbox={bbox}")).await, 400);
    }
    is_problem(&service.get("/api/v1/downloads?level=city&format=json").await, 400);
    is_problem(&service.get("/api/v1/downloads?level=city&format=csv&election=none").await, 404);
}
