//! How alike the tokens of a sequence become from block to block of a transformer at its start.
//! Dong, Cordonnier & Loukas 2021, arXiv:2103.03404. The numbers are means over networks of the
//! same definition in PyTorch.

use crate::common::{labels, named, normal};
use serde_json::json;
use vgrad::base::team::Team;
use vgrad::nn::architecture::{NetworkSpec, Setting};
use vgrad::nn::graph::Graph;
use vgrad::nn::layer::Mode;
use vgrad::nn::loss::Loss;
use vgrad::nn::network::{Capacity, Network};
use vgrad::nn::params::Draw;

const BLOCKS: usize = 12;
const WIDTH: usize = 64;
const POSITIONS: usize = 16;
const FEATURES: usize = 16;
const ROWS: usize = 8;
const SEEDS: u64 = 4;

/// A network of blocks at its start, with a batch at hand.
fn network(norm_position: &str, skip: &str, seed: u64, cut: &dyn Fn(&mut Graph<f64>)) -> Blocks {
    let keys = json!({
        "architecture": { "transformer": { "norm_position": norm_position } },
        "depth": BLOCKS,
        "width": WIDTH,
        "activation": "relu",
        "norm": "layer",
        "skip": skip,
    });
    let spec: NetworkSpec = serde_json::from_value(keys).unwrap();
    assert_eq!(spec.check(), None);
    let setting = Setting {
        positions: POSITIONS,
        inputs: FEATURES,
        image: None,
        is_ray: false,
        outputs: 10,
        seed,
    };
    let mut graph = spec.graph(&setting, false);
    cut(&mut graph);
    let team = Team::new(1).unwrap();
    let draw = Draw {
        init: &spec.scheme(),
        seed,
        team: &team,
    };
    let capacity = Capacity {
        rows: ROWS,
        classes: true,
    };
    let mut network = Network::new(graph, &draw, named::<Loss>("cross_entropy"), capacity);
    let inputs = normal(seed, ROWS, FEATURES * POSITIONS);
    let rows: Vec<usize> = (0..ROWS).collect();
    network.load(&inputs, &labels(ROWS * POSITIONS, 10), &rows);
    Blocks { network, team }
}

struct Blocks {
    network: Network<f64>,
    team: Team,
}

/// What block `block` hands on, of 0 the embedding: [rows · positions, width], row-major.
fn tokens(norm_position: &str, skip: &str, block: usize, seed: u64) -> Vec<f64> {
    let mut blocks = network(norm_position, skip, seed, &|graph| {
        // Cut off behind that block, so that its tokens are the output.
        graph.output = graph.layers[2 * block].h;
        let nodes = graph.nodes.iter();
        let end = nodes.take_while(|node| node.output <= graph.output).count();
        graph.nodes.truncate(end);
        graph.params.retain(|params| params.nodes[0] < end);
    });
    blocks.network.outputs(&blocks.team, Mode::Evaluation)
}

/// One pass that stops behind every block hands on what a pass up to there does.
#[test]
fn a_run_goes_on_from_where_the_last_one_came_to() {
    let mut anew = network("pre", "identity", 1, &|_| {});
    let mut further = network("pre", "identity", 1, &|_| {});
    let [mut expected, mut found] = [(); 2].map(|()| vec![0.0; ROWS * POSITIONS * WIDTH]);
    let mut after = 0;
    for block in 0..=BLOCKS {
        let layer = 2 * block + 1;
        let mode = Mode::Evaluation;
        anew.network.run_to(&anew.team, layer, mode, &mut expected);
        let part = [after, layer];
        further
            .network
            .run_on(&further.team, part, mode, &mut found);
        assert_eq!(found, expected, "block {block}");
        after = layer;
    }
}

/// 1 − the mean cosine of two tokens of a sequence.
fn unlikeness(tokens: &[f64]) -> f64 {
    assert_eq!(tokens.len(), ROWS * POSITIONS * WIDTH);
    // Of unit vectors, |Σ u|² = positions + Σ over pairs of their cosines.
    let cosines = tokens.chunks_exact(POSITIONS * WIDTH).map(|sequence| {
        let mut sum = [0.0; WIDTH];
        for token in sequence.chunks_exact(WIDTH) {
            let length = token.iter().map(|x| x * x).sum::<f64>().sqrt();
            sum.iter_mut()
                .zip(token)
                .for_each(|(s, x)| *s += x / length);
        }
        let square = sum.iter().map(|s| s * s).sum::<f64>();
        let positions = POSITIONS as f64;
        (square - positions) / (positions * (positions - 1.0))
    });
    1.0 - cosines.sum::<f64>() / ROWS as f64
}

/// Mean over the seeds after some block.
fn mean(norm_position: &str, skip: &str, block: usize) -> f64 {
    let of_seeds = (0..SEEDS).map(|seed| unlikeness(&tokens(norm_position, skip, block, seed)));
    of_seeds.sum::<f64>() / SEEDS as f64
}

/// Without skips 0.46, 0.023, 1.5e-5 and 6e-13 are left after blocks 1 to 4, and rounding after
/// that; single networks are within a factor of two of the first two.
#[test]
fn without_skips_tokens_become_one() {
    for (block, left) in [
        (0, 0.95..1.05),
        (1, 0.38..0.55),
        (2, 0.01..0.05),
        (3, 1e-8..1e-3),
        (4, -1e-14..1e-7),
        (5, -1e-14..1e-12),
        (BLOCKS, -1e-14..1e-12),
    ] {
        let found = mean("pre", "none", block);
        assert!(left.contains(&found), "block {block}: {found:e}");
    }
}

/// With skips 0.14 are left after 12 blocks where the norm stands inside, 0.0025 where it stands
/// behind the sum, and 0.99 of deepnorm, which carries more of x past every branch.
#[test]
fn skips_keep_tokens_apart() {
    for (norm_position, skip, left) in [
        ("pre", "identity", 0.08..0.22),
        ("post", "identity", 3e-4..0.01),
        ("post", "deepnorm", 0.95..1.05),
    ] {
        let found = mean(norm_position, skip, BLOCKS);
        assert!(left.contains(&found), "{norm_position} {skip}: {found:e}");
    }
}
