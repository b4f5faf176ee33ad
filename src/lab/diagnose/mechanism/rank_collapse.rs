//! Tokens that become alike on their way through the blocks of a transformer.

use super::super::case::Case;
use super::super::frame::{ColumnFact, Frame};
use super::super::tokens::TokenSpread;
use super::{Diagnosed, Mechanism};
use crate::lab::json::Real;
use crate::lab::remedies::CureKind;
use crate::lab::text::number;
use crate::nn::skip::Skip;

pub const RANK_COLLAPSE: Mechanism = Mechanism {
    name: "rank_collapse",
    title: "rank collapse",
    doc: "attention makes all tokens of a sample alike, and queries and keys receive nothing",
    columns: &[],
    cures: &[CureKind::Gradients],
    find,
};

/// 1 minus the similarity of tokens below which they are alike where nothing was learned: that
/// little of a difference is left to attend by.
const ALIKE: f64 = 1e-4;
/// And whatever was learned without skips: nothing but rounding is left.
const GONE: f64 = 1e-8;

/// Whether skips lead tokens around attention: from the same start such networks train once their
/// steps are right.
pub fn has_skips(case: &Case) -> bool {
    let skip = case.spec().map(|spec| &spec.network.skip);
    skip.is_some_and(|skip| !matches!(skip, Skip::NoSkip(_)))
}

fn find(case: &Case, _: &Frame, _: &[Diagnosed]) -> Option<Diagnosed> {
    let step = case.first().step.step;
    let spreads = case.expected.tokens.as_deref().filter(|_| step == 0)?;
    let limit = match case.stats.learned {
        Some(true) if has_skips(case) => return None,
        Some(true) => GONE,
        _ => ALIKE,
    };
    let [embedding, blocks @ ..] = spreads else {
        return None;
    };
    let last = blocks.last()?;
    // What arrives alike has not been made so.
    let collapses = embedding.spread >= ALIKE && last.spread < limit;
    if !collapses {
        return None;
    }
    let differ = blocks.iter().rposition(|one| one.spread >= ALIKE);
    let alike = &blocks[differ.map_or(0, |at| at + 1)..];
    let first = alike.first()?;
    let layers: Vec<usize> = alike.iter().map(|one| one.layer).collect();
    Some(Diagnosed {
        mechanism: &RANK_COLLAPSE,
        share: None,
        step,
        sentence: format!(
            "from block {} on the tokens of a sample are alike: 1 − their cosine is {} behind it, \
             {} behind the last block and {} behind the embedding. Attention then tells no position \
             from another, and the gradients of its queries and keys vanish with the differences, \
             which ‖∂L/∂h‖ does not show (Dong 2021, arXiv:2103.03404)",
            first.block,
            number(first.spread),
            number(last.spread),
            number(embedding.spread)
        ),
        evidence: vec![fact(step, alike, &layers)],
        layers,
        rate: None,
        precedence: 0,
    })
}

/// The spreads themselves, which are measured on the network and are no column of the log.
fn fact(step: u64, alike: &[TokenSpread], layers: &[usize]) -> ColumnFact {
    let spreads = alike.iter().map(|one| one.spread);
    ColumnFact {
        column: "token_spread".to_owned(),
        step,
        layers: layers.to_vec(),
        least: Real(spreads.clone().fold(f64::INFINITY, f64::min)),
        most: Real(spreads.fold(0.0, f64::max)),
    }
}
