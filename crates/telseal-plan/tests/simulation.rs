//! A million tags that a sealer makes, cut, counted, and compared with the plan: all within five standard deviations.
//! The keys are fixed, so each run counts the same.

#![allow(clippy::unwrap_used)] // what fails here fails the test

use std::{collections::HashMap, sync::LazyLock};
use telseal::{Imsi, KeyVersion, Keyring, Scope, Sealer, Tag};
use telseal_plan::Plan;

const SUBSCRIBERS: usize = 1_000_000;

fn tags(identifiers: std::ops::Range<usize>) -> Vec<Tag<Imsi>> {
    let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[0x5A; 32])]).unwrap();
    let sealer: Sealer<Imsi> = keyring.sealer(&Scope::new(["simulation"]).unwrap());
    // A network that exists only in tests.
    let identifiers: Vec<Imsi> = identifiers.map(|i| format!("00101{i:010}").parse().unwrap()).collect();
    let mut tags = vec![Tag::from_bytes([0; 16]); identifiers.len()];
    sealer.tag_into(&identifiers, &mut tags).unwrap();
    tags
}

static TABLE: LazyLock<Vec<Tag<Imsi>>> = LazyLock::new(|| tags(0..SUBSCRIBERS));

/// The sizes of the sets that occur, by short tag.
fn sets<const BITS: u32>(tags: &[Tag<Imsi>]) -> HashMap<u64, usize> {
    let mut sets = HashMap::new();
    for tag in tags {
        *sets.entry(tag.short::<BITS>().into()).or_default() += 1;
    }
    sets
}

#[track_caller]
fn within(what: &str, found: f64, expected: f64, variance: f64) {
    let deviations = (found - expected) / variance.max(1e-12).sqrt();
    assert!(deviations.abs() < 5.0, "{what}: {found}, expected {expected}: {deviations} standard deviations");
}

fn check<const BITS: u32>() {
    let plan = Plan::new(SUBSCRIBERS as u64, BITS).unwrap();
    let (n, k) = (SUBSCRIBERS as f64, plan.sets());
    let sizes: Vec<f64> = sets::<BITS>(&TABLE).into_values().map(|size| size as f64).collect();
    let label = |what: &str| format!("{what}, {BITS} bits");

    // Pairs are independent, two and two.
    let pairs: f64 = sizes.iter().map(|size| size * (size - 1.0) / 2.0).sum();
    let variance = n * (n - 1.0) / 2.0 / k * (1.0 - 1.0 / k);
    within(&label("pairs"), pairs, plan.colliding_pairs(), variance);
    // Over all lookups, one for each subscriber.
    within(&label("false matches"), 2.0 * pairs / n, plan.false_matches(), 4.0 * variance / (n * n));
    let mean = sizes.iter().map(|size| size * size).sum::<f64>() / n;
    within(&label("sets"), mean, plan.set(), 4.0 * variance / (n * n));

    // Sets are empty nearly independently of one another, and rather less than that.
    let empty = plan.sets() - plan.sets_in_use();
    within(&label("in use"), sizes.len() as f64, plan.sets_in_use(), empty.min(plan.sets_in_use()));

    // How many subscribers have more than m false matches, from the first to the last m that occurs. Subscribers of one
    // set count together: the variance is at most the sum of the squares of such sets.
    let most = sizes.iter().copied().fold(0.0, f64::max);
    let least = sizes.iter().copied().fold(most, f64::min);
    for m in (least as u64 - 1)..=(most as u64 + 1) {
        let members = |more: &&f64| **more > m as f64 + 1.0;
        let found = sizes.iter().filter(members).sum::<f64>();
        let above: f64 = sizes.iter().filter(members).map(|size| size * size).sum();
        let below: f64 = sizes.iter().filter(|size| !members(size)).map(|size| size * size).sum();
        let expected = n * plan.chance_of_more_than(m);
        within(&label(&format!("more than {m}")), found, expected, above.min(below).max(most * most));
    }
    let alone = sizes.iter().filter(|size| **size == 1.0).count() as f64;
    within(&label("alone"), alone, plan.all_alone(), plan.all_alone().min(n - plan.all_alone()));
    assert_eq!(plan.any_collision() > 0.5, sizes.len() < SUBSCRIBERS);

    // Of the subscribers, 99 % have a set of so many or more, and lookups have no more than so many false matches.
    for chance in [0.01, 0.5, 0.99] {
        let share = |holds: &dyn Fn(f64) -> bool| sizes.iter().filter(|size| holds(**size)).sum::<f64>() / n;
        let slack = 5.0 * (most / n).sqrt();
        let (set, matches) = (plan.set_at_least(chance) as f64, plan.false_matches_at_most(chance) as f64);
        assert!(share(&|size| size >= set) >= chance - slack);
        assert!(share(&|size| size > set) <= chance + slack);
        assert!(share(&|size| size - 1.0 <= matches) >= chance - slack);
        assert!(share(&|size| size - 1.0 < matches) <= chance + slack);
    }
}

#[test]
fn a_million_subscribers() {
    check::<8>();
    check::<11>();
    check::<14>();
    check::<16>();
    check::<18>();
    check::<20>();
    check::<22>();
    check::<28>();
    check::<40>();
    check::<64>();
}

/// Numbers that are not in the table match *N* / 2^*b* of its rows.
#[test]
fn numbers_that_are_not_there() {
    let sets = sets::<16>(&TABLE);
    let asked = tags(SUBSCRIBERS..SUBSCRIBERS + 50_000);
    let found: usize = asked.iter().map(|tag| sets.get(&tag.short::<16>().into()).copied().unwrap_or(0)).sum();
    let expected = asked.len() as f64 * SUBSCRIBERS as f64 / 65_536.0;
    // Each asks for a set, whose size varies by its mean, and many ask for the same ones.
    within("absent", found as f64, expected, expected * 2.0);
}

/// A thousand tables of a thousand subscribers: in so many of them two have one short tag.
#[test]
fn small_tables() {
    fn check<const BITS: u32>() {
        let chance = Plan::new(1000, BITS).unwrap().any_collision();
        assert!((0.05..0.95).contains(&chance));
        let collisions = TABLE.chunks(1000).filter(|tags| sets::<BITS>(tags).len() < 1000).count();
        within("tables", collisions as f64, 1000.0 * chance, 1000.0 * chance * (1.0 - chance));
    }
    check::<18>();
    check::<19>();
    check::<20>();
    check::<22>();
}
