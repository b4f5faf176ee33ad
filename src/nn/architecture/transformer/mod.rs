//! The transformer: attention and a feed-forward network in turn.

mod assembly;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Blueprint, NetworkSpec, Setting, Unused};
use crate::base::family::member;
use crate::base::{Conflict, Scalar};
use crate::graph::{GraphBuilder, ValueId};
use crate::norm::Norm;
use crate::readout::Readout;
use crate::skip::{Deepnorm, Identity, Skip};
use crate::width::Width;

use assembly::Assembly;

member! {
    /// A transformer over the positions of a sequence: `depth` blocks of multi-head self-attention and a feed-forward network of `width` units, then a linear output layer. Vaswani et al. 2017, arXiv:1706.03762.
    pub struct Transformer {
        /// Heads of attention; they divide the width.
        #[schemars(range(min = 1))]
        heads: usize = 4,
        /// Units of a feed-forward network's inner layer, in widths.
        #[schemars(range(min = 1))]
        feedforward: usize = 4,
        /// Where the norm stands: before attention and feed-forward network, inside the skip, or after it.
        norm_position: NormPosition = NormPosition::Pre,
        /// How positions are told apart.
        position_encoding: PositionKind = PositionKind::Learned,
        /// Whether a position looks at itself and earlier ones only.
        causal: bool = false,
    }
}

/// Where the norm stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NormPosition {
    /// x + f(norm(x)), and a last norm before the readout. Xiong et al. 2020, arXiv:2002.04745.
    Pre,
    /// norm(x + f(x)).
    Post,
}

/// How positions are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PositionKind {
    /// A trained vector for each.
    Learned,
    /// Sines and cosines.
    Sinusoidal,
    /// Not at all.
    None,
}

impl<T: Scalar> Blueprint<T> for Transformer {
    fn unused(&self) -> Vec<Unused> {
        vec![
            Unused::new("encoding", "each position is read as it is"),
            Unused::new(
                "order",
                "its blocks have an order of their own, and `norm_position` says where the norm stands",
            ),
        ]
    }

    fn readout(&self) -> Option<Readout> {
        Some(Readout::Mean)
    }

    fn check(&self, network: &NetworkSpec) -> Option<Conflict> {
        self.width(network)
            .or_else(|| self.norm(network))
            .or_else(|| self.skip(network))
            .or_else(|| init(network))
    }

