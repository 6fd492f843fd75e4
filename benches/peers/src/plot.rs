//! The rows as a picture: bars on a logarithmic scale, one panel for single calls and one for many at once.

use crate::{
    floor,
    measure::{Group, Table},
};
use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
use std::error::Error;

const WIDTH: u32 = 960;
const ROW: u32 = 22;
/// Of a panel: caption, axis and margins.
const FRAME: u32 = 84;
const OURS: RGBColor = RGBColor(0x1F, 0x5F, 0xA8);
const FLOOR: RGBColor = RGBColor(0x55, 0x55, 0x55);
const PEER: RGBColor = RGBColor(0xC9, 0x8B, 0x4A);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the rows of single calls, and those of `items` at once, into an SVG file.
pub fn draw(table: &Table<'_>, items: usize, machine: &str, path: &str) -> Result<(), Box<dyn Error>> {
    let one: Vec<_> = table.medians(Group::One).collect();
    // Of the floor the best batch; of telseal one size; of memory alone nothing.
    let floors = [floor::MANY, floor::TEN_MANY];
    let mut many = floors.map(|floor| (floor, table.least(Group::Many, floor))).to_vec();
    let size = format!("{items} items");
    many.extend(table.medians(Group::Many).filter(|(name, _)| {
        !floors.iter().any(|floor| name.starts_with(floor))
            && !name.starts_with("memory")
            && (!name.ends_with("items") || name.ends_with(&size))
    }));
    let most = one.iter().chain(&many).map(|(_, ns)| *ns).fold(1.0, f64::max);

    let height = |rows: &[_]| FRAME + ROW * rows.len() as u32;
    let root = SVGBackend::new(path, (WIDTH, height(&one) + height(&many))).into_drawing_area();
    root.fill(&WHITE)?;
    let (above, below) = root.split_vertically(height(&one));
    panel(&above, &format!("One at a time, ns per identifier. {machine}"), most, &one)?;
    panel(&below, &format!("{items} at once, ns per identifier"), most, &many)?;
    Ok(root.present()?)
}

fn panel(area: &Area<'_>, caption: &str, most: f64, rows: &[(&str, f64)]) -> Result<(), Box<dyn Error>> {
    let mut chart = ChartBuilder::on(area)
        .caption(caption, ("sans-serif", 16))
        .margin(8)
        .x_label_area_size(26)
        .y_label_area_size(300)
        .build_cartesian_2d((1.0..most * 2.0).log_scale(), 0.0..rows.len() as f64)?;
    chart.configure_mesh().disable_y_mesh().disable_y_axis().x_label_formatter(&|ns| format!("{ns}")).draw()?;
    for ((name, ns), at) in rows.iter().zip((0..rows.len()).rev().map(|at| at as f64)) {
        let colour = match name {
            name if name.starts_with("telseal") => OURS,
            name if name.starts_with("floor") => FLOOR,
            _ => PEER,
        };
        let text = |ns, text: String, offset, side| {
            let style = ("sans-serif", 13).into_font().color(&BLACK).pos(Pos::new(side, VPos::Center));
            EmptyElement::at((ns, at + 0.5)) + Text::new(text, (offset, 0), style)
        };
        let digits = if *ns < 100.0 { 1 } else { 0 };
        chart.draw_series([Rectangle::new([(1.0, at + 0.15), (*ns, at + 0.85)], colour.filled())])?;
        chart.draw_series([text(1.0, (*name).to_owned(), -6, HPos::Right)])?;
        chart.draw_series([text(*ns, format!("{ns:.digits$}"), 5, HPos::Left)])?;
    }
    Ok(())
}
