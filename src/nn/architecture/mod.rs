//! The choice of architecture, a file for each, and what they have in common:
//! the keys of `[network]`.

mod along;
mod chain;
mod composed;
mod conv;
mod mlp;
mod recurrent;
mod setting;
mod transformer;
mod unused;

pub use along::Along;
pub use composed::{DISCRIMINATOR, GENERATOR};
pub use conv::Conv;
pub use mlp::Mlp;
pub use recurrent::{Cell, Gru, Lstm, Recurrent, Rnn};
pub use setting::Setting;
pub use transformer::{NormPosition, PositionKind, Transformer};
pub use unused::Unused;
use unused::unused;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::activation::{Activation, Tanh};
use crate::base::compiled::compiled;
use crate::base::family::family;
use crate::base::{Conflict, Scalar, counted};
use crate::encoding::{InputEncoding, NoEncoding};
use crate::graph::{Graph, GraphBuilder, ValueId};
use crate::image::Image;
use crate::init::{Init, XavierNormal};
use crate::norm::{NoNorm, Norm};
use crate::order::Order;
use crate::readout::Readout;
use crate::skip::{NoSkip, Skip};
use crate::width::Width;

family! {
    /// What a network is made of and how its parts hang together.
    pub enum Architecture {
        Mlp = "mlp",
        Conv = "conv",
        Recurrent = "recurrent",
        Transformer = "transformer",
    }
    /// The choice itself.
    fn blueprint<T> -> Blueprint<T>;
}

/// `[network]`: the network, whatever its architecture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Network")]
pub struct NetworkSpec {
    /// What the network is made of.
    // Not written at its default: a baseline of before the key existed still holds.
    #[serde(default = "mlp", skip_serializing_if = "is_mlp")]
    #[schemars(extend("default" = "mlp"))]
    pub architecture: Architecture,
    /// Number of hidden layers.
    #[schemars(range(min = 1))]
    pub depth: usize,
    /// Units (of a convolution: channels) per hidden layer, or a list with one width per hidden layer.
    pub width: Width,
    /// The activation function of the hidden layers; may be left out where the cell has its own (lstm, gru).
    #[serde(default = "tanh")]
    pub activation: Activation,
    /// What becomes of a feature before layer 1 reads it; MLPs only.
    // Not written at its default, as above.
    #[serde(default = "no_encoding", skip_serializing_if = "is_unencoded")]
    #[schemars(extend("default" = "none"))]
    pub encoding: InputEncoding,
    /// What the output layer reads of a sequence: its last position (recurrent networks by default), the mean over positions (transformers by default), or every position by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readout: Option<Readout>,
    /// How the weights are drawn.
    #[serde(default = "xavier_normal")]
    #[schemars(extend("default" = "xavier_normal"))]
    pub init: Init,
    /// Whether the linear maps have a bias.
    #[serde(default = "yes")]
    pub bias: bool,
    /// Normalisation in every hidden layer.
    #[serde(default = "no_norm")]
    pub norm: Norm,
    /// The order of the parts of a hidden layer.
    #[serde(default)]
    pub order: Order,
    /// Skip connections around the hidden layers 2 … depth; they need equal widths.
    #[serde(default = "no_skip")]
    pub skip: Skip,
    /// Share of activations set to 0 in training.
    #[serde(default)]
    #[schemars(extend("minimum" = 0, "exclusiveMaximum" = 1))]
    pub dropout: f64,
    /// A safetensors file, relative to the spec: start from these weights instead of `init`.
    #[serde(default)]
    pub weights: Option<PathBuf>,
}

/// A choice of architecture.
pub trait Blueprint<T: Scalar> {
    /// Keys of `[network]` that mean nothing to it: they are refused where they
    /// are not at their default.
    fn unused(&self) -> Vec<Unused> {
        Vec::new()
    }

    /// Whether `activation` is its φ and must be given.
    fn has_activation(&self) -> bool {
        true
    }

    /// What its output layer reads of a sequence by default; `None`: it reads all
    /// features of a sample at once.
    fn readout(&self) -> Option<Readout> {
        None
    }

    /// Units of hidden layer `l`, from 1.
    fn width(&self, network: &NetworkSpec, l: usize) -> usize {
        network.width.of(l)
    }

    /// Whether it reads images.
    fn reads_images(&self) -> bool {
        false
    }

    /// What in it does not go with images of this shape.
    fn check_image(&self, network: &NetworkSpec, image: Image) -> Option<Conflict> {
        let _ = (network, image);
        None
    }

