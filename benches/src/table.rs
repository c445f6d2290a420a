//! The figures of several runs as a Markdown table.

use std::fmt::Write as _;

use guildhall_cli::bench::Report;

use crate::scenario::{Contender, Measure, Scenario};

/// A server in a scenario, and the reports of its runs.
#[derive(Debug)]
pub struct Measured {
    /// Its name in the table.
    pub name: String,
    /// The server.
    pub contender: Contender,
    /// One report for each run.
    pub reports: Vec<Report>,
}

/// The median of some figures, and their range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Median {
    /// The middle figure, or the mean of the two in the middle.
    pub middle: f64,
    /// The least figure.
    pub least: f64,
    /// The greatest figure.
    pub most: f64,
}

impl Median {
    /// The median of these figures, if there are any.
    #[must_use]
    pub fn of(figures: impl Iterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<_> = figures.collect();
        figures.sort_by(f64::total_cmp);
        let (&least, &most) = (figures.first()?, figures.last()?);
        let half = figures.len() / 2;
        let middle = f64::midpoint(figures[(figures.len() - 1) / 2], figures[half]);
        Some(Self {
            middle,
            least,
            most,
        })
    }

    fn cell(median: Option<Self>, digits: usize) -> String {
        let Some(Self {
            middle,
            least,
            most,
        }) = median
        else {
            return "–".to_owned();
        };
        format!("{middle:.digits$} ({least:.digits$}–{most:.digits$})")
    }
}

/// The figure that a scenario compares.
#[must_use]
pub fn figure(measure: Measure, report: &Report) -> Option<f64> {
    match measure {
        Measure::Cpu => report.server.as_ref()?.cpu_us_per_delivery,
        Measure::Connecting => report.server.as_ref()?.cpu_us_per_connection,
        Measure::Memory => Some(report.server.as_ref()?.resident_per_connection),
        Measure::P99 => Some(report.chat.as_ref()?.latency_ms.p99),
    }
}

/// The head of the table.
#[must_use]
pub fn head() -> String {
    "| scenario | server | ratio | CPU µs/delivery | deliveries/s | p50 ms | p99 ms | CPU µs/connect | KiB/connection | faults | load tool µs |\n\
     |---|---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned()
}

/// The rows of one scenario. Figures are medians, with the least and the greatest
/// figure. A ratio is within one run: to the first floor that got the same load, or
/// to the first server.
#[must_use]
pub fn rows(scenario: &Scenario, contenders: &[Measured]) -> String {
    let mut rows = String::new();
    for (index, measured) in contenders.iter().enumerate() {
        let Measured { name, reports, .. } = measured;
        let base = contenders
            .iter()
            .position(|other| other.contender.is_floor_of(&measured.contender))
            .unwrap_or(0);
        let median =
            |get: &dyn Fn(&Report) -> Option<f64>| Median::of(reports.iter().filter_map(get));
        let ratios = contenders[base]
            .reports
            .iter()
            .zip(reports)
            .filter_map(|(base, report)| {
                Some(figure(scenario.measure, report)? / figure(scenario.measure, base)?)
            });
        let about = if index == 0 { scenario.about } else { "" };
        // Writing to a string does not fail.
        let _ = writeln!(
            rows,
            "| {about} | {name} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            if index == base {
                "1".to_owned()
            } else {
                Median::cell(Median::of(ratios), 2)
            },
            Median::cell(median(&|report| figure(Measure::Cpu, report)), 3),
            Median::cell(
                median(&|report| Some(report.chat.as_ref()?.deliveries_per_second)),
                0
            ),
            Median::cell(
                median(&|report| Some(report.chat.as_ref()?.latency_ms.p50)),
                2
            ),
            Median::cell(median(&|report| figure(Measure::P99, report)), 2),
            Median::cell(median(&|report| figure(Measure::Connecting, report)), 1),
            Median::cell(
                median(&|report| Some(figure(Measure::Memory, report)? / 1024.0)),
                2
            ),
            faults(reports),
            Median::cell(median(&|report| report.own_cpu_us_per_delivery), 3),
        );
    }
    rows
}

