//! Recurrent networks, unrolled through time: a layer of the log is one stacked layer at
//! one position, and all positions of a stacked layer share its parameters.

mod gru;
mod lstm;
mod rnn;

pub use gru::Gru;
pub use lstm::Lstm;
pub use rnn::Rnn;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Along, Blueprint, NetworkSpec, Setting, Unused};
use crate::base::family::family;
use crate::base::{Conflict, Scalar};
use crate::graph::{GraphBuilder, NodeId, Origin, ValueId};
use crate::init::Init;
use crate::layer::Role;
use crate::layer::linear::{Linear, LinearBlock};
use crate::layer::positions::{AtPosition, MeanPositions, Zeros};
use crate::readout::Readout;

/// A recurrent network: `depth` stacked layers of `width` units over the positions of a sequence, from a state of zeros (torch.nn.RNN, LSTM, GRU), then a linear output layer. Elman 1990, doi:10.1207/s15516709cog1402_1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recurrent {
    /// What a layer is made of.
    pub cell: Cell,
    /// How each gate's square map of the state before is drawn; absent = as `init` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrent_init: Option<Init>,
    /// Added to the start of the forget gate's bias (lstm): 1 to 3 lets the state last.
    #[serde(default)]
    pub forget_bias: f64,
}

family! {
    /// What a recurrent layer is made of.
    pub enum Cell {
        Rnn = "rnn",
        Lstm = "lstm",
        Gru = "gru",
    }
    /// The cell itself.
    fn unit<T> -> Unit<T>;
}

/// A cell at one position, when both its maps have been added.
pub struct Moment<'a> {
    /// The network.
    pub network: &'a NetworkSpec,
    /// The layer of the log.
    pub number: usize,
    /// Units.
    pub width: usize,
    /// W_ih·x + b_ih, the gates side by side.
    pub of_input: ValueId,
    /// W_hh·h' + b_hh, likewise.
    pub of_state: ValueId,
    /// What the cell remembers.
    pub before: CellState,
}

/// What a cell hands on to the next position.
#[derive(Clone, Copy)]
pub struct CellState {
    /// What it shows, [batch, width].
    pub h: ValueId,
    /// What it keeps to itself (lstm), [batch, width]; else as h.
    pub c: ValueId,
}

/// A kind of cell.
pub trait Unit<T: Scalar> {
    /// Its gates, and for each what is added to the start of its bias.
    fn gates(&self, forget_bias: f64) -> Vec<f64>;

    /// Why the network's activation is not its φ; `None` where it is.
    fn own_activation(&self) -> Option<&'static str> {
        None
    }

    /// Adds what follows the two maps, and says what is logged of it.
    fn add(&self, graph: &mut GraphBuilder<T>, at: Moment) -> CellState;
}

impl<T: Scalar> Blueprint<T> for Recurrent {
    fn unused(&self) -> Vec<Unused> {
        let own = self.cell.unit::<T>().own_activation();
        let own = own.map(|why| Unused {
            key: "activation",
            why,
            instead: "use `cell = \"rnn\"`, which has any activation",
        });
        // Through time one map is applied again and again: what stands between two layers of
        // an MLP would stand between two time steps.
        let common = [
            Unused::new("encoding", "each position is read as it is"),
            Unused::new(
                "norm",
                "its time steps share one map, and no norm stands between them",
            ),
            Unused::new(
                "skip",
                "its state runs through time without one; an LSTM adds to its state, which is the skip here",
            ),
            Unused::new(
                "dropout",
                "a state that is set to 0 in part at every time step would not last",
            ),
            Unused::new("order", "the order of the parts is the cell's"),
        ];
        own.into_iter().chain(common).collect()
    }

    fn has_activation(&self) -> bool {
        self.cell.unit::<T>().own_activation().is_none()
    }

    fn along(&self) -> Along {
        Along::Time
    }

    fn readout(&self) -> Option<Readout> {
        Some(Readout::Last)
    }

    fn check(&self, network: &NetworkSpec) -> Option<Conflict> {
        let at = |key: &str| format!("network.architecture.recurrent.{key}");
        if self.forget_bias != 0.0 && self.cell != Cell::Lstm(Lstm {}) {
            let cell = self.cell.name();
            return Some(Conflict::new(
                &[&at("forget_bias"), &at("cell")],
                format!("`forget_bias` with `cell` = {cell}, which has no forget gate"),
                "only with cell = \"lstm\"",
                "remove `forget_bias`, or use `cell = \"lstm\"`",
            ));
        }
        let by_data = |init: &Init| init.initializer().is_data_dependent();
        let key = if by_data(&network.init) {
            "network.init".to_owned()
        } else if self.recurrent_init.as_ref().is_some_and(by_data) {
            at("recurrent_init")
        } else {
            return None;
        };
        Some(Conflict::new(
            &[&key, "network.architecture"],
            format!(
                "`{key}` = lsuv scales layers one after the other, which maps shared through time are not"
            ),
            "another init here",
            "use `orthogonal`, or another init",
        ))
    }

