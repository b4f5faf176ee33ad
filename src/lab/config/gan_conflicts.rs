//! What does not go together with `[gan]`, and within it.

use super::gan::Gan;
use super::sections::Spec;
use super::sizes::BatchSize;
use crate::base::Conflict;
use crate::nn::architecture::NetworkSpec;

/// The first contradiction between `[gan]` and the other keys.
pub fn conflict(spec: &Spec) -> Option<Conflict> {
    let gan = spec.gan.as_ref()?;
    weight_clip(gan)
        .or_else(|| network("network", &spec.network))
        .or_else(|| network("gan.discriminator", &gan.discriminator))
        .or_else(|| discriminator(gan))
        .or_else(|| coupled_rows(spec, gan))
        .or_else(|| optimizer(gan))
        .or_else(|| targets(spec))
}

/// An architecture that neither of the two networks can have: other keys may be those of
/// another one.
pub fn architecture(spec: &Spec) -> Option<Conflict> {
    let gan = spec.gan.as_ref()?;
    let networks = [
        ("network", &spec.network),
        ("gan.discriminator", &gan.discriminator),
    ];
    let mut others = networks
        .into_iter()
        .map(|(section, network)| (section, network.architecture.name()));
    let (section, name) = others.find(|(_, name)| *name != "mlp")?;
    Some(Conflict::new(
        &[&format!("{section}.architecture"), "gan"],
        format!("`{section}.architecture` = {name} with [gan], which trains two MLPs"),
        "expected \"mlp\" with [gan]",
        "remove `architecture`, or the section [gan]",
    ))
}

/// The loss of `[train]` beside `[gan]`, which has its own.
pub fn other_loss() -> Conflict {
    Conflict::new(
        &["train.loss", "gan"],
        "`train.loss` with [gan], whose networks minimise `gan.loss`",
        "not with [gan]",
        "remove `loss` from [train], and choose `loss` in [gan]",
    )
}

fn weight_clip(gan: &Gan) -> Option<Conflict> {
    gan.weight_clip
        .filter(|_| !gan.loss.losses().clips_weights())?;
    let name = gan.loss.name();
    Some(Conflict::new(
        &["gan.weight_clip", "gan.loss"],
        format!("`gan.weight_clip` with `gan.loss` = {name}, which needs no bounded weights"),
        "only with \"wasserstein\"",
        "remove `weight_clip`, or set `loss = \"wasserstein\"` in [gan]",
    ))
}

/// What neither of the two networks can have.
fn network(section: &str, network: &NetworkSpec) -> Option<Conflict> {
    let refused = |key: &str, what: &str, expected: &str, help: &str| {
        let key = format!("{section}.{key}");
        let what = format!("`{key}` = {what}");
        Some(Conflict::new(&[&key, "gan"], what, expected, help))
    };
    if network.dropout != 0.0 {
        let what = format!("{} with [gan], whose passes draw no masks", network.dropout);
        return refused("dropout", &what, "not with [gan]", "remove `dropout`");
    }
    if network.init.initializer().is_data_dependent() {
        let name = network.init.name();
        let what = format!("{name} with [gan]: there is no batch to scale the weights on");
        let help = "use `init = \"orthogonal\"` or another one that looks at no data";
        return refused("init", &what, "not with [gan]", help);
    }
    None
}

/// What contradicts itself within `[gan.discriminator]`.
fn discriminator(gan: &Gan) -> Option<Conflict> {
    if gan.discriminator.weights.is_some() {
        return Some(Conflict::new(
            &["gan.discriminator.weights"],
            "`gan.discriminator.weights`: one file holds the weights of both networks",
            "not here",
            "name the file in `network.weights`; its tensors begin with generator. and discriminator.",
        ));
    }
    let own = gan.discriminator.check()?;
    let renamed = |text: &str| text.replace("network.", "gan.discriminator.");
    let keys: Vec<String> = own.keys.iter().map(|key| renamed(key)).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let [what, expected, help] = [&own.what, &own.expected, &own.help].map(|text| renamed(text));
    Some(Conflict::new(&keys, what, &expected, &help))
}

fn coupled_rows(spec: &Spec, gan: &Gan) -> Option<Conflict> {
    let norm = &gan.discriminator.norm;
    if !norm.choice::<f64>().couples_rows() || spec.train.batch_size != BatchSize::Samples(1) {
        return None;
    }
    let name = norm.name();
    Some(Conflict::new(
        &["train.batch_size", "gan.discriminator.norm"],
        format!("{name} norm with `train.batch_size` = 1: the variance over one sample is 0"),
        &format!("expected at least 2 with `gan.discriminator.norm` = {name}"),
        "use a larger batch, or `norm = \"layer\"`",
    ))
}

fn optimizer(gan: &Gan) -> Option<Conflict> {
    let own = gan.train.optimizer.as_ref()?.recipe::<f64>().check()?;
    let keys: Vec<String> = own.keys.iter().map(|key| format!("gan.{key}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    Some(Conflict::new(&keys, own.what, &own.expected, &own.help))
}

/// What there is to say of targets, at which no generator looks.
fn targets(spec: &Spec) -> Option<Conflict> {
    let given = [
        ("data.standardize_target", spec.data.standardize_target),
        ("train.predictive", spec.train.predictive.is_some()),
    ];
    let (key, _) = given.into_iter().find(|(_, is_given)| *is_given)?;
    let name = key.split('.').next_back().unwrap_or(key);
    Some(Conflict::new(
        &[key, "gan"],
        format!("`{key}` with [gan], which looks at no targets"),
        "not with [gan]",
        &format!("remove `{name}`"),
    ))
}
