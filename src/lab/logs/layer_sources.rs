//! The measured series of a run, by the layer that they belong to.

use std::collections::HashMap;

use super::names::Meaning;
use super::parameter::{Kind, ParameterName, is_off_path, is_output};
use super::survey::Survey;

/// A measured series and what its name says.
pub struct LayerSource {
    /// Its number.
    pub series: u32,
    /// What was measured.
    pub quantity: String,
    /// Which part of its layer it is of.
    pub kind: Option<Kind>,
    /// The parameter, as the log names it.
    parameter: String,
    /// The layer.
    module: String,
    /// Whether the log names the layer beside the parameter.
    is_told: bool,
}

/// All of a run that have values.
pub struct LayerSources {
    all: Vec<LayerSource>,
    /// The layers in the order of the log, and the places of their series.
    names: Vec<String>,
    of: HashMap<String, Vec<usize>>,
}

impl LayerSources {
    /// Of a run.
    pub fn of(survey: &Survey, run: &str) -> Self {
        let series = survey.series.all().iter().zip(&survey.infos);
        let own = (0..).zip(series);
        let own = own.filter(|(_, (series, info))| series.run == run && info.count > 0);
        let own = own.filter_map(|(number, (_, info))| match &info.meaning {
            Meaning::Gradient(measured) => {
                let name = ParameterName::of(&measured.target);
                Some(LayerSource {
                    series: number,
                    quantity: measured.quantity.clone(),
                    is_told: measured.layer.is_some(),
                    module: measured.layer.clone().unwrap_or(name.module),
                    kind: name.kind,
                    parameter: measured.target.clone(),
                })
            }
            _ => None,
        });
        let mut all: Vec<LayerSource> = own.collect();
        name_single_parameters(&mut all);
        let mut names = Vec::new();
        let mut of: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, source) in all.iter().enumerate() {
            let own = of.entry(source.module.clone()).or_default();
            if own.is_empty() {
                names.push(source.module.clone());
            }
            own.push(place);
        }
        Self { all, names, of }
    }

    /// The layers in the order of the log.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The series of a layer.
    pub fn of_layer(&self, name: &str) -> impl Iterator<Item = &LayerSource> {
        let places = self.of.get(name).map_or(&[][..], Vec::as_slice);
        places.iter().map(|place| &self.all[*place])
    }

    /// All series.
    pub fn all(&self) -> &[LayerSource] {
        &self.all
    }

    /// Whether a layer is on the path that decay is measured along.
    pub fn is_on_path(&self, name: &str) -> bool {
        let kinds: Vec<Option<Kind>> = self.of_layer(name).map(|source| source.kind).collect();
        let module = ParameterName::of(name).module;
        let is_off = is_off_path(&module, &kinds) || self.is_output(name);
        !is_off && !self.is_norm_of_shortcut(&module)
    }

    /// Whether a layer is the network's output and nothing else, which the path ends before;
    /// with parameters it is a layer like others.
    pub fn is_output(&self, name: &str) -> bool {
        is_output(name) && self.of_layer(name).all(|source| source.kind.is_none())
    }

    /// Whether a module is the batch norm behind the convolution of a `ResNet`'s shortcut:
    /// `layer2.0.downsample.1`, there being a `layer2.0.downsample.0`. Where the pooling of the
    /// shortcut is a module too the two are 1 and 2.
    fn is_norm_of_shortcut(&self, module: &str) -> bool {
        let Some((shortcut, number)) = module.rsplit_once('.') else {
            return false;
        };
        let mut parts = shortcut.rsplit('.');
        let is_shortcut = ["downsample", "shortcut"].contains(&parts.next().unwrap_or_default());
        // Elsewhere the norm comes first, as in ConvNeXt's `stages.1.downsample.0`.
        let mut blocks = parts.skip(1);
        let is_res_net = blocks.next().is_some_and(|part| part.starts_with("layer"));
        let before = match number {
            "1" => "0",
            "2" => "1",
            _ => return false,
        };
        let convolution = format!("{shortcut}.{before}");
        let mut modules = self.names.iter().map(|name| ParameterName::of(name).module);
        is_shortcut && is_res_net && modules.any(|own| own == convolution)
    }

    /// The parameters of a layer, as the log names them.
    pub fn parameters(&self, name: &str) -> Vec<String> {
        let mut parameters: Vec<String> = Vec::new();
        for source in self.of_layer(name) {
            if !parameters.contains(&source.parameter) {
                parameters.push(source.parameter.clone());
            }
        }
        parameters
    }
}

/// A layer of a single parameter is called as that.
fn name_single_parameters(all: &mut [LayerSource]) {
    let mut parameters: HashMap<String, Option<String>> = HashMap::new();
    for source in all.iter() {
        let only = parameters
            .entry(source.module.clone())
            .or_insert_with(|| Some(source.parameter.clone()));
        if only.as_ref() != Some(&source.parameter) {
            *only = None;
        }
    }
    for source in all.iter_mut().filter(|source| !source.is_told) {
        if let Some(Some(only)) = parameters.get(&source.module) {
            source.module.clone_from(only);
        }
    }
}
