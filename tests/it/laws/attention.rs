//! Through attention.

use super::{assert_mean, start};

const TRANSFORMER: &str =
    "width = 32\nactivation = \"relu\"\nnorm = \"layer\"\nskip = \"identity\"";

fn transformer(norm_position: &str, depth: usize, keys: &str) -> String {
    format!(
        "architecture = {{ transformer = {{ norm_position = \"{norm_position}\" }} }}\n\
         depth = {depth}\n{keys}"
    )
}

/// Xiong et al. 2020, arXiv:2002.04745: with the norm inside the skip the last weight
/// gradient falls like 1/√depth, with the norm after it it does not. The bounds hold a
/// simulation's scatter. What grows towards the input does so like log depth: −0.97 decades at
/// depth 8 and −1.36 at 32, where growth by depth would be −3.9.
#[test]
fn the_last_gradient_falls_with_depth_where_the_norm_stands_inside() {
    let means = |norm_position: &str, depth: usize| {
        let network = transformer(norm_position, depth, TRANSFORMER);
        let this = start([8, 16, 8], &network);
        let desk = this.desk();
        let of_seed = |seed| {
            let table = this.table(&desk, seed);
            let last = table.only("name", &format!("feedforward_{depth}"));
            let path = table.numbers("activation_grad_norm");
            let attenuation = (path[2 * depth] / path[0]).log10();
            [last.numbers("weight_grad_norm")[0], attenuation]
        };
        let of_seeds: Vec<[f64; 2]> = (0..8).map(of_seed).collect();
        [0, 1].map(|which| of_seeds.iter().map(|it| it[which]).sum::<f64>() / 8.0)
    };
    let [pre_8, pre_32] = [8, 32].map(|depth| means("pre", depth));
    let [post_8, post_32] = [8, 32].map(|depth| means("post", depth));
    let (pre, post) = (pre_8[0] / pre_32[0], post_8[0] / post_32[0]);
    assert!((1.5..2.6).contains(&pre), "{pre}");
    assert!((0.5..1.4).contains(&post), "{post}");
    // Sizes themselves; single networks scatter by a quarter.
    for (found, simulated) in [
        (pre_8[0], 0.927),
        (pre_32[0], 0.509),
        (post_8[0], 2.67),
        (post_32[0], 3.66),
    ] {
        assert_mean(found, simulated, simulated / 4.0, 8);
    }
    assert_mean(pre_8[1], -0.97, 0.1, 8);
    assert_mean(pre_32[1], -1.36, 0.1, 8);
}

/// Deepnorm bounds what depth does. Wang et al. 2022, arXiv:2203.00555. In a simulation the
/// gradient's norm is 1.33 to 1.36 times as large at depths 4 to 50, where plain post-norm goes
/// from 2.5 to 5.5, and that of the first feed-forward weights 1.00 to 1.04 times the last's.
#[test]
fn deepnorm_is_as_flat_at_any_depth() {
    for depth in [4, 50] {
        let keys = TRANSFORMER.replace("identity", "deepnorm");
        let network = transformer("post", depth, &keys);
        let this = start([8, 16, 8], &network);
        let desk = this.desk();
        let ratios = |seed| {
            let table = this.table(&desk, seed);
            let norms = table.numbers("activation_grad_norm");
            let weights = |block: usize| {
                let of_block = table.only("name", &format!("feedforward_{block}"));
                of_block.numbers("weight_grad_norm")[0]
            };
            [norms[0] / norms[2 * depth], weights(1) / weights(depth)]
        };
        let ratios: Vec<[f64; 2]> = (0..8).map(ratios).collect();
        let mean = |which: usize| ratios.iter().map(|it| it[which]).sum::<f64>() / 8.0;
        // Seeds scatter by 0.04.
        assert_mean(mean(0), 1.35, 0.04, 8);
        assert_mean(mean(1), 1.02, 0.04, 8);
    }
}