    /// What is known of its gradients at the start where no theory predicts their decay: a
    /// clause with its source.
    fn known_of_start(&self, network: &NetworkSpec) -> Option<String> {
        let _ = network;
        None
    }

    /// What the path is made of that decay is measured along.
    fn along(&self) -> Along {
        Along::Layers
    }

    /// The first of the other keys that contradict each other.
    fn check(&self, network: &NetworkSpec) -> Option<Conflict>;

    /// Number of layers that are logged over sequences of so many positions, the output
    /// layer included.
    fn layers(&self, network: &NetworkSpec, positions: usize) -> usize;

    /// Builds the network that reads `input` [batch, inputs]; returns its output
    /// [batch, outputs].
    fn build(
        &self,
        network: &NetworkSpec,
        setting: &Setting,
        graph: &mut GraphBuilder<T>,
        input: ValueId,
    ) -> ValueId;
}

impl NetworkSpec {
    /// A network with every other key at its default.
    pub fn new(depth: usize, width: Width, activation: Activation) -> Self {
        Self {
            architecture: mlp(),
            depth,
            width,
            activation,
            encoding: no_encoding(),
            readout: None,
            init: xavier_normal(),
            bias: true,
            norm: no_norm(),
            order: Order::default(),
            skip: no_skip(),
            dropout: 0.0,
            weights: None,
        }
    }

    /// The first contradiction among its keys.
    pub fn check(&self) -> Option<Conflict> {
        let blueprint = self.architecture.blueprint::<f64>();
        unused(self, &blueprint.unused())
            .or_else(|| self.unread_sequence())
            .or_else(|| widths(self))
            .or_else(|| blueprint.check(self))
            .or_else(|| norm_of_one_unit(self))
            .or_else(|| init(self))
    }

