//! How often something took how long.

use std::time::Duration;

use super::Counter;

/// The upper bounds of the buckets in nanoseconds: from 25 µs to 10 s. Beyond the last one there is
/// one more bucket.
pub(crate) const BOUNDS: [u64; 18] = [
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// How often something took how long. One thread records.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    buckets: [Counter; BOUNDS.len() + 1],
    /// In nanoseconds.
    sum: Counter,
}

/// The sum of what histograms have recorded up to a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// How often it took up to the bound of this bucket, and more than that of the one before.
    pub(crate) buckets: [u64; BOUNDS.len() + 1],
    /// All of the time together.
    pub(crate) sum: Duration,
}

impl Histogram {
    /// Records that it took this long once.
    pub(crate) fn record(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|&bound| bound < nanos);
        self.buckets[bucket].count();
        self.sum.add(nanos);
    }

    /// Adds what was recorded so far to `sum`.
    pub(crate) fn add_to(&self, sum: &mut Recorded) {
        for (sum, bucket) in sum.buckets.iter_mut().zip(&self.buckets) {
            *sum += bucket.get();
        }
        sum.sum += Duration::from_nanos(self.sum.get());
    }
}

impl Recorded {
    /// How often something was recorded.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_first_bucket_whose_bound_it_does_not_exceed() {
        let histogram = Histogram::default();
        for nanos in [0, 25_000, 25_001, 10_000_000_000, 10_000_000_001] {
            histogram.record(Duration::from_nanos(nanos));
        }
        let mut recorded = Recorded::default();
        histogram.add_to(&mut recorded);
        let expected = |bucket| match bucket {
            0 => 2,
            1 | 17 | 18 => 1,
            _ => 0,
        };
        assert_eq!(recorded.buckets, std::array::from_fn(expected));
        assert_eq!(recorded.sum, Duration::from_nanos(20_000_050_002));
        // Those of several threads are added up.
        histogram.add_to(&mut recorded);
        assert_eq!(recorded.count(), 10);
    }
}
