//! Where the time of a step goes.

use std::time::Instant;

/// A part of a training step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Matrix products, bias included.
    Products,
    /// Activation functions, forward and backward, and their statistics.
    Activations,
    /// Norms of gradients.
    Norms,
    /// The optimizer, with the weights' norms.
    Update,
    /// Everything else: normalisation, skips, loss, batches, waiting.
    Other,
}

/// Seconds spent in the parts of training steps, summed over the threads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PhaseTimes {
    /// See [`Phase::Products`].
    pub products: f64,
    /// See [`Phase::Activations`].
    pub activations: f64,
    /// See [`Phase::Norms`].
    pub norms: f64,
    /// See [`Phase::Update`].
    pub update: f64,
    /// See [`Phase::Other`].
    pub other: f64,
}

impl PhaseTimes {
    fn of(&mut self, phase: Phase) -> &mut f64 {
        match phase {
            Phase::Products => &mut self.products,
            Phase::Activations => &mut self.activations,
            Phase::Norms => &mut self.norms,
            Phase::Update => &mut self.update,
            Phase::Other => &mut self.other,
        }
    }
}

impl std::iter::Sum for PhaseTimes {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self {
            products: a.products + b.products,
            activations: a.activations + b.activations,
            norms: a.norms + b.norms,
            update: a.update + b.update,
            other: a.other + b.other,
        })
    }
}

/// Measures the phases of one thread's work, if it is switched on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stopwatch {
    times: Option<PhaseTimes>,
    last: Option<Instant>,
}

impl Stopwatch {
    /// A stopwatch that measures, or one that does nothing.
    pub fn new(is_on: bool) -> Self {
        Self {
            times: is_on.then(PhaseTimes::default),
            last: None,
        }
    }

    /// What it has measured.
    pub fn times(&self) -> PhaseTimes {
        self.times.unwrap_or_default()
    }

    /// A phase begins.
    #[inline]
    pub fn start(&mut self) {
        if self.times.is_some() {
            self.last = Some(Instant::now());
        }
    }

    /// The phase ends, and the next one begins.
    #[inline]
    pub fn lap(&mut self, phase: Phase) {
        if let (Some(times), Some(last)) = (&mut self.times, self.last) {
            let now = Instant::now();
            *times.of(phase) += (now - last).as_secs_f64();
            self.last = Some(now);
        }
    }
}
