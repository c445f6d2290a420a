//! The metrics of a server, read as Prometheus reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::client::{Client, Response};

/// A page of metrics.
#[derive(Debug)]
pub struct Metrics {
    /// The type of each family, by its name.
    pub families: BTreeMap<String, String>,
    /// The samples, as they are in the text: the name with its labels, and the value.
    pub samples: BTreeMap<String, f64>,
}

impl Metrics {
    /// Asks a server with the listener of its API at this address. `headers` end with a line break
    /// each.
    pub fn ask(address: SocketAddr, headers: &str) -> Response {
        Client::dial(address).get("/metrics", headers)
    }

    /// The same for metrics that are there, which it reads.
    #[track_caller]
    pub fn read(address: SocketAddr, headers: &str) -> Self {
        let response = Self::ask(address, headers);
        assert_eq!(response.status, 200, "{response:?}");
        assert_eq!(
            response.header("content-type"),
            Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
        );
        Self::parse(response.text())
    }

    /// Reads a text, and checks what `OpenMetrics` asks of it.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        let body = text.strip_suffix("# EOF\n").expect("the end is marked");
        let mut page = Self {
            families: BTreeMap::new(),
            samples: BTreeMap::new(),
        };
        let (mut family, mut helped) = (String::new(), BTreeSet::new());
        for line in body.lines() {
            let words: Vec<_> = line.splitn(4, ' ').collect();
            match words[..] {
                ["#", "HELP", name, help] => {
                    assert!(!help.is_empty(), "{line}");
                    assert!(helped.insert(name.to_owned()), "twice: {line}");
                    name.clone_into(&mut family);
                }
                ["#", "TYPE", name, kind] => {
                    assert_eq!(name, family, "{line}");
                    page.families.insert(name.into(), kind.into());
                }
                ["#", "UNIT", name, unit] => {
                    assert!(name == family && name.ends_with(unit), "{line}");
                }
                _ => page.add(&family, line),
            }
        }
        assert_eq!(page.families.len(), helped.len());
        page
    }

    #[track_caller]
    fn add(&mut self, family: &str, line: &str) {
        let (sample, value) = line.rsplit_once(' ').expect(line);
        let name = sample.split('{').next().unwrap_or_default();
        let suffix = name.strip_prefix(family).expect(line);
        let allowed: &[_] = match self.families[family].as_str() {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        assert!(allowed.contains(&suffix), "{line}");
        let value: f64 = value.parse().expect(line);
        assert!(value >= 0.0, "{line}");
        let before = self.samples.insert(sample.into(), value);
        assert_eq!(before, None, "twice: {line}");
    }

    /// The value of a sample, as it is in the text: `name{label="value"}`.
    #[track_caller]
    pub fn value(&self, sample: &str) -> f64 {
        let value = self.samples.get(sample);
        *value.unwrap_or_else(|| panic!("there is no {sample}"))
    }

    /// The same for one that is a whole number.
    #[track_caller]
    pub fn count(&self, sample: &str) -> u64 {
        let value = self.value(sample).to_string();
        let number = value.parse();
        number.unwrap_or_else(|_| panic!("{sample} is {value}"))
    }

    /// The samples of a family whose values are not zero.
    pub fn nonzero(&self, family: &str) -> Vec<(&str, f64)> {
        let is_of = |name: &str| {
            let rest = name.strip_prefix(family);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['{', '_']))
        };
        let samples = self.samples.iter();
        let samples = samples.map(|(name, value)| (name.as_str(), *value));
        samples
            .filter(|(name, value)| *value > 0.0 && is_of(name))
            .collect()
    }
}
