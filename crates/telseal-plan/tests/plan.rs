//! The formulas, against sums by another method, decimal arithmetic, and edges.

#![allow(clippy::unwrap_used)] // what fails here fails the test

use proptest::prelude::*;
use telseal_plan::{Plan, PlanError};

#[track_caller]
fn near(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{found:e}, expected {expected:e}");
}

/// The chances of 0, 1, 2 ... false matches, subscriber by subscriber: each has the short tag or has it not.
fn one_by_one(others: usize, bits: u32) -> Vec<f64> {
    let p = f64::from(bits).exp2().recip();
    let mut chances = vec![1.0];
    for _ in 0..others {
        let (no, yes) = (chances.iter().map(|c| c * (1.0 - p)), chances.iter().map(|c| c * p));
        chances = no.chain([0.0]).zip([0.0].into_iter().chain(yes)).map(|(no, yes)| no + yes).collect();
        while chances.last().is_some_and(|&last| last < 1e-280) {
            chances.pop();
        }
    }
    chances
}

#[test]
fn tails_are_sums_of_the_chances() {
    for (subscribers, bits) in
        [(1, 8), (2, 8), (3, 8), (17, 8), (18, 8), (255, 8), (257, 8), (3000, 8), (3000, 9), (3000, 16), (900, 64)]
    {
        let plan = Plan::new(subscribers, bits).unwrap();
        let chances = one_by_one(subscribers as usize - 1, bits);
        near(plan.alone(), chances[0], 1e-12);
        for m in 0..chances.len().min(60) {
            let expected: f64 = chances[m + 1..].iter().rev().sum();
            if expected > 1e-250 {
                near(plan.chance_of_more_than(m as u64), expected, 1e-11);
            }
        }
        let mean: f64 = chances.iter().enumerate().map(|(i, chance)| i as f64 * chance).sum();
        near(plan.false_matches(), mean, 1e-12);
        for m in [subscribers - 1, subscribers, u64::MAX] {
            assert_eq!(plan.chance_of_more_than(m), 0.0);
        }
    }
}

/// Sums of C(N - 1, k) p^k (1 - p)^(N - 1 - k) and products of 1 - i/2^b, by Python's `decimal` with 60 digits.
#[test]
fn large_tables() {
    for (subscribers, bits, m, expected) in TAILS {
        near(Plan::new(subscribers, bits).unwrap().chance_of_more_than(m), expected, 2e-9);
    }
    for (subscribers, bits, expected) in COLLISIONS {
        near(Plan::new(subscribers, bits).unwrap().any_collision(), expected, 1e-9);
    }
}

const TAILS: [(u64, u32, u64, f64); 35] = [
    (100_000_000, 20, 40, 0.9999999998804276),
    (100_000_000, 20, 74, 0.9862755128390517),
    (100_000_000, 20, 94, 0.5286377968291238),
    (100_000_000, 20, 95, 0.4877720242212579),
    (100_000_000, 20, 96, 0.4471755268153299),
    (100_000_000, 20, 120, 0.006426675427072298),
    (100_000_000, 20, 200, 3.292711452285069e-21),
    (100_000_000, 16, 1300, 0.9999999983599573),
    (100_000_000, 16, 1526, 0.49195545754178877),
    (100_000_000, 16, 1700, 5.587625097690377e-06),
    (1_000_000_000, 24, 20, 0.9999999974537133),
    (1_000_000_000, 24, 59, 0.4967770716369018),
    (1_000_000_000, 24, 60, 0.4454125691948366),
    (1_000_000_000, 24, 120, 2.0085187302665577e-12),
    (10_000_000_000, 32, 0, 0.9025393367834316),
    (10_000_000_000, 32, 2, 0.4114533902548572),
    (10_000_000_000, 32, 3, 0.20643230487876474),
    (10_000_000_000, 32, 10, 3.288471557345974e-05),
    (1_000_000_000_000, 40, 0, 0.5972723297932402),
    (1_000_000_000_000, 40, 1, 0.23099364748287016),
    (1_000_000_000_000, 40, 5, 0.00036290526275175596),
    (1_000_000_000_000, 30, 850, 0.996347506319626),
    (1_000_000_000_000, 30, 931, 0.49550180363862534),
    (1_000_000_000_000, 30, 1100, 3.4715579688857366e-08),
    (10_000_000, 10, 9400, 0.999899710048386),
    (10_000_000, 10, 9765, 0.4998290708954149),
    (10_000_000, 10, 10100, 0.00037183589462408233),
    (100_000_000, 10, 96000, 0.9999999468244456),
    (100_000_000, 10, 97656, 0.49946698563138),
    (100_000_000, 10, 99000, 8.757187259881884e-06),
    (20_000_000, 17, 99, 0.9999976483123086),
    (20_000_000, 17, 152, 0.4974512606565531),
    (20_000_000, 17, 220, 1.2106069467070862e-07),
    (5_000_000_000, 64, 0, 2.710505430304318e-10),
    (5_000_000_000, 64, 1, 3.673419843451808e-20),
];

