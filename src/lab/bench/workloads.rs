//! The reference workloads: what the speed of this program, and of others, is
//! measured on.

use std::path::Path;

use crate::base::Problem;
use crate::base::nearest::unknown;
use crate::lab::config::{LoadedSpec, Overrides, Spec, SpecError};

/// One reference workload.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its name.
    pub name: &'static str,
    /// Its spec, 500 steps long.
    pub text: &'static str,
}

macro_rules! workloads {
    ($( $name:literal ),+ $(,)?) => {
        /// Every reference workload: random inputs and labels, 10 classes,
        /// full batches, f32; W… 64 inputs, R… and T… sequences, C… images.
        pub const WORKLOADS: &[Workload] = &[$(
            Workload {
                name: $name,
                text: include_str!(concat!("../../../benches/workloads/", $name, ".toml")),
            }
        ),+];
    };
}

workloads!(
    "W1", "W1a", "W2", "W3", "W4", "W5", "R1", "R2", "T1", "C1", "C2"
);

/// Those that are measured when none is named.
pub const USUAL: [&str; 5] = ["W1", "W2", "W3", "W4", "W5"];

impl Workload {
    /// The workload of this name, in upper or lower case.
    ///
    /// # Errors
    /// If there is none; the error names those that there are.
    pub fn named(name: &str) -> Result<&'static Self, Problem> {
        let found = WORKLOADS.iter().find(|w| w.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            let names: Vec<&str> = WORKLOADS.iter().map(|workload| workload.name).collect();
            unknown("workload", name, &names)
        })
    }

    /// Its spec, changed as the command line says.
    ///
    /// # Errors
    /// If a change does not fit.
    pub fn spec(&self, overrides: &Overrides) -> Result<LoadedSpec, SpecError> {
        Spec::from_text(Path::new(self.name), self.text.to_owned(), overrides)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::plan::Plan;
    use crate::nn::architecture::Architecture;

    #[test]
    fn the_sizes_are_those_that_others_are_measured_on() {
        // depth, width, batch, activation of WORKLOADS in
        // benches/peers/peers_common.py.
        let peers = include_str!("../../../benches/peers/peers_common.py");
        let mlps = WORKLOADS.iter().filter(|it| it.name.starts_with('W'));
        for workload in mlps {
            let loaded = workload.spec(&Overrides::default()).unwrap();
            assert_eq!(loaded.spec.name, workload.name);
            let plan = Plan::<f32>::new(&loaded.spec, Path::new("")).unwrap();
            let network = &plan.network;
            assert_eq!(network.width.first_odd(), None);
            let is_adam = plan.training.optimizer.states_per_param() == 2;
            let has_skip = network.skip.name() == "identity";
            let line = format!(
                "\"{}\": dict(D={}, W={}, B={}, act=\"{}\", bnskip={}, opt=\"{}\"),",
                workload.name,
                network.depth,
                network.width.of(1),
                plan.training.batch_size,
                network.activation.name(),
                if has_skip { "True" } else { "False" },
                if is_adam { "adam" } else { "sgdm" },
            );
            assert!(peers.contains(&line), "{line}");
            assert_eq!(plan.data.train.samples(), 1797);
            assert_eq!(plan.data.test.samples(), 0);
            assert_eq!((plan.setting.inputs, plan.setting.outputs), (64, 10));
            let init = network.init.name();
            let is_relu = network.activation.name() == "relu";
            assert_eq!(init == "he_normal", is_relu, "{init}");
        }
    }

    #[test]
    fn the_sequences_are_those_that_others_are_measured_on() {
        let peers = include_str!("../../../benches/peers/peers_common.py");
        let sequences = WORKLOADS
            .iter()
            .filter(|it| it.name.starts_with(['R', 'T']));
        for workload in sequences {
            let loaded = workload.spec(&Overrides::default()).unwrap();
            let plan = Plan::<f32>::new(&loaded.spec, Path::new("")).unwrap();
            let network = &plan.network;
            let kind = match &network.architecture {
                Architecture::Recurrent(recurrent) => recurrent.cell.name(),
                other => other.name(),
            };
            let line = format!(
                "\"{}\": dict(kind=\"{kind}\", D={}, W={}, B={}, P={}, I={}",
                workload.name,
                network.depth,
                network.width.of(1),
                plan.training.batch_size,
                plan.setting.positions,
                plan.setting.inputs,
            );
            assert!(peers.contains(&line), "{line}");
            assert_eq!(plan.data.train.samples(), 1797);
        }
    }

    #[test]
    fn the_images_are_those_that_others_are_measured_on() {
        let peers = include_str!("../../../benches/peers/peers_common.py");
        let images = WORKLOADS.iter().filter(|it| it.name.starts_with('C'));
        for workload in images {
            let loaded = workload.spec(&Overrides::default()).unwrap();
            let plan = Plan::<f32>::new(&loaded.spec, Path::new("")).unwrap();
            let (network, image) = (&plan.network, plan.setting.image.unwrap());
            let line = format!(
                "\"{}\": dict(kind=\"conv\", D={}, C={}, B={}, R={}),",
                workload.name,
                network.depth,
                network.width.of(1),
                plan.training.batch_size,
                image.rows,
            );
            assert!(peers.contains(&line), "{line}");
            assert_eq!((image.channels, image.columns), (1, image.rows));
            assert_eq!(plan.data.train.samples(), 1797);
        }
    }

    #[test]
    fn names_are_found_and_suggested() {
        assert_eq!(Workload::named("w1A").unwrap().name, "W1a");
        let problem = Workload::named("W6").unwrap_err().to_string();
        assert!(problem.contains("did you mean `W") && problem.contains("W1, W1a, W2"));
        assert!(USUAL.iter().all(|name| Workload::named(name).is_ok()));
    }
}
