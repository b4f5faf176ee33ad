//! Which layers a user asks for with `--layers`: names in forward order, or a pattern; of
//! several runs first which run.

use regex::Regex;

use super::chains::{ChainMembers, is_chain};
use super::parameter::ParameterName;
use crate::base::Problem;

/// Of a log's runs those that a text names, and what is left of it to say which layers:
/// `run-a`, `run-a:policy`, or a pattern of runs' names where no layer matches it. All runs
/// where it speaks of layers.
pub fn runs_of<'a>(
    text: &'a str,
    runs: &[&'a str],
    layers: &[&str],
) -> (Vec<&'a str>, Option<&'a str>) {
    if let Some(run) = runs.iter().find(|run| **run == text) {
        return (vec![run], None);
    }
    let chain_of = |run: &&'a str| Some((*run, text.strip_prefix(run)?.strip_prefix(':')?));
    if let Some((run, chain)) = runs.iter().find_map(chain_of) {
        return (vec![run], Some(chain));
    }
    let pattern = Regex::new(text)
        .ok()
        .filter(|pattern| !is_chain(text) && !layers.iter().any(|layer| pattern.is_match(layer)));
    let matching = runs.iter().filter(|run| {
        let mut pattern = pattern.iter();
        pattern.any(|pattern| pattern.is_match(run))
    });
    let matching: Vec<&str> = matching.copied().collect();
    match matching.is_empty() {
        true => (runs.to_vec(), Some(text)),
        false => (matching, None),
    }
}

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub struct Pick {
    text: Option<String>,
    /// Whether the names of the log are those listed.
    is_list: bool,
}

impl Pick {
    /// Of a command line; `names` are those of parameters and layers in the log.
    ///
    /// # Errors
    /// If it is neither a list of such names nor a pattern.
    pub fn of(text: Option<&str>, names: &[&str]) -> Result<Self, Problem> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        let items: Vec<&str> = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .collect();
        let is_known = |item: &&&str| names.iter().any(|name| is_same(name, item));
        let known = items.iter().filter(is_known).count();
        let is_list = items.len() > 1 && known * 2 > items.len();
        if is_list && let Some(unknown) = items.iter().find(|item| !is_known(item)) {
            let near = crate::base::nearest::nearest(unknown, names.iter().copied());
            let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
            return Err(
                Problem::new(format!("--layers: the log has no layer `{unknown}`"))
                    .help(format!("{near}its layers are {}", some(names))),
            );
        }
        if !is_list {
            regex(text)?;
        }
        Ok(Self {
            text: Some(text.to_owned()),
            is_list,
        })
    }

    /// Whether an order was given.
    pub fn is_order(&self) -> bool {
        self.is_list
    }

    /// The places of the layers listed among `names`, in the order of the list; `None` where
    /// there is no list.
    ///
    /// # Errors
    /// If a layer is listed twice.
    pub fn chosen(&self, names: &[&str]) -> Result<Option<Vec<usize>>, Problem> {
        let Some(text) = self.text.as_ref().filter(|_| self.is_list) else {
            return Ok(None);
        };
        let mut chosen = Vec::new();
        for item in text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            let Some(place) = names.iter().position(|name| is_same(name, item)) else {
                continue;
            };
            if chosen.contains(&place) {
                let what = format!("--layers names the layer `{}` twice", names[place]);
                return Err(Problem::new(what).help("the parameters of a layer are taken together"));
            }
            chosen.push(place);
        }
        Ok(Some(chosen))
    }

    /// Of some chains those and their layers that match the pattern.
    ///
    /// # Errors
    /// If none does.
    pub fn filtered(
        &self,
        names: &[&str],
        chains: Vec<ChainMembers>,
    ) -> Result<Vec<ChainMembers>, Problem> {
        let Some(text) = &self.text else {
            return Ok(chains);
        };
        if chains.iter().any(|chain| chain.name == *text) {
            return Ok(chains
                .into_iter()
                .filter(|chain| chain.name == *text)
                .collect());
        }
        let pattern = regex(text)?;
        let kept = chains.into_iter().map(|chain| ChainMembers {
            members: chain
                .members
                .into_iter()
                .filter(|&i| pattern.is_match(names[i]))
                .collect(),
            name: chain.name,
        });
        let mut kept: Vec<ChainMembers> = kept.filter(|chain| !chain.members.is_empty()).collect();
        if kept.is_empty() {
            return Err(
                Problem::new(format!("--layers {text}: no layer of the log matches"))
                    .help(format!("its layers are {}", some(names))),
            );
        }
        if let [chain] = &mut kept[..] {
            chain.name.clear();
        }
        Ok(kept)
    }
}

/// Whether a layer is meant by an item: by its name or by that of a parameter of it.
fn is_same(name: &str, item: &str) -> bool {
    let module = |name: &str| ParameterName::of(name).module;
    name == item || module(item) == name || module(name) == item
}

fn regex(text: &str) -> Result<Regex, Problem> {
    Regex::new(text).map_err(|error| {
        // Of its drawing the last line says what is wrong.
        let error = error.to_string();
        let error = error.lines().last().unwrap_or_default();
        let error = error.strip_prefix("error: ").unwrap_or(error);
        Problem::new(format!(
            "--layers {text}: is neither a list of layers nor a pattern: {error}"
        ))
        .help("give names from the input to the output, a,b,c, or a regular expression")
    })
}

/// Names, those that there is room for.
fn some(names: &[&str]) -> String {
    const MOST: usize = 40;
    let shown = names
        .iter()
        .copied()
        .take(MOST)
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
