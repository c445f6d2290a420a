//! A picture of the cost of a delivery over the number of members.

use anyhow::Context as _;
use plotters::prelude::*;

use crate::scenario::{Measure, Scenario};
use crate::table::{self, Measured, Median};

const SIZE: (u32, u32) = (800, 450);

/// One curve for each server, in the order in which their names first appear.
#[derive(Debug, Default)]
pub struct Curves {
    curves: Vec<(String, Vec<Point>)>,
}

#[derive(Debug, Clone, Copy)]
struct Point {
    members: f64,
    cost: Median,
}

impl Curves {
    /// Adds a point to each server's curve. A scenario that does not compare CPU
    /// time adds none.
    pub fn add(&mut self, scenario: &Scenario, contenders: &[Measured]) {
        let (Measure::Cpu, Some(members)) = (scenario.measure, scenario.clients()) else {
            return;
        };
        for Measured { name, reports, .. } in contenders {
            let costs = reports
                .iter()
                .filter_map(|report| table::figure(Measure::Cpu, report));
            let Some(cost) = Median::of(costs) else {
                continue;
            };
            let point = Point {
                members: members.into(),
                cost,
            };
            match self.curves.iter_mut().find(|(curve, _)| curve == name) {
                Some((_, points)) => points.push(point),
                None => self.curves.push((name.clone(), vec![point])),
            }
        }
    }

    /// Draws the curves as SVG: members to the right on a logarithmic scale, CPU
    /// time for each delivery upwards. Points are medians, with a bar from the least
    /// figure to the greatest.
    ///
    /// # Errors
    ///
    /// If there is no point.
    pub fn draw(&self) -> anyhow::Result<String> {
        let points = || self.curves.iter().flat_map(|(_, points)| points);
        let least = points().map(|point| point.members).reduce(f64::min);
        let most = points().map(|point| point.members).reduce(f64::max);
        let (least, most) = least.zip(most).context("no scenario of a curve was run")?;
        let top = points().map(|point| point.cost.most).fold(0.0, f64::max);

        let mut svg = String::new();
        {
            let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
            area.fill(&WHITE)?;
            let mut chart = ChartBuilder::on(&area)
                .margin(16)
                .x_label_area_size(40)
                .y_label_area_size(56)
                .build_cartesian_2d((least * 0.8..most * 1.25).log_scale(), 0.0..top * 1.1)?;
            chart
                .configure_mesh()
                .light_line_style(WHITE)
                .x_desc("members of the room")
                .y_desc("server CPU, µs per delivery")
                .x_label_formatter(&|members| format!("{members:.0}"))
                .label_style(("sans-serif", 14))
                .draw()?;
            for (number, (name, points)) in self.curves.iter().enumerate() {
                let color = Palette99::pick(number).to_rgba();
                let middles = points
                    .iter()
                    .map(|point| (point.members, point.cost.middle));
                chart
                    .draw_series(LineSeries::new(middles, color.stroke_width(2)))?
                    .label(name)
                    .legend(move |(x, y)| {
                        PathElement::new([(x, y), (x + 20, y)], color.stroke_width(2))
                    });
                chart.draw_series(points.iter().map(|point| {
                    let Median {
                        middle,
                        least,
                        most,
                    } = point.cost;
                    ErrorBar::new_vertical(point.members, least, middle, most, color.filled(), 8)
                }))?;
            }
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::LowerRight)
                .background_style(WHITE.mix(0.8))
                .border_style(BLACK)
                .label_font(("sans-serif", 14))
                .draw()?;
            area.present()?;
        }
        Ok(svg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_drawn_from_its_points() {
        let cost = |middle| Median {
            middle,
            least: middle * 0.9,
            most: middle * 1.1,
        };
        let points = [(2.0, 9.0), (100.0, 4.0)].map(|(members, middle)| Point {
            members,
            cost: cost(middle),
        });
        let curves = Curves {
            curves: vec![
                ("floor".to_owned(), points.to_vec()),
                ("guildhall".to_owned(), points.to_vec()),
            ],
        };
        let svg = curves.draw().unwrap();
        for word in ["<svg", "floor", "guildhall", "members of the room"] {
            assert!(svg.contains(word), "{word}: {svg}");
        }
    }

    #[test]
    fn without_points_drawing_is_an_error() {
        assert!(Curves::default().draw().is_err());
    }
}
