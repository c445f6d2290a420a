//! The documents about the metrics are true: the table in docs/monitoring.md has all of them and
//! no other, and the dashboard and the alert rules ask for metrics and labels that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use guildhall_server::{Config, EventsConfig};
use guildhall_testing::data_folder::DataFolder;
use guildhall_testing::metrics::Metrics;
use guildhall_testing::test_server::{TestServer, brisk};
use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::Value;

use super::read;

const DOCUMENT: &str = "../docs/monitoring.md";
const DASHBOARD: &str = "../deploy/grafana/guildhall.json";
const ALERTS: &str = "../deploy/prometheus/alerts.yml";
const ALERT_TESTS: &str = "tests/it/metrics/alerts.test.yml";

/// The metrics of a server that has everything that can have some, by the names of their samples
/// (for a histogram the three of them), with their labels.
fn metrics() -> BTreeMap<String, BTreeSet<String>> {
    let folder = DataFolder::pick();
    let config = Config {
        events: Some(EventsConfig::default()),
        ..folder.kept(brisk())
    };
    let server = TestServer::with_api(config);
    let page = read(&server);
    let mut names = BTreeMap::new();
    for (family, kind) in &page.families {
        let suffixes: &[_] = match kind.as_str() {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        for suffix in suffixes {
            names.insert(format!("{family}{suffix}"), BTreeSet::new());
        }
    }
    for sample in page.samples.keys() {
        let (name, labels) = sample.split_once('{').unwrap_or((sample, ""));
        let known = names.get_mut(name).unwrap();
        known.extend(labels.split('=').filter_map(|part| {
            let label = part.rsplit([',', '{']).next()?;
            (!label.contains('"') && !label.is_empty()).then(|| label.to_owned())
        }));
    }
    names
}

/// The rows of the table behind this comment: the cells of each.
fn table(name: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(DOCUMENT).unwrap();
    let (_, behind) = text.split_once(&format!("<!-- {name} -->\n\n")).unwrap();
    let rows = behind.lines().take_while(|line| line.starts_with('|'));
    let cells = rows.skip(2).map(|row| {
        let row = row.trim_matches('|').replace("\\|", "\u{0}");
        row.split('|').map(|cell| cell.trim().to_owned()).collect()
    });
    cells.collect()
}

/// The words between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned)
}

#[test]
fn the_table_has_each_metric_with_its_labels_and_no_other() {
    let folder = DataFolder::pick();
    let config = Config {
        events: Some(EventsConfig::default()),
        ..folder.kept(brisk())
    };
    let server = TestServer::with_api(config);
    let families = read(&server).families;
    let expected: BTreeSet<_> = families
        .iter()
        .map(|(family, kind)| match kind.as_str() {
            "counter" => format!("{family}_total"),
            _ => family.clone(),
        })
        .collect();
    let rows = table("metrics");
    let documented: Vec<_> = rows.iter().flat_map(|row| quoted(&row[0])).collect();
    assert_eq!(documented.len(), rows.len(), "a metric in each row");
    let documented: BTreeSet<_> = documented.into_iter().collect();
    let missing: Vec<_> = expected.difference(&documented).collect();
    let gone: Vec<_> = documented.difference(&expected).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "{missing:?} {gone:?}"
    );
    let known = metrics();
    for row in &rows {
        let name = quoted(&row[0]).next().unwrap();
        let labels: BTreeSet<_> = quoted(&row[1]).collect();
        if let Some(of_samples) = known.get(&name).filter(|labels| !labels.is_empty()) {
            assert_eq!(&labels, of_samples, "{name}");
        }
        assert!(!row[2].is_empty(), "{name}");
    }
}

#[test]
fn the_number_of_series_is_bounded_and_near_what_is_documented() {
    // Those of threads are left out: the other tests of this process have threads, too.
    let samples = |config| {
        let samples = read(&TestServer::with_api(config)).samples;
        let names = samples.keys();
        names
            .filter(|it| !it.starts_with("guildhall_thread_"))
            .count()
    };
    let threads = 4.try_into().unwrap();
    let (one, four) = (samples(brisk()), samples(Config { threads, ..brisk() }));
    assert!((160..=175).contains(&one), "{one}");
    assert_eq!(four - one, 3 * 2);
    let folder = DataFolder::pick();
    let all = samples(Config {
        events: Some(EventsConfig::default()),
        ..folder.kept(brisk())
    });
    assert!((one..=one + 10).contains(&all), "{one} {all}");
}

/// The metrics and labels in a query that are not there.
fn unknown_in(query: &str, known: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut unknown = Vec::new();
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut rest = query;
    while let Some(start) = rest.find(is_word) {
        rest = &rest[start..];
        let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        rest = behind;
        if !word.starts_with("guildhall_") && !word.starts_with("process_") {
            continue;
        }
        let Some(labels) = known.get(word) else {
            unknown.push(word.to_owned());
            continue;
        };
        let selector = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let Some((selector, behind)) = selector else {
            continue;
        };
        for matcher in selector.split(',').filter(|matcher| !matcher.is_empty()) {
            let label = matcher.trim().split(['=', '!']).next().unwrap_or_default();
            // Prometheus adds the first two.
            let is_known = ["instance", "job"].contains(&label) || labels.contains(label);
            if !is_known {
                unknown.push(format!("{word}{{{label}}}"));
            }
        }
        rest = behind;
    }
    unknown
}

