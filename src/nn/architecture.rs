//! From a description of an MLP to its layers.

use crate::base::Scalar;
use crate::nn::activation::Activation;
use crate::nn::graph::{Graph, GraphBuilder, ValueId};
use crate::nn::init::Init;
use crate::nn::layer::activate::Activate;
use crate::nn::layer::dropout::Dropout;
use crate::nn::layer::highway_gate::HighwayGate;
use crate::nn::layer::linear::Linear;
use crate::nn::layer::norm::Norm;
use crate::nn::layer::residual_add::{BranchScale, ResidualAdd};
use crate::nn::layer::skip::Skip;
use crate::nn::layer::{Layer, Role};

/// The order of a hidden layer's parts.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
pub enum Order {
    /// h = φ(norm(W h + b)), the usual order.
    #[default]
    #[serde(rename = "linear-norm-activation")]
    LinearNormActivation,
    /// h = W φ(norm(h)) + b, the pre-activation order of He et al. 2016, arXiv:1603.05027.
    #[serde(rename = "norm-activation-linear")]
    NormActivationLinear,
}

/// A multilayer perceptron with every choice made.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// Width of the data.
    pub inputs: usize,
    /// Width of every hidden layer; its length is the depth, at least 1.
    pub widths: Vec<usize>,
    /// Width of the output layer.
    pub outputs: usize,
    /// φ.
    pub activation: Activation,
    /// How the weights are drawn.
    pub init: Init,
    /// Whether linear maps have biases (hidden ones never do beside a norm).
    pub bias: bool,
    /// Normalisation in the hidden layers.
    pub norm: Norm,
    /// Order of a hidden layer's parts.
    pub order: Order,
    /// Skip connections.
    pub skip: Skip,
    /// Probability with which an entry is dropped.
    pub dropout: f64,
    /// Seed of every random draw.
    pub seed: u64,
}

impl Architecture {
    /// Number of hidden layers.
    pub fn depth(&self) -> usize {
        self.widths.len()
    }

    /// Layers per skip connection; 1 where there is none.
    pub fn layers_per_skip(&self) -> usize {
        self.skip.layers_per_skip()
    }

    /// The network's layers and buffers; `input_gradient` asks for ∂L/∂x too.
    pub fn graph<T: Scalar>(&self, input_gradient: bool) -> Graph<T> {
        let (builder, input) = GraphBuilder::new(self.inputs);
        let mut assembly = Assembly {
            builder,
            architecture: self,
        };
        // The main path, which decay is measured along, passes through the h_l
        // of all hidden layers, or with a skip every k layers 1, 1+k, …, depth.
        let on_path = |l: usize| (l - 1).is_multiple_of(self.layers_per_skip());
        let depth = self.depth();
        let mut main = assembly.first_layer(input);
        let mut current = main;
        for l in 2..=depth {
            let ends_skip = on_path(l);
            let builder = &mut assembly.builder;
            builder.begin_layer(hidden(l), ends_skip.then_some(l as u32));
            let branch = assembly.unit(l, current);
            current = if ends_skip {
                assembly.join(l, main, branch)
            } else {
                branch
            };
            if ends_skip {
                main = current;
            }
            assembly.builder.info(l).h = current;
        }
        let features = assembly.before_output(current);
        let l = assembly.builder.begin_layer("output".into(), None);
        let output = assembly.linear(l, features);
        assembly.builder.info(l).h = output;
        assembly.builder.finish(output, input_gradient)
    }
}

/// The name of hidden layer `l`.
fn hidden(l: usize) -> String {
    format!("hidden_{l}")
}

/// A graph in the making.
struct Assembly<'a, T> {
    builder: GraphBuilder<T>,
    architecture: &'a Architecture,
}

