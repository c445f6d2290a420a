//! Writes metrics, one family after the other: a family is a metric with all of its labels.

use std::fmt;

use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeLabelSet, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use crate::metrics::{BOUNDS, Recorded};

/// No labels.
pub(super) const NONE: [(&str, &str); 0] = [];

/// Writes metrics.
pub(super) struct Families<'a>(DescriptorEncoder<'a>);

impl<'a> Families<'a> {
    /// Writes to this encoder.
    pub(super) fn new(encoder: DescriptorEncoder<'a>) -> Self {
        Self(encoder)
    }

    /// Writes a counter, whose name in the text ends with `_total`.
    pub(super) fn counter<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        self.counter_of(name, help, None, samples)
    }

    /// The same for a counter in this unit, which is a part of its name in the text.
    pub(super) fn counter_of<L: EncodeLabelSet, V: EncodeCounterValue>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        samples: impl IntoIterator<Item = (L, V)>,
    ) -> fmt::Result {
        let kind = MetricType::Counter;
        let mut metric = self.0.encode_descriptor(name, help, unit, kind)?;
        for (labels, value) in samples {
            let mut sample = metric.encode_family(&labels)?;
            sample.encode_counter::<NoLabelSet, _, f64>(&value, None)?;
        }
        Ok(())
    }

    /// Writes a gauge.
    pub(super) fn gauge<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        self.gauge_of(name, help, None, samples)
    }

    /// The same for a gauge in this unit, which is a part of its name in the text.
    pub(super) fn gauge_of<L: EncodeLabelSet, V: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        samples: impl IntoIterator<Item = (L, V)>,
    ) -> fmt::Result {
        let kind = MetricType::Gauge;
        let mut metric = self.0.encode_descriptor(name, help, unit, kind)?;
        for (labels, value) in samples {
            metric.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    /// Writes a histogram in seconds.
    pub(super) fn histogram(&mut self, name: &str, help: &str, recorded: &Recorded) -> fmt::Result {
        let (unit, kind) = (Some(&Unit::Seconds), MetricType::Histogram);
        let mut metric = self.0.encode_descriptor(name, help, unit, kind)?;
        #[expect(clippy::cast_precision_loss, reason = "the bounds are short numbers")]
        let bounds = BOUNDS.iter().map(|&nanos| nanos as f64 / 1e9);
        let buckets = bounds.chain([f64::INFINITY]).zip(recorded.buckets);
        let buckets: Vec<_> = buckets.collect();
        let (sum, count) = (recorded.sum.as_secs_f64(), recorded.count());
        metric.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }
}
