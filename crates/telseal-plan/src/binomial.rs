//! The binomial distribution, to 10¹² trials: Catherine Loader, "Fast and Accurate Computation of Binomial
//! Probabilities" (2000), for one probability, and sums of such.

use std::f64::consts::TAU;

/// How often something happens in `n` independent trials, each time with the chance `p`: at most 2^-8 here.
#[derive(Clone, Copy)]
pub(crate) struct Binomial {
    pub(crate) n: u64,
    pub(crate) p: f64,
}

impl Binomial {
    pub(crate) fn mean(self) -> f64 {
        self.n as f64 * self.p
    }

    /// The chance that it never happens.
    pub(crate) fn none(self) -> f64 {
        self.ln_none().exp()
    }

    pub(crate) fn ln_none(self) -> f64 {
        self.n as f64 * (-self.p).ln_1p()
    }

    /// The chance that it happens more than `m` times. The shorter tail is summed: all terms are positive, and each is
    /// less than the one before.
    pub(crate) fn more_than(self, m: u64) -> f64 {
        if m >= self.n {
            return 0.0;
        }
        let odds = self.p / (1.0 - self.p);
        if m as f64 + 1.0 < self.mean() {
            let down = |k: u64| k as f64 / ((self.n - k) as f64 + 1.0) / odds;
            1.0 - self.sum((0..=m).rev(), down)
        } else {
            let up = |k: u64| (self.n - k) as f64 / (k as f64 + 1.0) * odds;
            self.sum(m + 1..=self.n, up)
        }
    }

    /// The sum of the chances of these numbers; `ratio` is that of the next one's chance to this one's.
    fn sum(self, mut of: impl Iterator<Item = u64> + Clone, ratio: impl Fn(u64) -> f64) -> f64 {
        let Some(first) = of.clone().next() else { return 0.0 };
        let (mut sum, mut term) = (0.0, self.exactly(first));
        for k in &mut of {
            sum += term;
            // Where numbers have no bits left, a product may stay as it was.
            if term <= sum * f64::EPSILON / 16.0 || term < f64::MIN_POSITIVE {
                break;
            }
            term *= ratio(k);
        }
        sum
    }

    /// The chance that it happens `k` times: Loader's saddle-point expansion.
    fn exactly(self, k: u64) -> f64 {
        let (n, x) = (self.n as f64, k as f64);
        if k == 0 {
            return self.none();
        }
        if k == self.n {
            return self.p.powf(n);
        }
        let rest = n - x;
        let exponent = stirling_error(n)
            - stirling_error(x)
            - stirling_error(rest)
            - deviance(x, n * self.p)
            - deviance(rest, n - n * self.p);
        exponent.exp() * (n / (TAU * x * rest)).sqrt()
    }
}

/// ln *n*! less Stirling's approximation of it, ½ ln 2π*n* + *n* ln *n* - *n*.
fn stirling_error(n: f64) -> f64 {
    if n < 16.0 {
        let factorial: f64 = (1..=n as u32).map(f64::from).product();
        return factorial.ln() - (TAU * n).ln() / 2.0 - n * n.ln() + n;
    }
    let square = (n * n).recip();
    // 1/12n - 1/360n^3 + 1/1260n^5 - 1/1680n^7 + 1/1188n^9
    let mut sum = 0.0;
    for term in [1188.0, -1680.0, 1260.0, -360.0, 12.0_f64] {
        sum = sum * square + term.recip();
    }
    sum / n
}

/// *x* ln(*x* / *m*) + *m* - *x*, by a series where these nearly cancel.
fn deviance(x: f64, m: f64) -> f64 {
    let difference = x - m;
    if difference.abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() - difference;
    }
    let v = difference / (x + m);
    let (mut sum, mut power, mut j) = (difference * v, 2.0 * x * v, 1.0);
    loop {
        power *= v * v;
        let next = sum + power / (2.0 * j + 1.0);
        if next == sum {
            return sum;
        }
        (sum, j) = (next, j + 1.0);
    }
}
