//! One measured figure and its bounds.

use std::fmt;

/// On which side of its bounds a figure must lie.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    AtLeast,
    AtMost,
}

pub(crate) struct Figure {
    pub(crate) id: &'static str,
    pub(crate) value: f64,
    pub(crate) bound: Bound,
    pub(crate) gate: f64,
    pub(crate) goal: f64,
}

impl Figure {
    /// A value that could not be measured misses.
    pub(crate) fn passes(&self) -> bool {
        match self.bound {
            Bound::AtLeast => self.value >= self.gate,
            Bound::AtMost => self.value <= self.gate,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op = match self.bound {
            Bound::AtLeast => ">=",
            Bound::AtMost => "<=",
        };
        let Self {
            id,
            value,
            gate,
            goal,
            ..
        } = self;
        // Cut and not rounded: no figure reaches a bound by being printed.
        let value = match self.bound {
            Bound::AtLeast => (value * 1000.0).floor() / 1000.0,
            Bound::AtMost => (value * 1000.0).ceil() / 1000.0,
        };
        write!(f, "{id} {value} gate {op}{gate} goal {op}{goal}")
    }
}