/// The faults of all runs, in words.
fn faults(reports: &[Report]) -> String {
    let mut words = Vec::new();
    let sum = |get: &dyn Fn(&Report) -> u64| reports.iter().map(get).sum::<u64>();
    let chats = |get: fn(&guildhall_cli::bench::Faults) -> u64| {
        sum(&|report| report.chat.as_ref().map_or(0, |chat| get(&chat.faults)))
    };
    for (count, name) in [
        (chats(|faults| faults.lost), "lost"),
        (chats(|faults| faults.duplicated), "duplicated"),
        (chats(|faults| faults.reordered), "reordered"),
        (chats(|faults| faults.misdirected), "misdirected"),
        (chats(|faults| faults.unacknowledged), "unacknowledged"),
        (chats(|faults| faults.misnumbered), "misnumbered"),
        (chats(|faults| faults.refused), "refused"),
    ] {
        if count > 0 {
            words.push(format!("{count} {name}"));
        }
    }
    for (ended, kind) in reports
        .iter()
        .flat_map(|report| [(&report.ended, ""), (&report.stalled_ended, "stalled ")])
    {
        words.extend(
            ended
                .iter()
                .map(|(how, count)| format!("{count} {kind}closed: {how}")),
        );
    }
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    #[test]
    fn a_median_is_in_the_middle() {
        let of = |figures: &[f64]| Median::of(figures.iter().copied());
        assert_eq!(of(&[]), None);
        let median = of(&[3.0, 1.0, 2.0]);
        assert_eq!(Median::cell(median, 0), "2 (1–3)");
        assert_eq!(Median::cell(None, 0), "–");
        let median = of(&[4.0, 1.0, 2.0, 3.0]);
        assert_eq!(Median::cell(median, 1), "2.5 (1.0–4.0)");
        assert_eq!(Median::cell(of(&[1.0]), 2), "1.00 (1.00–1.00)");
    }

    #[test]
    fn a_ratio_is_to_the_floor_with_the_same_load_in_the_same_run() {
        let report = |cpu: f64, lost: u32| -> Report {
            serde_json::from_value(serde_json::json!({
                "clients": 2, "speakers": 1, "ended": {}, "stalled_ended": {},
                "own_cpu_us_per_delivery": 0.1,
                "server": {
                    "cpu_us_per_delivery": cpu, "cpu_us_per_connection": 30.0, "resident_per_connection": 2048.0,
                    "resident_before": 0, "resident_after": 0,
                },
                "chat": {
                    "seconds": 1.0, "messages": 1, "deliveries": 1,
                    "deliveries_per_second": 1.0,
                    "latency_ms": {"p50": 1.0, "p99": 2.0, "p999": 3.0, "max": 4.0},
                    "faults": {"lost": lost, "duplicated": 0, "reordered": 0, "misdirected": 0},
                },
            }))
            .unwrap()
        };
        // The figures of two runs, in the order of this scenario's contenders.
        let costs = [[1.0, 2.0], [3.0, 2.0], [2.0, 4.0], [3.0, 8.0]];
        let scenario = &scenario::SCENARIOS[0];
        assert_eq!(scenario.contenders.len(), costs.len());
        let measured = scenario.contenders.iter().zip(costs);
        let contenders: Vec<_> = measured
            .map(|(contender, [first, second])| Measured {
                name: contender.name.to_owned(),
                contender: *contender,
                reports: vec![report(first, 0), report(second, 7)],
            })
            .collect();
        let rows = rows(scenario, &contenders);
        let lines: Vec<_> = rows.lines().collect();
        let cells = |line: &str, cell: usize| line.split('|').nth(cell).unwrap().trim().to_owned();
        let column = |cell| {
            lines
                .iter()
                .map(|line| cells(line, cell))
                .collect::<Vec<_>>()
        };
        let names = [
            "floor",
            "guildhall",
            "floor, v1 clients",
            "guildhall, v1 clients",
        ];
        assert_eq!(column(2), names);
        assert_eq!(
            column(3),
            ["1", "2.00 (1.00–3.00)", "1", "1.75 (1.50–2.00)"]
        );
        assert_eq!(column(4)[0], "1.500 (1.000–2.000)");
        assert_eq!(column(10), ["7 lost"; 4]);
    }
}