impl<T: Scalar> Assembly<'_, T> {
    fn is_pre_activation(&self) -> bool {
        self.architecture.order == Order::NormActivationLinear
    }

    fn first_layer(&mut self, input: ValueId) -> ValueId {
        self.builder.begin_layer(hidden(1), Some(1));
        let z = self.linear(1, input);
        let h = if self.is_pre_activation() {
            z
        } else {
            self.nonlinear(1, z)
        };
        self.builder.info(1).h = h;
        h
    }

    /// One unit u_l: linear, norm, activation, dropout, in the chosen order.
    fn unit(&mut self, l: usize, h: ValueId) -> ValueId {
        if self.is_pre_activation() {
            let a = self.nonlinear(l - 1, h);
            self.linear(l, a)
        } else {
            let z = self.linear(l, h);
            self.nonlinear(l, z)
        }
    }

    fn before_output(&mut self, h: ValueId) -> ValueId {
        let depth = self.architecture.depth();
        if self.is_pre_activation() {
            self.nonlinear(depth, h)
        } else {
            h
        }
    }

    /// The linear map of layer `l`, the output layer included.
    fn linear(&mut self, l: usize, x: ValueId) -> ValueId {
        let architecture = self.architecture;
        let is_output = l > architecture.depth();
        let fan_out = if is_output {
            architecture.outputs
        } else {
            architecture.widths[l - 1]
        };
        // A norm's own bias makes the linear map's redundant.
        let has_norm = !matches!(architecture.norm, Norm::NoNorm(_));
        let bias = (architecture.bias && (is_output || !has_norm)).then_some(Role::Bias);
        let fan_in = self.builder.width(x);
        let linear = Linear {
            fan_in,
            fan_out,
            bias,
            is_gate: false,
        };
        let z = self.add(l, linear, &[x]);
        let node = self.builder.last();
        let info = self.builder.info(l);
        (info.z, info.params) = (Some(z), Some(node));
        z
    }

    /// Norm, activation and dropout of hidden layer `l`.
    fn nonlinear(&mut self, l: usize, z: ValueId) -> ValueId {
        let architecture = self.architecture;
        let width = self.builder.width(z);
        let normalised = match architecture.norm.choice().layer(width) {
            Some(norm) => self.builder.add(l, norm, &[z]),
            None => z,
        };
        let activate = Activate {
            width,
            activation: architecture.activation.clone(),
        };
        let a = self.add(l, activate, &[normalised]);
        self.builder.info(l).phi = Some(self.builder.last());
        if architecture.dropout > 0.0 {
            let (probability, seed) = (architecture.dropout, architecture.seed);
            self.add(
                l,
                Dropout {
                    width,
                    probability,
                    seed,
                    layer: l,
                },
                &[a],
            )
        } else {
            a
        }
    }

    /// Joins the branch that ends at layer `l` with the main path.
    fn join(&mut self, l: usize, main: ValueId, branch: ValueId) -> ValueId {
        let width = self.builder.width(branch);
        match &self.architecture.skip {
            Skip::NoSkip(_) => branch,
            Skip::Identity(skip) => self.add(
                l,
                ResidualAdd {
                    width,
                    scale: BranchScale::Fixed(skip.scale),
                },
                &[main, branch],
            ),
            Skip::Rezero(_) => self.add(
                l,
                ResidualAdd {
                    width,
                    scale: BranchScale::Learned,
                },
                &[main, branch],
            ),
            Skip::Highway(skip) => {
                let bias = Some(Role::Constant(skip.gate_bias));
                let gate = Linear {
                    fan_in: width,
                    fan_out: width,
                    bias,
                    is_gate: true,
                };
                let gate = self.add(l, gate, &[main]);
                self.add(l, HighwayGate { width }, &[main, branch, gate])
            }
        }
    }

    fn add(&mut self, l: usize, layer: impl Layer<T> + 'static, inputs: &[ValueId]) -> ValueId {
        let layer: Box<dyn Layer<T>> = Box::new(layer);
        self.builder.add(l, layer, inputs)
    }
}
