//! A transformer's layers, one after the other.

use super::{NormPosition, PositionKind, Transformer};
use crate::architecture::{NetworkSpec, Setting};
use crate::base::Scalar;
use crate::graph::{GraphBuilder, NodeId, Origin, ValueId};
use crate::layer::Role;
use crate::layer::activate::Activate;
use crate::layer::attention::Attention;
use crate::layer::dropout::Dropout;
use crate::layer::linear::{Linear, LinearBlock};
use crate::layer::position_encoding::{Encoding, PositionEncoding};
use crate::layer::positions::{AtPosition, MeanPositions};
use crate::layer::residual_add::{BranchScale, ResidualAdd};
use crate::norm::Over;
use crate::readout::Readout;
use crate::skip::{Deepnorm, Junction, Skip};

/// Standard deviation of the start of trained position encodings.
const POSITION_STD: f64 = 0.02;

/// A transformer in the making.
pub(super) struct Assembly<'a, T> {
    /// Where it goes.
    pub graph: &'a mut GraphBuilder<T>,
    /// The keys of `[network]`.
    pub network: &'a NetworkSpec,
    /// What it is built for.
    pub setting: &'a Setting,
    /// The architecture's own keys.
    pub blocks: &'a Transformer,
    /// Units of a block.
    pub width: usize,
}

/// A map within a layer.
struct Map<'a> {
    /// Its layer.
    number: usize,
    /// What its tensors are called, and the purpose of its random numbers.
    names: [&'static str; 2],
    purpose: &'static str,
    fan_out: usize,
    /// The factors on the start of its blocks of columns.
    gains: &'a [f64],
    /// The blocks' names where each is told of by itself.
    parts: &'static [&'static str],
}