    fn layers(&self, network: &NetworkSpec, positions: usize) -> usize {
        let hidden = network.depth.saturating_mul(positions);
        hidden.saturating_add(1)
    }

    fn build(
        &self,
        network: &NetworkSpec,
        setting: &Setting,
        graph: &mut GraphBuilder<T>,
        input: ValueId,
    ) -> ValueId {
        let positions = graph.positions(input);
        let (width, all) = (graph.width(input), positions);
        let mut sequence: Vec<_> = (0..positions)
            .map(|at| {
                let part = AtPosition {
                    width,
                    positions: all,
                    at,
                };
                graph.add(at + 1, part, &[input])
            })
            .collect();
        for l in 1..=network.depth {
            sequence = self.layer(network, graph, l, &sequence);
        }
        let number = graph.begin_layer("output".into(), None);
        let read = match network.readout() {
            Some(Readout::Every) => graph.join_positions(number, sequence),
            Some(Readout::Mean) => {
                let all = graph.join_positions(number, sequence);
                let mean = MeanPositions {
                    width: graph.width(all),
                    positions,
                };
                graph.add(number, mean, &[all])
            }
            _ => sequence[positions - 1],
        };
        let bias = network.bias.then_some(Role::Bias);
        let linear = Linear::new(graph.width(read), setting.outputs, bias);
        let origin = Origin::layer(network.depth + 1);
        let output = graph.add_drawn(number, origin, linear, &[read]);
        let node = graph.last();
        let info = graph.info(number);
        (info.z, info.h, info.params) = (vec![output], output, vec![node]);
        output
    }
}

impl Recurrent {
    /// Gates of a cell, one below the other in its maps.
    pub fn gates(&self) -> usize {
        self.cell.unit::<f64>().gates(self.forget_bias).len()
    }

    /// Stacked layer `l` over the positions of `sequence`; returns its h at each.
    fn layer<T: Scalar>(
        &self,
        network: &NetworkSpec,
        graph: &mut GraphBuilder<T>,
        l: usize,
        sequence: &[ValueId],
    ) -> Vec<ValueId> {
        let unit = self.cell.unit::<T>();
        let width = network.width.of(l);
        let gates = unit.gates(self.forget_bias);
        let blocks = |shifts: &[f64]| -> Vec<LinearBlock> {
            let gain = 1.0;
            let block = |&shift| LinearBlock { gain, shift };
            shifts.iter().map(block).collect()
        };
        let map = |fan_in: usize, names, blocks| {
            let bias = network.bias.then_some(Role::Bias);
            Linear {
                names,
                blocks,
                ..Linear::new(fan_in, gates.len() * width, bias)
            }
        };
        let mut state = None;
        let mut maps: Option<[NodeId; 2]> = None;
        let mut shown = Vec::with_capacity(sequence.len());
        for (t, &x) in sequence.iter().enumerate() {
            let position = (l == network.depth).then_some(t as u32 + 1);
            let number = graph.begin_layer(format!("hidden_{l}.{}", t + 1), position);
            let before = state.unwrap_or_else(|| {
                let zeros = graph.add(number, Zeros { width }, &[x]);
                CellState { h: zeros, c: zeros }
            });
            let of_input = map(graph.width(x), ["weight_ih", "bias_ih"], blocks(&gates));
            let unshifted = blocks(&vec![0.0; gates.len()]);
            let of_state = map(width, ["weight_hh", "bias_hh"], unshifted);
            let mut add = |linear, read, k: usize, origin| {
                let z = match maps {
                    Some(first) => graph.add_sharing(number, linear, &[read], first[k]),
                    None => graph.add_drawn(number, origin, linear, &[read]),
                };
                (z, graph.last())
            };
            let recurrent = Origin {
                init: self.scheme(network),
                ..Origin::layer(l).with_purpose("init recurrent")
            };
            let (of_input, input_node) = add(of_input, x, 0, Origin::layer(l));
            let (of_state, state_node) = add(of_state, before.h, 1, recurrent);
            maps = maps.or(Some([input_node, state_node]));
            let at = Moment {
                network,
                number,
                width,
                of_input,
                of_state,
                before,
            };
            let after = unit.add(graph, at);
            let info = graph.info(number);
            (info.h, info.params) = (after.h, vec![input_node, state_node]);
            info.shares_params = true;
            shown.push(after.h);
            state = Some(after);
        }
        shown
    }

    /// How the maps of the state are drawn, if not by the network's init.
    fn scheme(&self, network: &NetworkSpec) -> Option<Init> {
        let init = self.recurrent_init.as_ref()?;
        let scheme = init.for_activation(&network.activation);
        Some(scheme.unwrap_or_else(|problem| panic!("{problem}")))
    }
}
