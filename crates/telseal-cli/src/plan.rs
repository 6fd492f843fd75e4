//! `telseal plan`: how long a short tag is to be.

use crate::failure::{At, Failure};
use clap::Args;
use std::{
    fmt::Write as _,
    io::{self, Write},
    path::Path,
};
use telseal_plan::{Plan, PlanError};

#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    /// How many subscribers the table has, a row each: 1 to 10^12
    #[arg(short = 'n', long, value_name = "N")]
    subscribers: u64,
    /// Short tags of so many bits: 8 to 64
    #[arg(short, long, value_name = "BITS", required_unless_present_any = ["hide", "cost"], conflicts_with_all = ["hide", "cost"])]
    bits: Option<u32>,
    /// Short tags that a subscriber shares with others: a set of so many or more, on average
    #[arg(long, value_name = "SIZE")]
    hide: Option<u64>,
    /// Short tags by which a lookup has so many false matches or fewer, on average
    #[arg(long, value_name = "MATCHES")]
    cost: Option<f64>,
    /// What --hide and --cost ask for holds with this chance, for each subscriber, instead of on average
    #[arg(long, value_name = "CHANCE", conflicts_with = "bits", value_parser = chance)]
    chance: Option<f64>,
    /// Prints the chance that a lookup has more than so many false matches
    #[arg(short, long, value_name = "MATCHES")]
    more_than: Option<u64>,
}

fn chance(text: &str) -> Result<f64, String> {
    let chance = text.parse().ok().filter(|chance| *chance > 0.0 && *chance < 1.0);
    chance.ok_or_else(|| "expected a number between 0 and 1".into())
}

pub(crate) fn run(args: &PlanArgs) -> Result<(), Failure> {
    let text = match args.bits {
        Some(bits) => table(&[Plan::new(args.subscribers, bits).map_err(failed)?], args.more_than),
        None => table(&lengths(args)?, args.more_than),
    };
    io::stdout().write_all(text.as_bytes()).at("write to", Path::new("standard output"))
}

/// The shortest and the longest short tag that is asked for, or the one of them that there is.
fn lengths(args: &PlanArgs) -> Result<Vec<Plan>, Failure> {
    let hides = |plan: &Plan| match (args.hide, args.chance) {
        (None, _) => true,
        (Some(size), None) => plan.set() >= size as f64,
        (Some(size), Some(chance)) => plan.set_at_least(chance) >= size,
    };
    let is_cheap = |plan: &Plan| match (args.cost, args.chance) {
        (None, _) => true,
        (Some(cost), None) => plan.false_matches() <= cost,
        (Some(cost), Some(chance)) => plan.false_matches_at_most(chance) as f64 <= cost,
    };
    let longest = args.hide.map(|_| Plan::longest(args.subscribers, hides)).transpose().map_err(failed)?;
    let shortest = args.cost.map(|_| Plan::shortest(args.subscribers, is_cheap)).transpose().map_err(failed)?;
    if let (Some(longest), Some(shortest)) = (longest, shortest)
        && longest.bits() < shortest.bits()
    {
        let (few, many) = (longest.bits(), shortest.bits());
        return Err(Failure::new(format!(
            "no short tag does both: {few} bits or fewer hide, {many} or more are cheap"
        ))
        .hint("ask for a smaller set, or for more false matches"));
    }
    let mut plans: Vec<Plan> = shortest.into_iter().chain(longest).collect();
    plans.dedup();
    Ok(plans)
}

fn failed(error: PlanError) -> Failure {
    let failure = Failure::new(format!("no plan: {error}"));
    match error {
        PlanError::Unreachable => failure.hint("a table hides a subscriber among its rows, and among no more"),
        _ => failure,
    }
}

/// A column a plan.
fn table(plans: &[Plan], more_than: Option<u64>) -> String {
    let mut table = String::new();
    let mut row = |what: &str, value: &dyn Fn(&Plan) -> String| {
        let _ = write!(table, "{what}");
        plans.iter().for_each(|plan| {
            let _ = write!(table, "\t{}", value(plan));
        });
        table.push('\n');
    };
    row("bits of the short tag", &|plan| plan.bits().to_string());
    row("subscribers", &|plan| plan.subscribers().to_string());
    row("false matches of a lookup, on average", &|plan| number(plan.false_matches()));
    row("false matches of 99 % of the lookups, at most", &|plan| plan.false_matches_at_most(0.99).to_string());
    if let Some(m) = more_than {
        row(&format!("chance of more than {m} false matches"), &|plan| number(plan.chance_of_more_than(m)));
    }
    row("set that a subscriber hides in, on average", &|plan| number(plan.set()));
    row("set of 99 % of the subscribers, at least", &|plan| plan.set_at_least(0.99).to_string());
    row("set of 99.9999 % of the subscribers, at least", &|plan| plan.set_at_least(0.999_999).to_string());
    row("subscribers who share with nobody, on average", &|plan| number(plan.all_alone()));
    row("pairs that share a short tag, on average", &|plan| number(plan.colliding_pairs()));
    row("short tags in use, on average", &|plan| number(plan.sets_in_use()));
    row("chance that any two share one", &|plan| number(plan.any_collision()));
    table
}

/// Four digits, or as many as stand before the point.
fn number(value: f64) -> String {
    match value.abs() {
        1e-4..1e15 => {
            let digits = 3 - value.log10().floor() as i32;
            let text = format!("{value:.*}", digits.max(0) as usize);
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
        }
        0.0 => "0".into(),
        _ => format!("{value:.3e}"),
    }
}
