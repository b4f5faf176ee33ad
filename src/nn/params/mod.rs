//! The parameters of one layer: their start, their gradient, their update.

mod draw;
mod gradient;

use std::ops::Range;

use crate::base::squares::{Squares, sum_of_squares};
use crate::base::team::Team;
use crate::base::{Scalar, simd};
use crate::graph::{Origin, ParamsUse};
use crate::init::Init;
use crate::layer::{Parameters, TensorShape};
use crate::measure::{ParamSums, TensorSums};
use crate::node_shards::NodeShards;
use crate::optim::{Optimizer, Slices, StepInfo, UpdateSquares};
use crate::times::{Phase, Stopwatch};

use gradient::{gradient_sums, node_gradient};

/// How the parameters of a network get their start.
#[derive(Clone, Copy)]
pub struct Draw<'a> {
    /// How weights are drawn; already what it comes to for the network's φ
    /// ([`Init::for_activation`]).
    pub init: &'a Init,
    /// The run's seed.
    pub seed: u64,
    /// Who draws; the numbers do not depend on it.
    pub team: &'a Team,
}

/// The parameters of one layer with their gradients and optimizer state, each
/// in one flat buffer; the weight matrix, if there is one, comes first.
pub struct LayerParams<T> {
    /// What its tensors are called and how they are drawn.
    pub origin: Origin,
    /// The node it belongs to, the first of those that share it.
    pub node: usize,
    /// The other ones, in forward order.
    sharers: Vec<usize>,
    /// Sums over what the first node and each sharer add to the gradient, at the last
    /// step that observed; empty without sharers.
    sharers_sums: Vec<ParamSums>,
    /// One sharer's part of the gradient; empty without sharers.
    addend: Vec<T>,
    /// Its tensors, trained ones first.
    pub tensors: Vec<TensorShape>,
    /// Trained tensors.
    pub trained: Vec<T>,
    /// Running averages.
    pub running: Vec<T>,
    /// ∂L/∂trained, as [`Self::compute_gradient`] left it; empty before it.
    pub gradient: Vec<T>,
    /// What earlier batches add to it; empty unless one is held ([`Self::hold`]).
    held: Vec<T>,
    /// Sums over them at the last step.
    pub sums: ParamSums,
    /// Sums over each of its trained tensors at the last step; empty unless they are
    /// asked for ([`Self::measure_tensors`]).
    pub tensor_sums: Vec<TensorSums>,
    /// Where its time goes.
    pub watch: Stopwatch,
    /// The optimizer's; empty before the first update.
    state: Vec<T>,
    /// Length of the first tensor, which is far away in memory.
    weight_len: usize,
}

impl<T: Scalar> LayerParams<T> {
    /// The parameters `tensors` of the nodes that `params` names, to be drawn.
    pub fn new(params: &ParamsUse, tensors: Vec<TensorShape>) -> Self {
        Self {
            origin: params.origin.clone(),
            node: params.nodes[0],
            sharers: params.nodes[1..].to_vec(),
            sharers_sums: Vec::new(),
            addend: Vec::new(),
            weight_len: tensors[0].len(),
            tensors,
            trained: Vec::new(),
            running: Vec::new(),
            gradient: Vec::new(),
            held: Vec::new(),
            sums: ParamSums::default(),
            tensor_sums: Vec::new(),
            watch: Stopwatch::default(),
            state: Vec::new(),
        }
    }

    /// Length of the first tensor.
    pub fn weight_len(&self) -> usize {
        self.weight_len
    }

    /// From now on every trained tensor is measured by itself. To be asked for before
    /// the first update: it decides how the optimizer's state is laid out.
    pub fn measure_tensors(&mut self) {
        let trained = pieces(&self.tensors).map(|(piece, _)| piece + 1).max();
        self.tensor_sums = vec![TensorSums::default(); trained.unwrap_or(0)];
    }

    /// What an update reads and writes besides the gradient: the trained tensors, the
    /// optimizer's state.
    pub fn updated(&self) -> [&[T]; 2] {
        [&self.trained, &self.state]
    }

    /// Takes up an optimizer's state that was put down.
    pub fn set_state(&mut self, state: Vec<T>) {
        self.state = state;
    }

