//! `vgrad list`: what exists, each with one line of what it is.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Map, Value, json};

use super::suggested::Suggested;
use super::{Failure, Format, Outcome, output};
use crate::base::Problem;
use crate::base::family::{MemberInfo, Parameter};
use crate::base::nearest::unknown;
use crate::lab::config::Quantity;
use crate::lab::diagnose::{MECHANISMS, RULES};
use crate::lab::hook::HOOKS;
use crate::nn::activation::Activation;
use crate::nn::adversary::GanLoss;
use crate::nn::architecture::Architecture;
use crate::nn::init::Init;
use crate::nn::loss::Loss;
use crate::nn::norm::Norm;
use crate::nn::optim::OptimizerSpec;
use crate::nn::skip::Skip;
use crate::study::columns::{
    adversary_columns, gradient_columns, parameter_columns, training_columns, view_columns,
};
use crate::study::data::Source;
use crate::study::schedule::Schedule;

/// List architectures, activations, inits, norms, skips, optimizers, schedules, losses, sources, columns, quantities, hooks, mechanisms, rules
#[derive(Args, Debug)]
pub struct ListArgs {
    /// One of these kinds; without it, all
    #[arg(value_parser = Suggested { words: names }, hide_possible_values = true)]
    kind: Option<String>,
    /// The form of the result on stdout
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// A kind of thing that can be listed.
struct Kind {
    name: &'static str,
    entries: fn() -> Vec<Entry>,
}

/// One thing.
struct Entry {
    /// The spec's key or the file it belongs to.
    place: &'static str,
    name: &'static str,
    doc: String,
    parameters: Vec<Parameter>,
}

const KINDS: &[Kind] = &[
    kind("architectures", || {
        members("network.architecture", Architecture::members())
    }),
    kind("activations", || {
        members("network.activation", Activation::members())
    }),
    kind("inits", || members("network.init", Init::members())),
    kind("norms", || members("network.norm", Norm::members())),
    kind("skips", || members("network.skip", Skip::members())),
    kind("optimizers", || {
        members("train.optimizer", OptimizerSpec::members())
    }),
    kind("schedules", || {
        members("train.schedule", Schedule::members())
    }),
    kind("losses", || members("train.loss", Loss::members())),
    kind("gan_losses", || members("gan.loss", GanLoss::members())),
    kind("sources", || members("data.source", Source::members())),
    kind("columns", columns),
    kind("quantities", quantities),
    kind("hooks", || {
        let hooks = HOOKS.iter();
        hooks
            .map(|hook| plain("hook", hook.name, hook.doc))
            .collect()
    }),
    kind("mechanisms", || {
        let mechanisms = MECHANISMS.iter();
        mechanisms
            .map(|mechanism| plain("diagnose", mechanism.name, mechanism.doc))
            .collect()
    }),
    kind("rules", || {
        let rules = RULES.iter().map(|rule| {
            let doc = format!("fires when {} ({})", rule.fires_when, rule.source);
            plain("diagnose", rule.name, &doc)
        });
        rules.collect()
    }),
];

const fn kind(name: &'static str, entries: fn() -> Vec<Entry>) -> Kind {
    Kind { name, entries }
}

fn members(place: &'static str, members: Vec<MemberInfo>) -> Vec<Entry> {
    let entry = |member: MemberInfo| Entry {
        place,
        name: member.name,
        doc: member.doc,
        parameters: member.parameters,
    };
    members.into_iter().map(entry).collect()
}

fn plain(place: &'static str, name: &'static str, doc: &str) -> Entry {
    Entry {
        place,
        name,
        doc: doc.to_owned(),
        parameters: Vec::new(),
    }
}

fn columns() -> Vec<Entry> {
    let of_layers = gradient_columns().iter();
    let of_steps = training_columns().iter();
    let of_steps = of_steps.chain(adversary_columns()).chain(view_columns());
    let of_layers = of_layers.map(|column| plain("gradients.csv", column.name, column.doc));
    let of_steps = of_steps.map(|column| plain("training.csv", column.name, column.doc));
    let of_tensors = parameter_columns().iter();
    let of_tensors = of_tensors.map(|column| plain("parameters.csv", column.name, column.doc));
    of_layers.chain(of_steps).chain(of_tensors).collect()
}

fn quantities() -> Vec<Entry> {
    let quantities = Quantity::all();
    quantities
        .map(|(name, doc)| plain("check.quantity", name, doc))
        .collect()
}

impl ListArgs {
    pub fn run(&self) -> Result<Outcome, Failure> {
        let kinds: Vec<&Kind> = match &self.kind {
            None => KINDS.iter().collect(),
            Some(name) => vec![find(name)?],
        };
        let text = match self.format {
            Format::Human => human(&kinds),
            Format::Json => json_text(&kinds),
        };
        output::result(&text)?;
        Ok(Outcome::Done)
    }
}

fn find(name: &str) -> Result<&'static Kind, Problem> {
    KINDS
        .iter()
        .find(|kind| kind.name == name)
        .ok_or_else(|| unknown("kind", name, &names()))
}

/// The names of the kinds.
fn names() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

fn human(kinds: &[&Kind]) -> String {
    let bold = anstyle::Style::new().bold();
    let mut lines = Vec::new();
    for kind in kinds {
        let entries = (kind.entries)();
        let width = entries
            .iter()
            .map(|entry| entry.name.len())
            .max()
            .unwrap_or(0);
        let mut place = "";
        for entry in &entries {
            if entry.place != place {
                place = entry.place;
                if !lines.is_empty() {
                    lines.push(String::new());
                }
                lines.push(format!("{bold}{}{bold:#} ({place})", kind.name));
            }
            lines.push(format!("  {:width$}  {}", entry.name, entry.doc));
            for parameter in &entry.parameters {
                lines.push(format!("  {:width$}    {}", "", describe(parameter)));
            }
        }
    }
    lines.join("\n") + "\n"
}

/// A parameter in one line: "slope = 0.01: Slope for x < 0."
fn describe(parameter: &Parameter) -> String {
    let mut text = parameter.name.clone();
    match &parameter.default {
        Some(default) => write!(text, " = {default}").expect("a string takes everything"),
        None if parameter.required => text.push_str(" (required)"),
        None => text.push_str(" (optional)"),
    }
    text + ": " + &parameter.doc
}

fn json_text(kinds: &[&Kind]) -> String {
    let parameter = |parameter: &Parameter| {
        json!({
            "name": parameter.name,
            "description": parameter.doc,
            "default": parameter.default,
            "required": parameter.required,
        })
    };
    let entry = |entry: &Entry| {
        json!({
            "name": entry.name,
            "place": entry.place,
            "description": entry.doc,
            "parameters": entry.parameters.iter().map(parameter).collect::<Vec<_>>(),
        })
    };
    let all: Map<String, Value> = kinds
        .iter()
        .map(|kind| {
            let entries = (kind.entries)();
            (kind.name.to_owned(), entries.iter().map(entry).collect())
        })
        .collect();
    format!("{:#}\n", Value::Object(all))
}
