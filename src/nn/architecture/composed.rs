//! A generator and the discriminator that reads what it makes, as one network.

use super::{NetworkSpec, Setting};
use crate::base::Scalar;
use crate::graph::{Graph, GraphBuilder};

/// What the names of a generator's layers and tensors begin with.
pub const GENERATOR: &str = "generator";
/// What those of a discriminator begin with.
pub const DISCRIMINATOR: &str = "discriminator";

impl NetworkSpec {
    /// This network, built for `setting`, and behind it `discriminator`, which gives one
    /// number: layers are numbered through, and the path leads over all but the last.
    pub fn composed_graph<T: Scalar>(&self, setting: &Setting, discriminator: &Self) -> Graph<T> {
        let (mut graph, input) = GraphBuilder::new(setting.positions, setting.inputs);
        let made = self
            .architecture
            .blueprint()
            .build(self, setting, &mut graph, input);
        let layers = self.layers(1);
        graph.info(layers).position = Some(layers as u32);
        graph.end_part(GENERATOR, &self.scheme());
        let setting = setting.of_discriminator();
        let blueprint = discriminator.architecture.blueprint();
        let logit = blueprint.build(discriminator, &setting, &mut graph, made);
        graph.end_part(DISCRIMINATOR, &discriminator.scheme());
        graph.finish(logit, false)
    }
}

impl Setting {
    /// What the discriminator of a generator of this setting is built for.
    pub fn of_discriminator(&self) -> Self {
        Self {
            inputs: self.outputs,
            outputs: 1,
            ..*self
        }
    }
}
