#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod binomial;

use binomial::Binomial;
use std::{error::Error, fmt};

/// Short tags of one length over a table with one row for each subscriber.
///
/// ```
/// use telseal_plan::Plan;
///
/// let plan = Plan::new(100_000_000, 20)?;
/// assert_eq!(plan.false_matches().round(), 95.0);
/// assert_eq!(plan.set_at_least(0.99), 74); // 99 % of the subscribers have a set of 74 or more
///
/// // The other way: the longest short tag under which the set of a subscriber has 1000 members on average.
/// let plan = Plan::longest(100_000_000, |plan| plan.set() >= 1000.0)?;
/// assert_eq!(plan.bits(), 16);
/// # Ok::<(), telseal_plan::PlanError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    subscribers: u64,
    bits: u32,
}

impl Plan {
    /// The fewest bits of a short tag.
    pub const MIN_BITS: u32 = 8;
    /// The most bits of a short tag.
    pub const MAX_BITS: u32 = 64;
    /// The most subscribers: 10¹².
    pub const MAX_SUBSCRIBERS: u64 = 1_000_000_000_000;

    /// Short tags of `bits` bits over `subscribers` rows.
    ///
    /// # Errors
    /// [`PlanError::Subscribers`] without any, or with more than 10¹²; [`PlanError::Bits`] outside of 8 to 64.
    pub fn new(subscribers: u64, bits: u32) -> Result<Self, PlanError> {
        if !(1..=Self::MAX_SUBSCRIBERS).contains(&subscribers) {
            return Err(PlanError::Subscribers);
        }
        if !(Self::MIN_BITS..=Self::MAX_BITS).contains(&bits) {
            return Err(PlanError::Bits);
        }
        Ok(Plan { subscribers, bits })
    }

    /// The longest short tag for which `holds`: what hides a subscriber holds up to some length. It costs a lookup the
    /// fewest false matches.
    ///
    /// # Errors
    /// Those of [`new`](Self::new), and [`PlanError::Unreachable`] if it holds for no length.
    pub fn longest(subscribers: u64, holds: impl Fn(&Plan) -> bool) -> Result<Self, PlanError> {
        Self::first(subscribers, (Self::MIN_BITS..=Self::MAX_BITS).rev(), holds)
    }

    /// The shortest short tag for which `holds`: what bounds the cost of a lookup holds from some length on. It hides a
    /// subscriber among the most.
    ///
    /// # Errors
    /// Those of [`longest`](Self::longest).
    pub fn shortest(subscribers: u64, holds: impl Fn(&Plan) -> bool) -> Result<Self, PlanError> {
        Self::first(subscribers, Self::MIN_BITS..=Self::MAX_BITS, holds)
    }

    fn first(
        subscribers: u64,
        mut bits: impl Iterator<Item = u32>,
        holds: impl Fn(&Plan) -> bool,
    ) -> Result<Self, PlanError> {
        Self::new(subscribers, Self::MIN_BITS)?;
        bits.find_map(|bits| Some(Plan { subscribers, bits }).filter(&holds)).ok_or(PlanError::Unreachable)
    }

    /// *N*.
    pub fn subscribers(&self) -> u64 {
        self.subscribers
    }

    /// *b*.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// How many sets there are: 2^*b*.
    pub fn sets(&self) -> f64 {
        f64::from(self.bits).exp2()
    }

    /// The expected number of false matches when a subscriber is looked up: (*N* - 1) / 2^*b*. The lookup of a number
    /// that is not in the table has *N* / 2^*b*.
    pub fn false_matches(&self) -> f64 {
        self.others().mean()
    }

    /// The expected number of subscribers that share the short tag of a subscriber, with that one:
    /// 1 + (*N* - 1) / 2^*b*.
    pub fn set(&self) -> f64 {
        1.0 + self.false_matches()
    }

    /// The chance that the lookup of a subscriber has more than `m` false matches.
    pub fn chance_of_more_than(&self, m: u64) -> f64 {
        self.others().more_than(m)
    }

