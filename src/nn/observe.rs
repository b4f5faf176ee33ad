//! What a network tells of its last step: each layer's sums, and where
//! something stopped being finite.

use crate::activation::PerRule;
use crate::base::Scalar;
use crate::base::squares::{Squares, sum_of_squares};
use crate::measure::{InactiveUnits, LayerSums, ParamSums, PhiSums, TensorRecord, TensorSums};
use crate::network::Network;
use crate::params::LayerParams;

impl<T: Scalar> Network<T> {
    /// The sums of layer `l` (from 1) at the last pass that observed, for the update
    /// made after it if one was made.
    pub fn sums(&self, l: usize) -> LayerSums {
        let layer = &self.graph.layers[l - 1];
        let of_map = |n: &usize| {
            let i = self.params_of[*n].expect("a linear map has weights");
            self.layer_params[i].sums_of(*n)
        };
        let params = layer.params.iter().map(of_map).reduce(ParamSums::joined);
        LayerSums {
            activation_grad: self.grad_squares(layer.h),
            cell_grad: layer.cell.map(|c| self.grad_squares(c)),
            delta: layer.z.iter().map(|z| self.grad_squares(*z)).sum(),
            params: params.map(|sums| ParamSums {
                update_squares: sums.update_squares.filter(|_| !layer.shares_params),
                ..sums
            }),
            phi: layer.phi.and_then(|n| self.phi_sums(n)),
        }
    }

    /// From now on every trained tensor is measured by itself, which numbers of
    /// [`Self::sums`] it does not change; gives back the tensors, layer after layer.
    pub fn measure_tensors(&mut self) -> Vec<TensorRecord> {
        let graph = &self.graph;
        let records = self.layer_params.iter_mut().flat_map(|params| {
            params.measure_tensors();
            let layer = graph.nodes[params.node].number;
            let trained = params.tensors.iter().filter(|tensor| tensor.is_trained());
            let names = trained.flat_map(|tensor| {
                let whole = format!("{}.{}", params.origin.name, tensor.name);
                match tensor.parts {
                    [] => vec![whole],
                    parts => parts.iter().map(|part| format!("{whole}.{part}")).collect(),
                }
            });
            let records = names.map(|name| TensorRecord {
                layer,
                name,
                sums: TensorSums::default(),
            });
            records.collect::<Vec<_>>()
        });
        records.collect()
    }

    /// The sums of these tensors, all that [`Self::measure_tensors`] gave, at the last
    /// step.
    pub fn tensor_sums(&self, records: &mut [TensorRecord]) {
        let params = self.layer_params.iter();
        let sums = params.flat_map(|params| &params.tensor_sums);
        let slots = records.iter_mut();
        slots.zip(sums).for_each(|(slot, sums)| slot.sums = *sums);
    }

    /// Σ (∂L/∂value)² over the batch.
    fn grad_squares(&self, v: usize) -> Squares {
        self.chunks().map(|chunk| chunk.grad_squares[v]).sum()
    }

    /// Over the activation node `n`; `None` if the last pass did not look.
    fn phi_sums(&self, n: usize) -> Option<PhiSums> {
        let mut sums = PhiSums {
            saturated: Some(0),
            beyond: PerRule::default().map(|()| Some(0)),
            ..PhiSums::default()
        };
        let positions = self.graph.values[self.graph.nodes[n].output].positions;
        let add = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
        for chunk in self.chunks() {
            let of_chunk = &chunk.activations[n];
            sums.values.join(&of_chunk.values);
            sums.rows += chunk.rows.count * positions;
            sums.checked += of_chunk.checked;
            sums.inactive = of_chunk.counts_active.then(InactiveUnits::default);
            sums.units = of_chunk.active_rows.len();
            sums.saturated = add(sums.saturated, of_chunk.saturated);
            sums.beyond = PerRule {
                karpathy: add(sums.beyond.karpathy, of_chunk.beyond.karpathy),
                deep_diagnosis: add(sums.beyond.deep_diagnosis, of_chunk.beyond.deep_diagnosis),
                debugger: add(sums.beyond.debugger, of_chunk.beyond.debugger),
            };
        }
        if sums.values.count == 0.0 {
            return None;
        }
        self.count_units(n, &mut sums);
        Some(sums)
    }

    /// What there is to say of each unit, its chunks together.
    fn count_units(&self, n: usize, sums: &mut PhiSums) {
        /// Units at a time, so that no memory is needed.
        const BLOCK: usize = 64;
        for first in (0..sums.units).step_by(BLOCK) {
            let units = first..sums.units.min(first + BLOCK);
            let mut active = [0; BLOCK];
            let mut totals = [0.0; BLOCK];
            for chunk in self.chunks() {
                let of_chunk = &chunk.activations[n];
                let rows = &of_chunk.active_rows[units.clone()];
                active.iter_mut().zip(rows).for_each(|(a, b)| *a += b);
                let of_units = &of_chunk.unit_sums[units.clone()];
                totals.iter_mut().zip(of_units).for_each(|(a, b)| *a += b);
            }
            let active = &active[..units.len()];
            let is_rare = |rows: &&u32| 100 * (**rows as usize) < sums.rows;
            if let Some(inactive) = &mut sums.inactive {
                inactive.dead += active.iter().filter(|rows| **rows == 0).count();
                inactive.rarely_active += active.iter().filter(is_rare).count();
            }
            sums.unit_sums += sum_of_squares(&totals[..units.len()]);
        }
    }

    /// Σ of the squared gradients of all parameters.
    pub(super) fn param_grad_squares(&self) -> Squares {
        let layer_params = self.layer_params.iter();
        layer_params.map(|params| params.sums.grad_squares()).sum()
    }

    /// Whether all norms of gradients of values are finite.
    pub(super) fn backward_is_finite(&self) -> bool {
        let mut values = 0..self.graph.values.len();
        values.all(|v| self.grad_squares(v).is_finite())
    }

    /// Where something first stopped being finite: on the way forward, else in
    /// the loss, else on the way back. `None` if all is finite.
    pub(super) fn first_non_finite(&self, loss: f64) -> Option<usize> {
        let squares_are_finite = |v: usize| self.grad_squares(v).is_finite();
        let params_are_finite = self.param_grad_squares().is_finite();
        if loss.is_finite() && params_are_finite && self.backward_is_finite() {
            return None;
        }
        let nodes = &self.graph.nodes;
        // Values that are not kept have been overwritten since, but what a
        // layer hands on to the next linear map is kept.
        let is_finite = |v: usize| {
            self.shards
                .iter()
                .all(|shard| shard.value(&self.graph, v).iter().all(|x| x.is_finite()))
        };
        let forward = nodes
            .iter()
            .find(|node| self.graph.values[node.output].is_kept && !is_finite(node.output));
        if let Some(node) = forward {
            return Some(node.number);
        }
        if !loss.is_finite() {
            return Some(self.graph.layers.len());
        }
        let backward = nodes
            .iter()
            .rev()
            .find(|node| !squares_are_finite(node.output));
        let in_params = || {
            let finite = |b: &LayerParams<T>| b.sums.grad_squares().is_finite();
            self.layer_params
                .iter()
                .rev()
                .find(|params| !finite(params))
                .map(|params| nodes[params.node].number)
        };
        // Else only the norm over all layers is infinite.
        let somewhere = backward.map(|node| node.number).or_else(in_params);
        somewhere.or(Some(self.graph.layers.len()))
    }
}