/// What deepnorm makes smaller at the start: the value, what follows the heads, and both maps
/// of the feed-forward network, by (8 · depth)^-1/4; queries and keys stay.
#[test]
fn deepnorm_starts_its_branches_smaller() {
    let sums = |skip: &str| {
        let keys = TRANSFORMER.replace("identity", skip);
        let network = transformer("post", 4, &keys);
        let this = start([8, 16, 8], &network);
        this.table(&this.desk(), 0).numbers("weight_norm")
    };
    let (plain, deep) = (sums("identity"), sums("deepnorm"));
    let gain = 32f64.powf(-0.25);
    for l in 1..=8 {
        let ratio = deep[l] / plain[l];
        if l % 2 == 0 {
            assert!(
                (ratio / gain - 1.0).abs() < 1e-9,
                "layer {}: {ratio}",
                l + 1
            );
        } else {
            // Two of four matrices of one size.
            let half = (0.5 + 0.5 * gain * gain).sqrt();
            assert!(
                (ratio / half - 1.0).abs() < 0.05,
                "layer {}: {ratio}",
                l + 1
            );
        }
    }
}

/// Without a norm the skips' sums grow block by block: 8 seeds of a simulation gain 5.8 to 7.7
/// decades, with one 1.03 to 1.34.
#[test]
fn skips_without_a_norm_explode() {
    let keys = TRANSFORMER.replace("layer", "none");
    let network = transformer("pre", 16, &keys);
    let [_, without] = start([8, 16, 8], &network).means(8);
    let network = transformer("pre", 16, TRANSFORMER);
    let [_, with] = start([8, 16, 8], &network).means(8);
    assert!((-7.7..-5.8).contains(&without), "{without}");
    assert!((-1.34..-1.03).contains(&with), "{with}");
}

/// Attention without skips maps all positions to one: queries and keys stop receiving
/// anything, which activations' gradients do not show. Dong, Cordonnier & Loukas 2021,
/// arXiv:2103.03404. What is left of the tokens' differences goes with its square or faster, and
/// what arrives with it. Sizes are those of 40 networks of the same definition in PyTorch, whose
/// standard deviations are half their means: 2.3, 0.99, 0.10 and 1.8e-4 at queries and keys of
/// blocks 1 to 4, 4.1 to 6.0 at values and outputs of each. One such network's 1.5, 0.62, 0.054,
/// 1.2e-5 and 2.4e-15, and 2.9 to 4.4, lie among them.
#[test]
fn without_skips_queries_and_keys_receive_nothing_deep_down() {
    let keys = "width = 64\nactivation = \"relu\"\nnorm = \"layer\"\nskip = \"none\"";
    let network = transformer("pre", 12, keys);
    let this = start([16, 16, 8], &network);
    let desk = this.desk();
    let mut slopes = 0.0;
    for seed in 0..4 {
        slopes += this.decay(&desk, seed)[0] / 4.0;
        let parameters = desk.table("out/parameters.csv");
        let norm = |block: usize, part: &str| {
            let tensor = format!("layers.{}.in_proj.weight.{part}", 2 * block);
            parameters.only("tensor", &tensor).numbers("grad_norm")[0]
        };
        let scores: Vec<f64> = (1..=12).map(|b| norm(b, "q").hypot(norm(b, "k"))).collect();
        let of_first = |block: usize| scores[block - 1] / scores[0];
        assert!((0.7..5.0).contains(&scores[0]), "{scores:?}");
        assert!((0.2..0.8).contains(&of_first(2)), "{scores:?}");
        assert!((0.01..0.12).contains(&of_first(3)), "{scores:?}");
        assert!(of_first(4) < 1e-3, "{scores:?}");
        assert!((5..=12).all(|block| of_first(block) < 1e-10), "{scores:?}");
        let output = |block: usize| {
            let tensor = format!("layers.{}.out_proj.weight", 2 * block);
            parameters.only("tensor", &tensor).numbers("grad_norm")[0]
        };
        let values = (1..=12).map(|block| norm(block, "v").hypot(output(block)));
        let values: Vec<f64> = values.collect();
        assert!(values.iter().all(|v| (2.0..20.0).contains(v)), "{values:?}");
    }
    assert_mean(slopes, -0.011, 0.01, 4);
}

/// Without norm and skips a feed-forward network of r times the width costs
/// ½ log10((1 + r)²/2r) decades a block by Xavier's init, and attention over positions that
/// have become equal nothing: .1237 a layer for r = 4. A simulation scatters by .0104 a seed.
#[test]
fn without_norm_and_skips_the_feed_forward_networks_cost_what_their_fans_say() {
    let keys = "width = 64\nactivation = \"relu\"\nnorm = \"none\"\nskip = \"none\"";
    let network = transformer("pre", 8, keys);
    let this = start([16, 16, 8], &network);
    let expected = 0.5 * (25.0f64 / 8.0).log10() / 2.0;
    assert_mean(this.slope(12), expected, 0.0104, 12);
}