    /// What a layer needs to know of its parameters.
    pub fn parameters(&self) -> Parameters<'_, T> {
        Parameters {
            trained: &self.trained,
            running: &self.running,
        }
    }

    /// Sums over its parameters as node `n` uses them: what the node adds to the
    /// gradient, where several do.
    pub fn sums_of(&self, n: usize) -> ParamSums {
        let mut nodes = [self.node].into_iter().chain(self.sharers.iter().copied());
        let place = nodes.position(|node| node == n);
        match place.and_then(|place| self.sharers_sums.get(place)) {
            Some(part) => ParamSums {
                weight_squares: self.sums.weight_squares,
                update_squares: self.sums.update_squares,
                ..*part
            },
            None => self.sums,
        }
    }

    /// Computes the gradient from all shards, and its sums while it is in the
    /// cache; `observe` looks at its entries too.
    pub fn compute_gradient(&mut self, shards: NodeShards<T>, observe: bool) {
        let mut gradient = std::mem::take(&mut self.gradient);
        // Claimed now, since most networks never need it.
        gradient.resize(self.trained.len(), T::zero());
        self.differentiate(shards, observe, &mut gradient);
        self.gradient = gradient;
    }

    /// One step of the optimizer along the gradient computed last, scaled by
    /// `clip` first.
    pub fn update(&mut self, optimizer: &Optimizer<T>, info: &StepInfo, clip: T) {
        let gradient = std::mem::take(&mut self.gradient);
        self.descend(optimizer, info, clip, &gradient);
        self.gradient = gradient;
    }

    /// [`Self::compute_gradient`] and, if `update` says how and the gradient is
    /// finite, [`Self::update`] and the running averages in one: the gradient
    /// never leaves the cache, and is not kept. Says whether it is finite.
    pub fn step(
        &mut self,
        shards: NodeShards<T>,
        observe: bool,
        update: Option<(&Optimizer<T>, &StepInfo)>,
    ) -> bool {
        T::with_gradient_buffer(self.trained.len(), |gradient| {
            self.differentiate(shards, observe, gradient);
            let is_finite = self.sums.grad_squares().is_finite();
            if let Some((optimizer, info)) = update
                && is_finite
            {
                self.descend(optimizer, info, T::one(), gradient);
                shards.advance(&mut self.running);
            }
            is_finite
        })
    }

    /// Holds the gradient computed last, to be added to the next ones.
    pub fn hold(&mut self) {
        std::mem::swap(&mut self.held, &mut self.gradient);
    }

    /// Holds no gradient, but the memory for it.
    pub fn release(&mut self) {
        self.held.clear();
    }

    /// Clamps every trained value to ±`limit` after an update from `before`, which is lost:
    /// the update's size then counts the clamping.
    pub fn clamp(&mut self, limit: f64, before: &mut [T]) {
        let (low, high) = (T::from_f64(-limit), T::from_f64(limit));
        for (value, before) in self.trained.iter_mut().zip(&mut *before) {
            // What is not a number stays so.
            if *value < low {
                *value = low;
            } else if *value > high {
                *value = high;
            }
            *before = *value - *before;
        }
        let weight = 0..self.weight_len();
        self.sums.update_squares = Some(sum_of_squares(&before[weight]));
        if self.tensor_sums.is_empty() {
            return;
        }
        for sums in &mut self.tensor_sums {
            sums.update_squares = Some(Squares::default());
        }
        for (piece, span) in pieces(&self.tensors) {
            let sums = &mut self.tensor_sums[piece];
            let squares = sum_of_squares(&before[span]);
            sums.update_squares = sums.update_squares.map(|sum| sum + squares);
        }
    }

    fn differentiate(&mut self, shards: NodeShards<T>, observe: bool, gradient: &mut [T]) {
        self.watch.start();
        node_gradient(shards, gradient);
        if !self.sharers.is_empty() {
            self.add_sharers(shards, observe, gradient);
        }
        if !self.held.is_empty() {
            simd::write_or_add(gradient, true, self.held.iter().copied());
        }
        self.watch.lap(Phase::Products);
        self.sums = ParamSums {
            weight_squares: self.sums.weight_squares,
            ..gradient_sums(gradient, self.weight_len(), observe)
        };
        self.measure_gradients(gradient);
        self.watch.lap(Phase::Norms);
    }

    /// The tensors' sums over `gradient`, if they are measured.
    fn measure_gradients(&mut self, gradient: &[T]) {
        if self.tensor_sums.is_empty() {
            return;
        }
        for sums in &mut self.tensor_sums {
            sums.update_squares = None;
            sums.grad_squares = Squares::default();
        }
        let (whole, squares) = (0..self.weight_len(), self.sums.weight_grad_squares);
        for (piece, span) in pieces(&self.tensors) {
            let sums = &mut self.tensor_sums[piece];
            // The same sum, to the last bit.
            sums.grad_squares += if span == whole {
                squares
            } else {
                sum_of_squares(&gradient[span])
            };
        }
    }

    /// Adds to `gradient`, the first node's part, what the other nodes add.
    fn add_sharers(&mut self, shards: NodeShards<T>, observe: bool, gradient: &mut [T]) {
        // Claimed now, and a no-op ever after.
        self.addend.resize(gradient.len(), T::zero());
        let weight_len = self.weight_len();
        let parts = 1 + self.sharers.len();
        self.sharers_sums.resize(parts, ParamSums::default());
        if observe {
            self.sharers_sums[0] = gradient_sums(gradient, weight_len, observe);
        }
        for (k, &n) in self.sharers.iter().enumerate() {
            node_gradient(NodeShards { n, ..shards }, &mut self.addend);
            if observe {
                self.sharers_sums[k + 1] = gradient_sums(&self.addend, weight_len, observe);
            }
            simd::write_or_add(gradient, true, self.addend.iter().copied());
        }
    }

    fn descend(&mut self, optimizer: &Optimizer<T>, info: &StepInfo, clip: T, gradient: &[T]) {
        self.watch.start();
        // Claimed at the first update, and a no-op ever after.
        self.state
            .resize(self.trained.len() * optimizer.states_per_param(), T::zero());
        let squares = if self.tensor_sums.is_empty() {
            self.descend_at_once(optimizer, info, clip, gradient)
        } else {
            self.descend_by_tensor(optimizer, info, clip, gradient)
        };
        self.sums.weight_squares = squares.params;
        self.sums.update_squares = Some(squares.update);
        self.watch.lap(Phase::Update);
    }

    /// Updates everything, measuring the weight alone.
    fn descend_at_once(
        &mut self,
        optimizer: &Optimizer<T>,
        info: &StepInfo,
        clip: T,
        gradient: &[T],
    ) -> UpdateSquares {
        let weight = self.weight_len();
        let (params, other_params) = self.trained.split_at_mut(weight);
        let (grads, other_grads) = gradient.split_at(weight);
        let states = weight * optimizer.states_per_param();
        let (state, other_state) = self.state.split_at_mut(states);
        let weights = Slices {
            params,
            grads,
            state,
        };
        let others = Slices {
            params: other_params,
            grads: other_grads,
            state: other_state,
        };
        optimizer.step_both(info, clip, weights, others)
    }

    /// Updates tensor by tensor, measuring each; gives back what was measured of the
    /// weight.
    fn descend_by_tensor(
        &mut self,
        optimizer: &Optimizer<T>,
        info: &StepInfo,
        clip: T,
        gradient: &[T],
    ) -> UpdateSquares {
        let (weight, states) = (self.weight_len(), optimizer.states_per_param());
        let mut of_weight = UpdateSquares::default();
        for sums in &mut self.tensor_sums {
            (sums.squares, sums.update_squares) = Default::default();
        }
        for (piece, span) in pieces(&self.tensors) {
            let squares = optimizer.step(
                info,
                clip,
                &mut self.trained[span.clone()],
                &gradient[span.clone()],
                &mut self.state[states * span.start..states * span.end],
            );
            let sums = &mut self.tensor_sums[piece];
            sums.squares += squares.params;
            sums.update_squares = Some(sums.update_squares.unwrap_or_default() + squares.update);
            if span.start < weight {
                of_weight += squares;
            }
        }
        of_weight
    }

    /// Σ W² for a step after which no update is made. If this layer's has been
    /// made all the same, the sum before it stands.
    pub fn measure_weight(&mut self) {
        if self.sums.update_squares.take().is_none() {
            self.sums.weight_squares = sum_of_squares(&self.trained[..self.weight_len()]);
            for sums in &mut self.tensor_sums {
                sums.squares = Squares::default();
            }
            if !self.tensor_sums.is_empty() {
                for (piece, span) in pieces(&self.tensors) {
                    self.tensor_sums[piece].squares += sum_of_squares(&self.trained[span]);
                }
            }
        }
        let tensors = self.tensor_sums.iter_mut();
        tensors.for_each(|sums| sums.update_squares = None);
    }
}

/// Where among the trained values each tensor lies that is told of by itself, with its
/// number: a block of columns a row at a time.
fn pieces(tensors: &[TensorShape]) -> impl Iterator<Item = (usize, Range<usize>)> {
    let trained = tensors.iter().filter(|tensor| tensor.is_trained());
    let places = trained.scan((0, 0), |(piece, end), tensor| {
        let place = (*piece, *end);
        *piece += tensor.parts.len().max(1);
        *end += tensor.len();
        Some((place, tensor))
    });
    places.flat_map(|((piece, start), tensor)| {
        let parts = tensor.parts.len().max(1);
        let rows = if parts == 1 { 1 } else { tensor.shape[0] };
        let length = tensor.len() / (rows * parts);
        (0..rows * parts).map(move |k| {
            let first = start + k * length;
            (piece + k % parts, first..first + length)
        })
    })
}
