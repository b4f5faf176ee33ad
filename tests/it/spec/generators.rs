//! What does not go together with `[gan]`.

use super::cases::{edited, flagged};

/// `[gan]` at its least.
const GAN: &str = "gan.discriminator={depth=2,width=4,activation=\"tanh\"}";

#[track_caller]
fn refused(flag: &str, parts: &[&str]) {
    flagged(&[GAN, flag], parts);
}

#[test]
fn what_two_mlps_have_no_use_for_is_refused() {
    refused(
        "train.loss=mse",
        &["`train.loss` with [gan]", "remove `loss`"],
    );
    refused(
        "network.dropout=0.5",
        &["`network.dropout` = 0.5", "draw no masks"],
    );
    refused(
        "gan.discriminator.dropout=0.5",
        &["`gan.discriminator.dropout` = 0.5"],
    );
    refused("network.init=lsuv", &["`network.init` = lsuv", "no batch"]);
    refused(
        "gan.discriminator.init=lsuv",
        &["`gan.discriminator.init` = lsuv"],
    );
    for section in ["network", "gan.discriminator"] {
        refused(
            &format!("{section}.architecture.recurrent.cell=rnn"),
            &["recurrent with [gan]", "trains two MLPs"],
        );
        // An LSTM has no use for the activation, which is not what is wrong here.
        refused(
            &format!("{section}.architecture.recurrent.cell=lstm"),
            &["recurrent with [gan]", "trains two MLPs"],
        );
        refused(
            &format!("{section}.readout=last"),
            &[
                &format!("`{section}.readout`"),
                "reads all features at once",
            ],
        );
    }
    refused("data.positions=8", &["`data.positions` = 8"]);
    refused("data.standardize_target=true", &["looks at no targets"]);
    refused("train.predictive=softmax", &["looks at no targets"]);
    refused(
        "gan.discriminator.weights=a.safetensors",
        &[
            "one file holds the weights of both networks",
            "network.weights",
        ],
    );
}

#[test]
fn keys_within_gan_that_do_not_go_together() {
    for loss in ["saturating", "non_saturating", "least_squares"] {
        flagged(
            &[GAN, &format!("gan.loss={loss}"), "gan.weight_clip=0.1"],
            &["`gan.weight_clip`", "only with \"wasserstein\""],
        );
    }
    flagged(
        &[GAN, "gan.discriminator.norm=batch", "train.batch_size=1"],
        &["variance over one sample", "gan.discriminator.norm"],
    );
    refused(
        "gan.discriminator.skip.identity.every=3",
        &["does not divide `gan.discriminator.depth` − 1 = 1"],
    );
    refused(
        "gan.train.optimizer.sgd.nesterov=true",
        &["gan.train.optimizer.sgd.nesterov", "add `momentum = 0.9`"],
    );
    refused("gan.noise=0", &["expected an integer ≥ 1"]);
    refused("gan.loss=hinge", &["saturating"]);
    edited(
        "[train]",
        "[gan]\nnoise = 2\n[train]",
        &["`gan.discriminator`", "missing"],
    );
    edited(
        "[train]",
        "[gan.discriminator]\ndepth = 2\nwidth = 4\n[train]",
        &["activation", "missing"],
    );
}
