//! A strict parser for Prometheus' text format. It also rejects valid input that a careful server would not write.

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::TestServer;

use super::scrape;

/// The metric families of a scrape, by name.
pub(crate) struct Families(pub BTreeMap<String, Family>);

#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) help: String,
    pub(crate) kind: String,
    pub(crate) samples: Vec<Sample>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Families {
    /// Parses a whole scrape. Panics if anything is wrong.
    pub(crate) fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line ends with a newline");
        let mut families = BTreeMap::new();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let (name, help) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')).expect(line);
            let line = lines.next().expect("a type line after the help");
            let (typed, kind) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')).expect(line);
            assert_eq!(typed, name);
            let mut family = Family { help: help.to_owned(), kind: kind.to_owned(), samples: Vec::new() };
            while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
                family.samples.push(Sample::parse(line));
            }
            family.check(name);
            assert!(families.insert(name.to_owned(), family).is_none(), "{name} appears twice");
        }
        Self(families)
    }

    /// Returns the value of a sample. Panics if it is missing.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.find(name, labels).unwrap_or_else(|| panic!("there is no {name} with {labels:?}"))
    }

    /// Returns the value of a sample. Returns `None` if it is missing.
    pub(crate) fn find(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels: BTreeMap<_, _> =
            labels.iter().map(|&(label, value)| (label.to_owned(), value.to_owned())).collect();
        let samples = self.0.values().flat_map(|family| &family.samples);
        let mut found = samples.filter(|sample| sample.name == name && sample.labels == labels);
        found.next().map(|sample| sample.value)
    }
}

impl Sample {
    fn parse(line: &str) -> Self {
        let (series, value) = line.rsplit_once(' ').expect(line);
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').expect(line)),
            None => (series, ""),
        };
        let mut sample = Self { name: name.to_owned(), labels: BTreeMap::new(), value: value.parse().expect(line) };
        for label in labels.split_terminator(',') {
            let (label, value) = label.split_once('=').expect(line);
            let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).expect(line);
            assert!(!value.contains(['"', '\\']) && is_word(label), "{line}");
            assert!(sample.labels.insert(label.to_owned(), value.to_owned()).is_none(), "{line}");
        }
        assert!(is_word(name) && sample.value.is_finite() && sample.value >= 0.0, "{line}");
        sample
    }

    /// Returns the labels without a bucket's bound.
    fn labels_of_histogram(&self) -> Vec<(&String, &String)> {
        self.labels.iter().filter(|(label, _)| *label != "le").collect()
    }
}

impl Family {
    fn check(&self, name: &str) {
        let mut series = BTreeSet::new();
        for sample in &self.samples {
            assert!(series.insert((&sample.name, &sample.labels)), "{sample:?} is repeated");
        }
        match self.kind.as_str() {
            "counter" | "gauge" => {
                assert!(self.samples.iter().all(|sample| sample.name == name), "{name}: {:?}", self.samples);
            }
            "histogram" => self.check_histogram(name),
            kind => panic!("{name} is a {kind}"),
        }
    }

    fn check_histogram(&self, name: &str) {
        let of = |suffix: &str| {
            let name = format!("{name}_{suffix}");
            self.samples.iter().filter(move |sample| sample.name == name).collect::<Vec<_>>()
        };
        let (sums, counts, buckets) = (of("sum"), of("count"), of("bucket"));
        assert_eq!(sums.len() + counts.len() + buckets.len(), self.samples.len(), "{name}");
        assert_eq!((sums.len(), counts.len()), (1, 1), "{name}");
        assert!(buckets.iter().all(|bucket| bucket.labels_of_histogram() == counts[0].labels_of_histogram()), "{name}");
        let bound = |bucket: &&Sample| bucket.labels["le"].parse::<f64>().unwrap();
        assert!(buckets.is_sorted_by(|a, b| bound(a) < bound(b) && a.value <= b.value), "{buckets:?}");
        let last = buckets.last().unwrap();
        assert_eq!((last.labels["le"].as_str(), last.value), ("+Inf", counts[0].value), "{name}");
    }
}

fn is_word(word: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_lowercase() || c == '_';
    word.starts_with(is_letter) && word.chars().all(|c| is_letter(c) || c.is_ascii_digit())
}

#[tokio::test]
async fn every_family_has_a_help_text_a_type_and_a_conventional_name() {
    let server = TestServer::start().await;
    server.guest("alice").await.say("general", "something to count").await;
    let Families(families) = scrape(&server).await;
    assert!(families.len() > 25, "{}", families.len());
    for (name, family) in &families {
        assert!(name.starts_with("linger_") || name.starts_with("process_"), "{name}");
        assert_eq!(name.ends_with("_total"), family.kind == "counter", "{name} {}", family.kind);
        let stem = name.trim_end_matches("_total");
        for unit in ["seconds", "bytes", "info"] {
            assert!(!stem.contains(unit) || stem.ends_with(&format!("_{unit}")), "{name}: the unit is the last word");
        }
        for unit in ["_ms", "milli", "micro", "minutes", "kilo", "mebi", "_kb", "_count", "_sum", "_bucket", "__"] {
            assert!(!name.contains(unit), "{name}: base units, and no histogram suffix");
        }
        let help = &family.help;
        assert!(help.len() > 10 && help.ends_with('.') && help.starts_with(char::is_uppercase), "{name}: {help}");
        assert!(!help.contains('\\') && !family.samples.is_empty(), "{name}");
    }
}

#[test]
#[should_panic(expected = "is repeated")]
fn a_repeated_series_is_rejected() {
    Families::parse("# HELP a A.\n# TYPE a gauge\na{b=\"c\"} 1\na{b=\"c\"} 2\n");
}

#[test]
#[should_panic(expected = "+Inf")]
fn a_histogram_without_an_infinite_bucket_is_rejected() {
    Families::parse("# HELP a A.\n# TYPE a histogram\na_sum 1.0\na_count 1\na_bucket{le=\"1.0\"} 1\n");
}

#[test]
#[should_panic(expected = "a: [")]
fn a_sample_of_another_family_is_rejected() {
    Families::parse("# HELP a A.\n# TYPE a counter\na_total 1\n");
}