    /// The fewest false matches that a lookup stays within with at least this `chance`, from 0 to 1.
    pub fn false_matches_at_most(&self, chance: f64) -> u64 {
        least(self.subscribers - 1, |m| self.chance_of_more_than(m) <= 1.0 - chance)
    }

    /// The largest *k* so that the set of a subscriber has *k* or more members with at least this `chance`, from 0
    /// to 1.
    pub fn set_at_least(&self, chance: f64) -> u64 {
        // The set has more than m members beside the subscriber with that chance, for each m below what is found.
        1 + least(self.subscribers - 1, |m| chance.is_nan() || self.chance_of_more_than(m) < chance)
    }

    /// The chance that nobody shares the short tag of a subscriber: (1 - 2^-*b*)^(*N* - 1). It is a pseudonym then.
    pub fn alone(&self) -> f64 {
        self.others().none()
    }

    /// The expected number of subscribers who are [`alone`](Self::alone).
    pub fn all_alone(&self) -> f64 {
        self.subscribers as f64 * self.alone()
    }

    /// The expected number of pairs of subscribers with one short tag: *N* (*N* - 1) / 2 / 2^*b*.
    pub fn colliding_pairs(&self) -> f64 {
        self.subscribers as f64 / 2.0 * self.false_matches()
    }

    /// The expected number of short tags that occur: 2^*b* (1 - (1 - 2^-*b*)^*N*).
    pub fn sets_in_use(&self) -> f64 {
        self.sets() * -self.all().ln_none().exp_m1()
    }

    /// The chance that any two subscribers have one short tag: the birthday problem.
    pub fn any_collision(&self) -> f64 {
        -ln_all_differ(self.subscribers, self.sets()).exp_m1()
    }

    /// How many of the other subscribers have the short tag of one.
    fn others(&self) -> Binomial {
        Binomial { n: self.subscribers - 1, p: self.sets().recip() }
    }

    /// How many subscribers have a given short tag.
    fn all(&self) -> Binomial {
        Binomial { n: self.subscribers, p: self.sets().recip() }
    }
}

/// The least of 0 to `most` for which `holds`, which holds from some number on; `most` if it holds for none.
fn least(most: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// The logarithm of K! / ((K - N)! K^N): the chance that N draws out of K all differ (Feller, section II.3).
///
/// For many draws by Stirling's series. With x = N / K, and since (1 - x) ln(1 - x) = -x + sum of x^j / (j (j - 1)),
/// what would cancel is left out: -K (sum of x^j / (j (j - 1)) from j = 2 on) - ln(1 - x) / 2 + 1 / 12K - 1 / 12(K - N).
fn ln_all_differ(draws: u64, of: f64) -> f64 {
    let n = draws as f64;
    if n > of {
        return f64::NEG_INFINITY;
    }
    if draws <= 1 << 16 {
        return (0..draws).map(|i| (-(i as f64) / of).ln_1p()).sum();
    }
    let x = n / of;
    if x > 0.5 {
        return f64::NEG_INFINITY; // less than e^-8000
    }
    let mut series = 0.0;
    let (mut power, mut j) = (x * x, 2.0);
    while power > series * f64::EPSILON / 4.0 {
        series += power / (j * (j - 1.0));
        (power, j) = (power * x, j + 1.0);
    }
    -of * series - (-x).ln_1p() / 2.0 + (of.recip() - (of - n).recip()) / 12.0
}

/// Why there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// No subscribers, or too many.
    Subscribers,
    /// No length of a short tag.
    Bits,
    /// What was asked for holds for no length.
    Unreachable,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PlanError::Subscribers => "expected 1 to 10^12 subscribers",
            PlanError::Bits => "expected a short tag of 8 to 64 bits",
            PlanError::Unreachable => "no short tag of 8 to 64 bits has this",
        })
    }
}

impl Error for PlanError {}