#[test]
fn a_query_for_what_is_not_there_is_found() {
    let known = BTreeMap::from([("guildhall_a".to_owned(), BTreeSet::from(["b".to_owned()]))]);
    let check = |query: &str, expected: &[&str]| {
        assert_eq!(unknown_in(query, &known), expected, "{query}");
    };
    check(
        "sum by (b) (rate(guildhall_a{b=\"1\", instance=~\"x\"}[5m]))",
        &[],
    );
    check("guildhall_a + guildhall_c", &["guildhall_c"]);
    check("guildhall_a{c!=\"1\"}", &["guildhall_a{c}"]);
}

/// All texts with this key in JSON.
fn texts<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                if name == key {
                    found.extend(value.as_str());
                }
                texts(value, key, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| texts(value, key, found)),
        _ => {}
    }
}

#[test]
fn the_dashboard_asks_for_metrics_that_exist_and_shows_all_that_matter() {
    let known = metrics();
    let text = fs::read_to_string(DASHBOARD).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let mut queries = Vec::new();
    texts(&dashboard, "expr", &mut queries);
    texts(&dashboard["templating"], "query", &mut queries);
    assert!(queries.len() > 40, "{}", queries.len());
    for query in &queries {
        assert_eq!(unknown_in(query, &known), [""; 0], "{query}");
    }
    let all = queries.join("\n");
    for name in known.keys().filter(|name| !name.ends_with("_sum")) {
        let is_shown = all.contains(name.trim_end_matches("_bucket").trim_end_matches("_count"));
        // They say nothing over time, or the same as another one.
        let is_left_out = [
            "guildhall_connections_accepted_total",
            "guildhall_room_members",
            "guildhall_stopping",
            "guildhall_store_waiting_bytes",
            "guildhall_webhook_disabled",
            "guildhall_webhook_failing_seconds",
            "process_cpu_seconds_total",
            "process_threads",
            "process_virtual_memory_bytes",
        ];
        assert!(is_shown != is_left_out.contains(&name.as_str()), "{name}");
    }
    // No panel lies over another one, and each has an ID of its own.
    let panels = dashboard["panels"].as_array().unwrap();
    let mut cells = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in panels {
        let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()));
        for x in at("x")..at("x") + at("w") {
            assert!(x < 24, "{}", panel["title"]);
            for y in at("y")..at("y") + at("h") {
                assert!(cells.insert((x, y)), "{}", panel["title"]);
            }
        }
    }
}

/// The alert rules: the name and the query of each.
fn alerts() -> Vec<(String, String)> {
    let text = fs::read_to_string(ALERTS).unwrap();
    let documents = Yaml::load_from_str(&text).unwrap();
    let groups = documents[0]["groups"].as_sequence().unwrap();
    let rules = groups
        .iter()
        .flat_map(|group| group["rules"].as_sequence().unwrap());
    let rules = rules.map(|rule| {
        let text = |key: &str| rule[key].as_str().expect(key).to_owned();
        let severity = rule["labels"]["severity"].as_str();
        assert!(matches!(severity, Some("critical" | "warning")), "{rule:?}");
        assert!(
            rule["annotations"]["summary"].as_str().is_some(),
            "{rule:?}"
        );
        (text("alert"), text("expr"))
    });
    rules.collect()
}

#[test]
fn the_alert_rules_ask_for_metrics_that_exist_and_are_explained() {
    let known = metrics();
    let alerts = alerts();
    for (alert, query) in &alerts {
        assert_eq!(unknown_in(query, &known), [""; 0], "{alert}");
    }
    let names: Vec<_> = alerts.into_iter().map(|(alert, _)| alert).collect();
    let rows = table("alerts");
    let explained: Vec<_> = rows.iter().flat_map(|row| quoted(&row[0])).collect();
    assert_eq!(names, explained);
}

/// Runs Prometheus's own tool, which has to find nothing wrong.
#[track_caller]
fn promtool(arguments: &[&str]) {
    let checked = Command::new("promtool").args(arguments).output();
    let output = checked.expect("promtool, from Debian's package `prometheus`");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}");
}

#[test]
fn promtool_accepts_the_alert_rules() {
    promtool(&["check", "rules", ALERTS]);
}

#[test]
fn alerts_come_if_something_is_wrong_and_not_otherwise() {
    promtool(&["test", "rules", ALERT_TESTS]);
}

/// The server's text is one that Prometheus can read, as far as the rules of `OpenMetrics` that
/// [`Metrics::parse`] knows.
#[test]
fn a_text_that_breaks_the_rules_is_found() {
    let good = "# HELP a b\n# TYPE a counter\na_total 1\n# EOF\n";
    assert_eq!(Metrics::parse(good).count("a_total"), 1);
    for bad in [
        "# HELP a b\n# TYPE a counter\na 1\n# EOF\n",
        "# HELP a b\n# TYPE a gauge\na 1\na 1\n# EOF\n",
        "# HELP a b\n# TYPE a gauge\na x\n# EOF\n",
        "# HELP a b\n# TYPE a gauge\na 1\n",
    ] {
        let parsed = std::panic::catch_unwind(|| Metrics::parse(bad));
        assert!(parsed.is_err(), "{bad}");
    }
}