    /// How its weights are drawn: `init`, or what that comes to for its φ.
    ///
    /// # Panics
    /// If it comes to nothing, which [`Self::check`] refuses.
    pub fn scheme(&self) -> Init {
        let scheme = self.init.for_activation(&self.activation);
        scheme.unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// Number of layers that are logged over sequences of so many positions, the output
    /// layer included.
    pub fn layers(&self, positions: usize) -> usize {
        self.architecture.blueprint::<f64>().layers(self, positions)
    }

    /// Units of hidden layer `l`, from 1; of a convolution its channels.
    pub fn width_of(&self, l: usize) -> usize {
        self.architecture.blueprint::<f64>().width(self, l)
    }

    /// What the path is made of that decay is measured along.
    pub fn along(&self) -> Along {
        self.architecture.blueprint::<f64>().along()
    }

    /// What the output layer reads of a sequence; `None` where the architecture reads no
    /// sequences.
    pub fn readout(&self) -> Option<Readout> {
        let default = self.architecture.blueprint::<f64>().readout();
        default.map(|default| self.readout.unwrap_or(default))
    }

    /// Writes down what its architecture takes where its keys do not say: what the output
    /// layer reads, how the maps of a state are drawn.
    pub fn fill_in(&mut self) {
        self.readout = self.readout();
        if let Architecture::Recurrent(own) = &mut self.architecture {
            own.recurrent_init.get_or_insert_with(|| self.init.clone());
        }
    }

    /// A readout for a network that reads no sequence.
    fn unread_sequence(&self) -> Option<Conflict> {
        let name = self.architecture.name();
        let reads = self.architecture.blueprint::<f64>().readout().is_some();
        (self.readout.is_some() && !reads).then(|| {
            Conflict::new(
                &["network.readout", "network.architecture"],
                format!("`network.readout` with `network.architecture` = {name}, which reads all features at once"),
                "only with an architecture that reads sequences",
                "remove `readout`, or use a recurrent network or a transformer",
            )
        })
    }

    /// Bytes that no network of these widths stays below: what is known of a
    /// hidden layer's nodes, and a square weight matrix for each but the first.
    pub fn least_bytes<T>(&self) -> f64 {
        const BOOKKEEPING: f64 = 1024.0;
        let matrices = match &self.width {
            Width::All(width) => (self.depth - 1) as f64 * (*width as f64).powi(2),
            Width::PerLayer(widths) => {
                let pairs = widths.windows(2);
                pairs.map(|pair| pair[0] as f64 * pair[1] as f64).sum()
            }
        };
        let values = matrices + self.width.widest() as f64;
        values * size_of::<T>() as f64 + self.depth as f64 * BOOKKEEPING
    }

    /// The network's layers and buffers; `input_gradient` asks for ∂L/∂x too.
    /// The keys must not contradict each other ([`Self::check`]).
    pub fn graph<T: Scalar>(&self, setting: &Setting, input_gradient: bool) -> Graph<T> {
        type Build<T> = fn(&NetworkSpec, &Setting, bool) -> Graph<T>;
        compiled!(Build<T> = build)(self, setting, input_gradient)
    }
}

fn build<T: Scalar>(network: &NetworkSpec, setting: &Setting, input_gradient: bool) -> Graph<T> {
    let (mut graph, input) = GraphBuilder::new(setting.positions, setting.inputs);
    let blueprint = network.architecture.blueprint();
    let output = blueprint.build(network, setting, &mut graph, input);
    graph.finish(output, input_gradient)
}

/// A list of widths that is not as long as the network is deep.
fn widths(network: &NetworkSpec) -> Option<Conflict> {
    let Width::PerLayer(widths) = &network.width else {
        return None;
    };
    let (count, depth) = (widths.len(), network.depth);
    (count != depth).then(|| {
        Conflict::new(
            &["network.width", "network.depth"],
            format!(
                "`network.width` lists {} for `network.depth` = {depth}",
                counted(count, "width")
            ),
            &format!("expected {}, or one integer", counted(depth, "width")),
            "list one width per hidden layer, or change `network.depth`",
        )
    })
}

/// A layer norm over a single unit, whose mean is the unit itself: nothing but 0 is left.
fn norm_of_one_unit(network: &NetworkSpec) -> Option<Conflict> {
    let blueprint = network.architecture.blueprint::<f64>();
    let is_single = |l: usize| blueprint.width(network, l) == 1;
    // A convolution's runs over all pixels, and one that comes first over the layer before.
    let is_flat = matches!(network.norm, Norm::PerSample(_))
        && network.order == Order::LinearNormActivation
        && !blueprint.reads_images();
    (is_flat && (1..=network.depth).any(is_single)).then(|| {
        Conflict::new(
            &["network.norm", "network.width"],
            "`network.norm` = layer over one unit is 0 for every sample: the unit is its own mean",
            "expected at least 2 units in every hidden layer",
            "widen the layer, or use another norm",
        )
    })
}

/// An init that no weight variance answers for this φ.
fn init(network: &NetworkSpec) -> Option<Conflict> {
    let problem = network.init.for_activation(&network.activation).err()?;
    let (init, activation) = (network.init.name(), network.activation.name());
    Some(Conflict::new(
        &["network.init", "network.activation"],
        format!("`network.init` = {init} has no weight variance for {activation}: {problem}"),
        &format!("none exists for {activation}"),
        "choose another bias_variance, or `init = \"he_normal\"` or another one with a variance of its own",
    ))
}

fn tanh() -> Activation {
    Tanh {}.into()
}
fn mlp() -> Architecture {
    Mlp {}.into()
}
fn is_mlp(architecture: &Architecture) -> bool {
    *architecture == mlp()
}
fn no_encoding() -> InputEncoding {
    NoEncoding {}.into()
}
fn is_unencoded(encoding: &InputEncoding) -> bool {
    *encoding == no_encoding()
}
fn yes() -> bool {
    true
}
fn xavier_normal() -> Init {
    XavierNormal::default().into()
}
fn no_norm() -> Norm {
    NoNorm {}.into()
}
fn no_skip() -> Skip {
    NoSkip {}.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Relu;
    use crate::norm::PerSample;

    fn network() -> NetworkSpec {
        NetworkSpec::new(3, Width::All(4), Relu {}.into())
    }

    #[test]
    fn a_layer_norm_of_one_unit_is_refused() {
        let normed = |widths| NetworkSpec {
            norm: PerSample {}.into(),
            ..NetworkSpec::new(3, Width::PerLayer(widths), Relu {}.into())
        };
        let conflict = normed(vec![4, 1, 4]).check().unwrap();
        assert_eq!(conflict.keys, ["network.norm", "network.width"]);
        assert!(conflict.what.contains("0 for every sample"));
        assert_eq!(normed(vec![4, 2, 4]).check(), None);
    }

    #[test]
    fn the_architecture_is_written_where_it_is_not_the_default() {
        let written = serde_json::to_value(network()).unwrap();
        assert_eq!(written.get("architecture"), None);
        for form in [r#""mlp""#, r#"{ "mlp": {} }"#] {
            let text = format!(
                r#"{{ "architecture": {form}, "depth": 3, "width": 4, "activation": "relu" }}"#
            );
            let read: NetworkSpec = serde_json::from_str(&text).unwrap();
            assert_eq!(read, network());
        }
    }
}
