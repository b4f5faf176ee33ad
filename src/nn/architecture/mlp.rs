//! The multilayer perceptron: the order of its layers' parts, its main path,
//! the names and positions of its layers.

use super::{Blueprint, NetworkSpec, Setting};
use crate::base::family::member;
use crate::base::{Conflict, Scalar};
use crate::nn::graph::{GraphBuilder, ValueId};
use crate::nn::layer::Role;
use crate::nn::layer::activate::Activate;
use crate::nn::layer::dropout::Dropout;
use crate::nn::layer::linear::Linear;
use crate::nn::order::Order;
use crate::nn::skip::{Junction, Site};

member! {
    /// A multilayer perceptron: `depth` hidden layers of linear map, norm and activation, then a linear output layer.
    pub struct Mlp {}
}

impl Mlp {
    /// The place of hidden layer `layer`, from 1, on the path that decay is
    /// measured along: the main path passes through the h_l of all hidden
    /// layers, or with a skip every k layers 1, 1+k, …, depth. `None` off it.
    pub fn position(network: &NetworkSpec, layer: usize) -> Option<u32> {
        let every = network.skip.choice::<f64>().layers_per_skip();
        let is_hidden = (1..=network.depth).contains(&layer);
        (is_hidden && (layer - 1).is_multiple_of(every)).then_some(layer as u32)
    }
}

impl<T: Scalar> Blueprint<T> for Mlp {
    fn check(&self, network: &NetworkSpec) -> Option<Conflict> {
        network.skip.choice::<T>().check(&Site {
            depth: network.depth,
            width: &network.width,
            order: network.order,
        })
    }

    fn layers(&self, network: &NetworkSpec, _positions: usize) -> usize {
        network.depth.saturating_add(1)
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
        };
        let mut main = assembly.first_layer(input);
        let mut current = main;
        for l in 2..=network.depth {
            let position = Mlp::position(network, l);
            assembly.graph.begin_layer(hidden(l), position);
            let branch = assembly.unit(l, current);
            current = branch;
            if position.is_some() {
                let at = Junction {
                    layer: l,
                    main,
                    branch,
                };
                current = network.skip.choice().join(assembly.graph, at);
                main = current;
            }
            assembly.graph.info(l).h = current;
        }
        let features = assembly.before_output(current);
        let l = assembly.graph.begin_layer("output".into(), None);
        let output = assembly.linear(l, features);
        assembly.graph.info(l).h = output;
        output
    }
}

/// The name of hidden layer `l`.
fn hidden(l: usize) -> String {
    format!("hidden_{l}")
}

/// An MLP in the making.
struct Assembly<'a, T> {
    graph: &'a mut GraphBuilder<T>,
    network: &'a NetworkSpec,
    setting: &'a Setting,
}

impl<T: Scalar> Assembly<'_, T> {
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
        let fan_out = if is_output {
            self.setting.outputs
        } else {
            network.width.of(l)
        };
        let has_bias = network.bias && (is_output || !network.norm.choice::<T>().replaces_bias());
        let bias = has_bias.then_some(Role::Bias);
        let linear = Linear::new(self.graph.width(x), fan_out, bias);
        let z = self.graph.add(l, linear, &[x]);
        let node = self.graph.last();
        let info = self.graph.info(l);
        (info.z, info.params) = (vec![z], vec![node]);
        z
    }

    /// Norm, activation and dropout of hidden layer `l`.
    fn nonlinear(&mut self, l: usize, z: ValueId) -> ValueId {
        let network = self.network;
        let normalised = network.norm.choice().add(self.graph, l, z);
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