impl<T: Scalar> Assembly<'_, T> {
    /// The first layer: a map of every position, and what tells positions apart.
    pub fn embedding(&mut self, input: ValueId) -> ValueId {
        let number = self.graph.begin_layer("embedding".into(), Some(1));
        let map = Map {
            number,
            names: ["weight", "bias"],
            purpose: "init",
            fan_out: self.width,
            gains: &[],
            parts: &[],
        };
        let (z, node) = self.linear(map, input);
        let (positions, width) = (self.setting.positions, self.width);
        let encoding = match self.blocks.position_encoding {
            PositionKind::None => None,
            PositionKind::Sinusoidal => Some(PositionEncoding::sinusoidal(positions, width)),
            PositionKind::Learned => Some(PositionEncoding {
                width,
                positions,
                kind: Encoding::Learned(POSITION_STD),
            }),
        };
        let h = match encoding {
            Some(encoding) => {
                let origin = Origin::layer(number).with_purpose("init position");
                self.graph.add_drawn(number, origin, encoding, &[z])
            }
            None => z,
        };
        let info = self.graph.info(number);
        (info.z, info.h, info.params) = (vec![z], h, vec![node]);
        h
    }

    /// The first half of block `block`, from 1.
    pub fn attention(&mut self, block: usize, x: ValueId) -> ValueId {
        let number = self.begin(format!("attention_{block}"), 2 * block);
        let gain = self.gain();
        let read = self.before(number, x);
        let map = Map {
            number,
            names: ["in_proj.weight", "in_proj.bias"],
            purpose: "init in_proj",
            fan_out: 3 * self.width,
            gains: &[1.0, 1.0, gain],
            parts: &["q", "k", "v"],
        };
        let (all, in_proj) = self.linear(map, read);
        let attention = Attention {
            width: self.width,
            positions: self.setting.positions,
            heads: self.blocks.heads,
            is_causal: self.blocks.causal,
        };
        let shown = self.graph.add(number, attention, &[all]);
        let map = Map {
            number,
            names: ["out_proj.weight", "out_proj.bias"],
            purpose: "init out_proj",
            fan_out: self.width,
            gains: &[gain],
            parts: &[],
        };
        let (f, out_proj) = self.linear(map, shown);
        self.graph.info(number).params = vec![in_proj, out_proj];
        self.after(number, x, f)
    }

    /// The second half of block `block`.
    pub fn feed_forward(&mut self, block: usize, x: ValueId) -> ValueId {
        let number = self.begin(format!("feedforward_{block}"), 2 * block + 1);
        let gain = self.gain();
        let read = self.before(number, x);
        let width = self.blocks.feedforward * self.width;
        let map = Map {
            number,
            names: ["linear1.weight", "linear1.bias"],
            purpose: "init linear1",
            fan_out: width,
            gains: &[gain],
            parts: &[],
        };
        let (inner, linear1) = self.linear(map, read);
        let activate = Activate {
            width,
            activation: self.network.activation.clone(),
        };
        let active = self.graph.add(number, activate, &[inner]);
        let phi = self.graph.last();
        let map = Map {
            number,
            names: ["linear2.weight", "linear2.bias"],
            purpose: "init linear2",
            fan_out: self.width,
            gains: &[gain],
            parts: &[],
        };
        let (f, linear2) = self.linear(map, active);
        let info = self.graph.info(number);
        (info.phi, info.params) = (Some(phi), vec![linear1, linear2]);
        self.after(number, x, f)
    }

    /// The last norm, the readout and the output layer.
    pub fn output(&mut self, x: ValueId) -> ValueId {
        let number = self.graph.begin_layer("output".into(), None);
        let x = match self.blocks.norm_position {
            NormPosition::Pre => self.normalised(number, x),
            NormPosition::Post => x,
        };
        let (width, positions) = (self.width, self.setting.positions);
        let read = match self.network.readout() {
            Some(Readout::Every) => x,
            Some(Readout::Last) => {
                let at = positions - 1;
                let last = AtPosition {
                    width,
                    positions,
                    at,
                };
                self.graph.add(number, last, &[x])
            }
            _ => self
                .graph
                .add(number, MeanPositions { width, positions }, &[x]),
        };
        let map = Map {
            number,
            names: ["weight", "bias"],
            purpose: "init",
            fan_out: self.setting.outputs,
            gains: &[],
            parts: &[],
        };
        let (output, node) = self.linear(map, read);
        let info = self.graph.info(number);
        (info.z, info.h, info.params) = (vec![output], output, vec![node]);
        output
    }

    fn begin(&mut self, name: String, position: usize) -> usize {
        self.graph.begin_layer(name, Some(position as u32))
    }

    /// The factor on the start of values, outputs and feed-forward maps.
    fn gain(&self) -> f64 {
        match self.network.skip {
            Skip::Deepnorm(_) => Deepnorm::gain(self.network.depth),
            _ => 1.0,
        }
    }

    fn linear(&mut self, map: Map, x: ValueId) -> (ValueId, NodeId) {
        let bias = self.network.bias.then_some(Role::Bias);
        let block = |&gain| LinearBlock {
            gain,
            ..LinearBlock::PLAIN
        };
        let linear = Linear {
            names: map.names,
            blocks: map.gains.iter().map(block).collect(),
            parts: map.parts,
            ..Linear::new(self.graph.width(x), map.fan_out, bias)
        };
        let origin = Origin::layer(map.number).with_purpose(map.purpose);
        let z = self.graph.add_drawn(map.number, origin, linear, &[x]);
        (z, self.graph.last())
    }

    fn normalised(&mut self, number: usize, x: ValueId) -> ValueId {
        self.network
            .norm
            .choice()
            .add(self.graph, number, x, Over::Row)
    }

    /// What the branch of layer `number` reads.
    fn before(&mut self, number: usize, x: ValueId) -> ValueId {
        match self.blocks.norm_position {
            NormPosition::Pre => self.normalised(number, x),
            NormPosition::Post => x,
        }
    }

    /// What layer `number` hands on of x and f, and what is logged of it.
    fn after(&mut self, number: usize, x: ValueId, f: ValueId) -> ValueId {
        let mut branch = f;
        if self.network.dropout > 0.0 {
            let dropout = Dropout {
                width: self.width,
                probability: self.network.dropout,
                seed: self.setting.seed,
                layer: number,
            };
            branch = self.graph.add(number, dropout, &[f]);
        }
        let joined = match &self.network.skip {
            Skip::Deepnorm(_) => {
                let sum = ResidualAdd {
                    width: self.width,
                    shortcut: Deepnorm::carry(self.network.depth),
                    scale: BranchScale::Fixed(1.0),
                };
                self.graph.add(number, sum, &[x, branch])
            }
            skip => {
                let at = Junction {
                    layer: number,
                    main: x,
                    branch,
                };
                skip.choice().join(self.graph, at)
            }
        };
        let h = match self.blocks.norm_position {
            NormPosition::Pre => joined,
            NormPosition::Post => self.normalised(number, joined),
        };
        let info = self.graph.info(number);
        (info.z, info.h) = (vec![f], h);
        h
    }
}
