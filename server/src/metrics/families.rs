//! Writes metric families in Prometheus' text format: help, type, samples.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

use std::fmt::Result;

use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::histogram::Histogram;

/// Writes families to an encoder.
pub(super) struct Families<'a>(pub(super) DescriptorEncoder<'a>);

impl Families<'_> {
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: impl EncodeGaugeValue) -> Result {
        self.0.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)
    }

    /// Writes a gauge with labelled samples.
    pub(super) fn gauges<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = ([(&'static str, &'static str); N], u64)>,
    ) -> Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        samples.into_iter().try_for_each(|(labels, value)| sample(&mut family, &labels, value))
    }

    /// Writes a counter. In this format a counter's family has its full name, including `_total`. The library follows
    /// OpenMetrics and would add the suffix, so the value is encoded as a gauge's.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: impl EncodeGaugeValue) -> Result {
        self.0.encode_descriptor(name, help, None, MetricType::Counter)?.encode_gauge(&value)
    }

    /// Writes a counter with labelled samples.
    pub(super) fn counters<'l, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = ([(&'static str, &'l str); N], u64)>,
    ) -> Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        samples.into_iter().try_for_each(|(labels, value)| sample(&mut family, &labels, value))
    }

    pub(super) fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) -> Result {
        histogram.encode(self.0.encode_descriptor(name, help, None, MetricType::Histogram)?)
    }
}

fn sample<const N: usize>(family: &mut MetricEncoder<'_>, labels: &[(&str, &str); N], value: u64) -> Result {
    family.encode_family(labels)?.encode_gauge(&value)
}