const COLLISIONS: [(u64, u32, f64); 7] = [
    (100_000, 40, 0.004537104275488933),
    (1_000_000, 40, 0.3653915179871931),
    (1_000_000, 44, 0.028021584989140067),
    (1_000_000_000, 60, 0.35188094242838375),
    (1_000_000_000, 64, 0.026741008874431357),
    (5_000_000_000, 64, 0.49217905181125277),
    (10_000_000_000, 64, 0.9334968145811694),
];

#[test]
fn birthdays_by_products() {
    for bits in [8, 9, 16, 20, 40, 64] {
        for subscribers in [1, 2, 3, 23, 255, 256, 257, 1000, 65_536, 65_537, 70_000, 300_000] {
            let plan = Plan::new(subscribers, bits).unwrap();
            let differ: f64 = (0..subscribers).map(|i| (-(i as f64) / plan.sets()).ln_1p()).sum();
            let expected = if subscribers as f64 > plan.sets() { 1.0 } else { -differ.exp_m1() };
            near(plan.any_collision(), expected, 1e-9);
        }
    }
    assert_eq!(Plan::new(1, 8).unwrap().any_collision(), 0.0);
}

#[test]
fn small_tables_by_hand() {
    let plan = Plan::new(3, 8).unwrap();
    assert_eq!(plan.false_matches(), 2.0 / 256.0);
    assert_eq!(plan.set(), 1.0 + 2.0 / 256.0);
    assert_eq!(plan.colliding_pairs(), 3.0 / 256.0);
    near(plan.sets_in_use(), 256.0 - 255.0_f64.powi(3) / 65_536.0, 1e-12);
    near(plan.any_collision(), 1.0 - 255.0 * 254.0 / 65_536.0, 1e-12);
    near(plan.alone(), (255.0_f64 / 256.0).powi(2), 1e-12);
    near(plan.all_alone(), 3.0 * plan.alone(), 1e-15);
    near(plan.chance_of_more_than(0), 511.0 / 65_536.0, 1e-12);
    near(plan.chance_of_more_than(1), 1.0 / 65_536.0, 1e-12);
    let one = Plan::new(1, 64).unwrap();
    assert_eq!((one.false_matches(), one.set(), one.alone(), one.chance_of_more_than(0)), (0.0, 1.0, 1.0, 0.0));
    assert_eq!((one.set_at_least(0.5), one.false_matches_at_most(0.5)), (1, 0));
    near(one.sets_in_use(), 1.0, 1e-12);
}

#[test]
fn what_is_refused() {
    for subscribers in [0, Plan::MAX_SUBSCRIBERS + 1, u64::MAX] {
        assert_eq!(Plan::new(subscribers, 20), Err(PlanError::Subscribers));
        assert_eq!(Plan::longest(subscribers, |_| true), Err(PlanError::Subscribers));
        assert_eq!(Plan::shortest(subscribers, |_| true), Err(PlanError::Subscribers));
    }
    for bits in [0, 7, 65, u32::MAX] {
        assert_eq!(Plan::new(100, bits), Err(PlanError::Bits));
    }
    assert_eq!(Plan::longest(100, |plan| plan.set() >= 2.0), Err(PlanError::Unreachable));
    assert_eq!(PlanError::Subscribers.to_string(), "expected 1 to 10^12 subscribers");
    assert_eq!(PlanError::Bits.to_string(), "expected a short tag of 8 to 64 bits");
    assert_eq!(PlanError::Unreachable.to_string(), "no short tag of 8 to 64 bits has this");
}

