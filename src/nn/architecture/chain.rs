//! A chain of hidden layers, each of linear map, norm and activation in the order chosen,
//! with skips around some of them, and a linear output layer: what an MLP and a
//! convolutional network have in common.

use super::{Mlp, NetworkSpec, Setting};
use crate::base::Scalar;
use crate::fans::Fans;
use crate::graph::{GraphBuilder, ValueId};
use crate::layer::Role;
use crate::layer::activate::Activate;
use crate::layer::dropout::Dropout;
use crate::layer::linear::Linear;
use crate::norm::Over;
use crate::order::Order;
use crate::skip::Junction;

/// What the layers of a chain are made of.
pub trait Links<T: Scalar> {
    /// Units of hidden layer `l`, from 1.
    fn width(&self, l: usize) -> usize;

    /// What the map of hidden layer `l` reads of `x`, the value handed to it.
    fn read(&self, graph: &mut GraphBuilder<T>, l: usize, x: ValueId) -> ValueId;

    /// The side of the kernels where the hidden layers are convolutions.
    fn kernel(&self) -> Option<usize> {
        None
    }

    /// What a norm that looks at each sample by itself runs over.
    fn norm_over(&self) -> Over {
        Over::Row
    }

    /// `main` in the shape that the branch has at the end of layer `l`.
    fn shortcut(&self, graph: &mut GraphBuilder<T>, l: usize, main: ValueId) -> ValueId {
        let _ = (graph, l);
        main
    }

    /// What the output layer `l` reads of `h`.
    fn features(&self, graph: &mut GraphBuilder<T>, l: usize, h: ValueId) -> ValueId {
        let _ = (graph, l);
        h
    }
}

/// A chain in the making.
pub struct LayerChain<'a, T> {
    /// Where it goes.
    pub graph: &'a mut GraphBuilder<T>,
    /// The keys of `[network]`.
    pub network: &'a NetworkSpec,
    /// What it is built for.
    pub setting: &'a Setting,
    /// What its layers are made of.
    pub links: &'a dyn Links<T>,
}

impl<T: Scalar> LayerChain<'_, T> {
    /// All layers behind `input`; returns the output.
    pub fn build(mut self, input: ValueId) -> ValueId {
        let network = self.network;
        let mut main = self.first_layer(input);
        let mut current = main;
        for l in 2..=network.depth {
            let position = Mlp::position(network, l);
            self.graph.begin_layer(hidden(l), position);
            let branch = self.unit(l, current);
            current = branch;
            if position.is_some() {
                let at = Junction {
                    layer: l,
                    main: self.links.shortcut(self.graph, l, main),
                    branch,
                };
                current = network.skip.choice().join(self.graph, at);
                main = current;
            }
            self.graph.info(l).h = current;
        }
        let h = self.before_output(current);
        let l = self.graph.begin_layer("output".into(), None);
        let features = self.links.features(self.graph, l, h);
        let output = self.linear(l, features);
        self.graph.info(l).h = output;
        output
    }

    fn is_pre_activation(&self) -> bool {
        self.network.order == Order::NormActivationLinear
    }

    fn first_layer(&mut self, input: ValueId) -> ValueId {
        let position = Mlp::position(self.network, 1);
        self.graph.begin_layer(hidden(1), position);
        let z = self.linear(1, input);
        let h = if self.is_pre_activation() {
            z
        } else {
            self.nonlinear(1, z)
        };
        self.graph.info(1).h = h;
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
        if self.is_pre_activation() {
            self.nonlinear(self.network.depth, h)
        } else {
            h
        }
    }

    /// The linear map of layer `l`, the output layer included.
    fn linear(&mut self, l: usize, x: ValueId) -> ValueId {
        let network = self.network;
        let is_output = l > network.depth;
        let (read, fan_out, kernel) = if is_output {
            (x, self.setting.outputs, None)
        } else {
            let read = self.links.read(self.graph, l, x);
            (read, self.links.width(l), self.links.kernel())
        };
        let has_bias = network.bias && (is_output || !network.norm.choice::<T>().replaces_bias());
        let bias = has_bias.then_some(Role::Bias);
        let fan_in = self.graph.width(read);
        let linear = Linear {
            fans: Fans {
                inputs: fan_in,
                outputs: fan_out * kernel.map_or(1, |side| side * side),
                kernel,
                is_first: l == 1,
            },
            ..Linear::new(fan_in, fan_out, bias)
        };
        let z = self.graph.add(l, linear, &[read]);
        let node = self.graph.last();
        let info = self.graph.info(l);
        (info.z, info.params) = (vec![z], vec![node]);
        z
    }

    /// Norm, activation and dropout of hidden layer `l`.
    fn nonlinear(&mut self, l: usize, z: ValueId) -> ValueId {
        let network = self.network;
        let over = self.links.norm_over();
        let normalised = network.norm.choice().add(self.graph, l, z, over);
        let width = self.graph.width(z);
        let activate = Activate {
            width,
            activation: network.activation.clone(),
        };
        let a = self.graph.add(l, activate, &[normalised]);
        self.graph.info(l).phi = Some(self.graph.last());
        if network.dropout == 0.0 {
            return a;
        }
        let dropout = Dropout {
            width,
            probability: network.dropout,
            seed: self.setting.seed,
            layer: l,
        };
        self.graph.add(l, dropout, &[a])
    }
}

/// The name of hidden layer `l`.
fn hidden(l: usize) -> String {
    format!("hidden_{l}")
}