    fn known_of_start(&self, network: &NetworkSpec) -> Option<String> {
        let depth = network.depth;
        let has_norm = !matches!(network.norm, Norm::NoNorm(_));
        let is_inside = self.norm_position == NormPosition::Pre;
        // Theirs are plain skips.
        let is_plain = |skip: &Identity| (skip.scale, skip.shortcut) == (1.0, 1.0);
        match &network.skip {
            Skip::Identity(skip) if !is_plain(skip) => None,
            // The norm divides what enters a branch by the square root of the blocks
            // that were added up before it; before a lone one there are none.
            Skip::Identity(_) if has_norm && is_inside && depth == 1 => None,
            Skip::Identity(_) if has_norm && is_inside => Some(format!(
                "the weight gradient of the last feed-forward network falls as 1/√depth, here to \
                 {:.2} of that of one block (Xiong 2020, arXiv:2002.04745)",
                1.0 / (depth as f64).sqrt()
            )),
            Skip::Identity(_) if has_norm => Some(
                "the weight gradient of the last feed-forward network does not fall with depth, \
                 which Adam answers with steps that are too large unless the rate warms up \
                 (Xiong 2020, arXiv:2002.04745)"
                    .to_owned(),
            ),
            Skip::Deepnorm(_) => Some(format!(
                "the skip carries {:.2} x and the branches start {:.2} times as large, so that \
                 gradients and updates are bounded whatever the depth (Wang 2022, arXiv:2203.00555)",
                Deepnorm::carry(depth),
                Deepnorm::gain(depth)
            )),
            // The branches start at 0, and a norm stands within them.
            Skip::Rezero(_) if is_inside => Some(
                "every branch starts at 0, so that the gradient is the same at all layers \
                 (Bachlechner 2020, arXiv:2003.04887)"
                    .to_owned(),
            ),
            // One block does not make them one, and nothing comes behind it.
            Skip::NoSkip(_) if depth > 1 => Some(
                "without skips attention whose weights are of the usual scale maps all positions to \
                 one within a few blocks, and queries and keys of later ones receive no gradient \
                 (Dong 2021, arXiv:2103.03404)"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    fn layers(&self, network: &NetworkSpec, _positions: usize) -> usize {
        network.depth.saturating_mul(2).saturating_add(2)
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
            blocks: self,
            width: network.width.of(1),
        };
        let mut x = assembly.embedding(input);
        for b in 1..=network.depth {
            x = assembly.attention(b, x);
            x = assembly.feed_forward(b, x);
        }
        assembly.output(x)
    }
}

impl Transformer {
    fn width(&self, network: &NetworkSpec) -> Option<Conflict> {
        if matches!(network.width, Width::PerLayer(_)) {
            return Some(Conflict::new(
                &["network.width", "network.architecture"],
                "`network.width` is a list, and a transformer's blocks have one width",
                "expected one integer",
                "give one width",
            ));
        }
        let (width, heads) = (network.width.of(1), self.heads);
        (!width.is_multiple_of(heads)).then(|| {
            Conflict::new(
                &["network.architecture.transformer.heads", "network.width"],
                format!("{heads} heads do not divide `network.width` = {width}"),
                "expected a divisor of the width",
                "change `heads` or `width`",
            )
        })
    }

    fn norm(&self, network: &NetworkSpec) -> Option<Conflict> {
        matches!(network.norm, Norm::Batch(_)).then(|| {
            Conflict::new(
                &["network.norm", "network.architecture"],
                "`network.norm` = batch in a transformer, whose tokens are normalized one by one: over a \
                 batch each would depend on the others, and on those after it",
                "expected \"none\", \"layer\" or \"rms\" here",
                "use `norm = \"layer\"`",
            )
        })
    }

    fn skip(&self, network: &NetworkSpec) -> Option<Conflict> {
        let name = network.skip.name();
        match &network.skip {
            Skip::Deepnorm(_)
                if self.norm_position == NormPosition::Pre
                    || matches!(network.norm, Norm::NoNorm(_)) =>
            {
                Some(Conflict::new(
                    &[
                        "network.skip",
                        "network.architecture.transformer.norm_position",
                        "network.norm",
                    ],
                    "`network.skip` = deepnorm needs a norm after the skip",
                    "expected norm_position = \"post\" and a norm with it",
                    "set `norm_position = \"post\"` and `norm = \"layer\"`",
                ))
            }
            Skip::Identity(Identity { every: 1, .. })
            | Skip::NoSkip(_)
            | Skip::Rezero(_)
            | Skip::Deepnorm(_) => None,
            Skip::Identity(_) => Some(Conflict::new(
                &["network.skip.identity.every", "network.architecture"],
                "`every` in a transformer, where each attention and each feed-forward network has a skip of its own",
                "expected 1 here",
                "remove `every`",
            )),
            _ => Some(Conflict::new(
                &["network.skip", "network.architecture"],
                format!(
                    "`network.skip` = {name} in a transformer, whose attention and feed-forward \
                     networks are added to what they read"
                ),
                "expected \"none\", \"identity\", \"rezero\" or \"deepnorm\" here",
                "use `skip = \"identity\"`",
            )),
        }
    }
}

fn init(network: &NetworkSpec) -> Option<Conflict> {
    let is_data_dependent = network.init.initializer().is_data_dependent();
    is_data_dependent.then(|| {
        Conflict::new(
            &["network.init", "network.architecture"],
            "`network.init` = lsuv scales layers one after the other, which a transformer's maps are not",
            "another init here",
            "use `xavier_normal`, or another init",
        )
    })
}