/// No chance that a caller gives is too odd.
#[test]
fn odd_chances() {
    let plan = Plan::new(1_000_000, 12).unwrap();
    assert_eq!((plan.set_at_least(0.0), plan.false_matches_at_most(0.0)), (1_000_000, 0));
    assert_eq!((plan.set_at_least(-1.0), plan.false_matches_at_most(-1.0)), (1_000_000, 0));
    assert_eq!(plan.set_at_least(2.0), 1);
    assert_eq!(plan.false_matches_at_most(2.0), 999_999);
    assert_eq!(plan.set_at_least(f64::NAN), 1);
    assert_eq!(plan.false_matches_at_most(f64::NAN), 999_999);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// A quantile is where the chance changes sides.
    #[test]
    fn quantiles(subscribers in 1..=50_000_000_u64, bits in 8..=64_u32, chance in 0.001..0.999_f64) {
        let plan = Plan::new(subscribers, bits).unwrap();
        let m = plan.false_matches_at_most(chance);
        prop_assert!(plan.chance_of_more_than(m) <= 1.0 - chance);
        prop_assert!(m == 0 || plan.chance_of_more_than(m - 1) > 1.0 - chance);
        let size = plan.set_at_least(chance);
        // At least `size` members are more than `size - 2` others.
        prop_assert!(size == 1 || plan.chance_of_more_than(size - 2) >= chance);
        prop_assert!(size == subscribers || plan.chance_of_more_than(size - 1) < chance);
        let all = [plan.alone(), plan.chance_of_more_than(0), plan.any_collision()];
        prop_assert!(all.iter().all(|chance| (0.0..=1.0).contains(chance)), "{all:?}");
        prop_assert!(plan.sets_in_use() <= plan.sets() && plan.sets_in_use() <= subscribers as f64 * (1.0 + 1e-9));
    }

    /// The other way: what it says is so, and not so for the neighbour.
    #[test]
    fn the_other_way(subscribers in 1..=Plan::MAX_SUBSCRIBERS, size in 1.0..1e9_f64, cost in 1e-6..1e9_f64) {
        match Plan::longest(subscribers, |plan| plan.set() >= size) {
            Ok(plan) => {
                prop_assert!(plan.set() >= size);
                let next = Plan::new(subscribers, plan.bits() + 1);
                prop_assert!(next.is_err() || next.unwrap().set() < size);
            }
            Err(error) => {
                prop_assert_eq!(error, PlanError::Unreachable);
                prop_assert!(Plan::new(subscribers, 8).unwrap().set() < size);
            }
        }
        match Plan::shortest(subscribers, |plan| plan.false_matches() <= cost) {
            Ok(plan) => {
                prop_assert!(plan.false_matches() <= cost);
                let next = Plan::new(subscribers, plan.bits() - 1);
                prop_assert!(next.is_err() || next.unwrap().false_matches() > cost);
            }
            Err(error) => {
                prop_assert_eq!(error, PlanError::Unreachable);
                prop_assert!(Plan::new(subscribers, 64).unwrap().false_matches() > cost);
            }
        }
    }

    /// More bits: fewer matches, smaller sets, less often many.
    #[test]
    fn each_bit_counts(subscribers in 1..=10_000_000_u64, bits in 8..64_u32, m in 0..100_000_u64) {
        let [few, many] = [bits, bits + 1].map(|bits| Plan::new(subscribers, bits).unwrap());
        prop_assert!(few.set() >= many.set());
        prop_assert!(few.chance_of_more_than(m) >= many.chance_of_more_than(m) - 1e-14);
        prop_assert!(few.any_collision() >= many.any_collision() - 1e-14);
        prop_assert!(few.alone() <= many.alone());
    }
}
