//! The transformer: attention and a feed-forward network in turn.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Blueprint, NetworkSpec, Setting};
use crate::base::family::member;
use crate::base::{Conflict, Scalar};
use crate::nn::graph::{GraphBuilder, NodeId, Origin, ValueId};
use crate::nn::layer::Role;
use crate::nn::layer::activate::Activate;
use crate::nn::layer::attention::Attention;
use crate::nn::layer::dropout::Dropout;
use crate::nn::layer::linear::{Linear, LinearBlock};
use crate::nn::layer::position_encoding::{Encoding, PositionEncoding};
use crate::nn::layer::positions::{AtPosition, MeanPositions};
use crate::nn::layer::residual_add::{BranchScale, ResidualAdd};
use crate::nn::norm::{Norm, Over};
use crate::nn::readout::Readout;
use crate::nn::skip::{Deepnorm, Identity, Junction, Skip};
use crate::nn::width::Width;

member! {
    /// A transformer over the positions of a sequence: `depth` blocks of multi-head self-attention and a feed-forward network of `width` units, then a linear output layer. Vaswani et al. 2017, arXiv:1706.03762.
    pub struct Transformer {
        /// Heads of attention; they divide the width.
        #[schemars(range(min = 1))]
        heads: usize = 4,
        /// Units of a feed-forward network's inner layer, in widths.
        #[schemars(range(min = 1))]
        feedforward: usize = 4,
        /// Where the norm stands: before attention and feed-forward network, inside the skip, or after it.
        norm_position: NormPosition = NormPosition::Pre,
        /// How positions are told apart.
        position_encoding: PositionKind = PositionKind::Learned,
        /// Whether a position looks at itself and earlier ones only.
        causal: bool = false,
    }
}

/// Where the norm stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NormPosition {
    /// x + f(norm(x)), and a last norm before the readout. Xiong et al. 2020, arXiv:2002.04745.
    Pre,
    /// norm(x + f(x)).
    Post,
}

/// How positions are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PositionKind {
    /// A trained vector for each.
    Learned,
    /// Sines and cosines.
    Sinusoidal,
    /// Not at all.
    None,
}

/// Standard deviation of the start of trained position encodings.
const POSITION_STD: f64 = 0.02;

impl<T: Scalar> Blueprint<T> for Transformer {
    fn unused(&self) -> &'static [&'static str] {
        &["encoding", "order"]
    }

    fn readout(&self) -> Option<Readout> {
        Some(Readout::Mean)
    }

    fn check(&self, network: &NetworkSpec) -> Option<Conflict> {
        self.width(network)
            .or_else(|| self.norm(network))
            .or_else(|| self.skip(network))
            .or_else(|| init(network))
    }

    fn layers(&self, network: &NetworkSpec, _positions: usize) -> usize {
        network.depth.saturating_mul(2).saturating_add(2)
    }

    fn build(
        &self,
        network: &NetworkSpec,
        setting: &Setting,
        graph: &mut GraphBuilder<T>,
        input: ValueId,
    ) -> ValueId {
        let mut assembly = Assembly {
            graph,
            network,
            setting,
            blocks: self,
            positions: setting.positions,
            width: network.width.of(1),
        };
        let mut x = assembly.embedding(input);
        for b in 1..=network.depth {
            x = assembly.attention(b, x);
            x = assembly.feed_forward(b, x);
        }
        assembly.output(x)
    }
}

impl Transformer {
    fn width(&self, network: &NetworkSpec) -> Option<Conflict> {
        if matches!(network.width, Width::PerLayer(_)) {
            return Some(Conflict::new(
                &["network.width", "network.architecture"],
                "`network.width` is a list, and a transformer's blocks have one width",
                "expected one integer",
                "give one width",
            ));
        }
        let (width, heads) = (network.width.of(1), self.heads);
        (!width.is_multiple_of(heads)).then(|| {
            Conflict::new(
                &["network.architecture.transformer.heads", "network.width"],
                format!("{heads} heads do not divide `network.width` = {width}"),
                "expected a divisor of the width",
                "change `heads` or `width`",
            )
        })
    }

    fn norm(&self, network: &NetworkSpec) -> Option<Conflict> {
        matches!(network.norm, Norm::Batch(_)).then(|| {
            Conflict::new(
                &["network.norm", "network.architecture"],
                "`network.norm` = batch in a transformer",
                "expected \"none\", \"layer\" or \"rms\" here",
                "use `norm = \"layer\"`",
            )
        })
    }

    fn skip(&self, network: &NetworkSpec) -> Option<Conflict> {
        let name = network.skip.name();
        match &network.skip {
            Skip::Deepnorm(_)
                if self.norm_position == NormPosition::Pre
                    || matches!(network.norm, Norm::NoNorm(_)) =>
            {
                Some(Conflict::new(
                    &[
                        "network.skip",
                        "network.architecture.transformer.norm_position",
                        "network.norm",
                    ],
                    "`network.skip` = deepnorm needs a norm after the skip",
                    "expected norm_position = \"post\" and a norm with it",
                    "set `norm_position = \"post\"` and `norm = \"layer\"`",
                ))
            }
            Skip::Identity(Identity { every: 1, .. })
            | Skip::NoSkip(_)
            | Skip::Rezero(_)
            | Skip::Deepnorm(_) => None,
            Skip::Identity(_) => Some(Conflict::new(
                &["network.skip.identity.every", "network.architecture"],
                "`every` in a transformer, where each attention and each feed-forward network has a skip of its own",
                "expected 1 here",
                "remove `every`",
            )),
            _ => Some(Conflict::new(
                &["network.skip", "network.architecture"],
                format!("`network.skip` = {name} in a transformer"),
                "expected \"none\", \"identity\", \"rezero\" or \"deepnorm\" here",
                "use `skip = \"identity\"`",
            )),
        }
    }
}

fn init(network: &NetworkSpec) -> Option<Conflict> {
    let is_data_dependent = network.init.initializer().is_data_dependent();
    is_data_dependent.then(|| {
        Conflict::new(
            &["network.init", "network.architecture"],
            "`network.init` = lsuv scales layers one after the other, which a transformer's maps are not",
            "another init here",
            "use `xavier_normal`, or another init",
        )
    })
}

/// A transformer in the making.
struct Assembly<'a, T> {
    graph: &'a mut GraphBuilder<T>,
    network: &'a NetworkSpec,
    setting: &'a Setting,
    blocks: &'a Transformer,
    positions: usize,
    width: usize,
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
    fn embedding(&mut self, input: ValueId) -> ValueId {
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
        let (positions, width) = (self.positions, self.width);
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

    fn attention(&mut self, block: usize, x: ValueId) -> ValueId {
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
            positions: self.positions,
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

    fn feed_forward(&mut self, block: usize, x: ValueId) -> ValueId {
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

    fn output(&mut self, x: ValueId) -> ValueId {
        let number = self.graph.begin_layer("output".into(), None);
        let x = match self.blocks.norm_position {
            NormPosition::Pre => self.normalised(number, x),
            NormPosition::Post => x,
        };
        let (width, positions) = (self.width, self.positions);
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
