//! Images and convolutions that do not fit: each refused with its key and what to do.

use crate::desk::Desk;

const DIGITS: &str = r#"
[data]
source = "digits"
[network]
architecture = "conv"
depth = 5
width = 4
activation = "relu"
[train]
steps = 2
batch_size = 16
learning_rate = 0.1
"#;

#[test]
fn what_does_not_fit_is_named() {
    let desk = Desk::with(DIGITS);
    let conv = "--set network.architecture.conv";
    for (flags, words) in [
        (
            format!("{conv}.kernel=4"),
            vec!["conv.kernel", "no centre", "use 3 or 5"],
        ),
        (
            format!("{conv}.kernel=1000001"),
            vec!["conv.kernel", "[1, 8, 8]", "at most 15"],
        ),
        (
            format!("{conv}.downsample=[6]"),
            vec!["conv.downsample", "layer 6", "depth"],
        ),
        (
            format!("{conv}.downsample=[2,2]"),
            vec!["conv.downsample", "twice"],
        ),
        (
            format!("{conv}.downsample=[2,3,4,5]"),
            vec!["conv.downsample", "layer 5", "single pixel"],
        ),
        (
            "--set data.image=[1,8,9]".into(),
            vec!["data.image", "72", "64 features"],
        ),
        (
            "--set data.image=[8,8]".into(),
            vec!["data.image", "list of 3"],
        ),
        (
            "--set data.source={blobs={features=6}}".into(),
            vec!["data.image", "blobs", "add `image"],
        ),
        (
            "--set network.skip=highway".into(),
            vec!["network.skip", "highway", "identity"],
        ),
        (
            "--set network.skip={concat={at=[2]}}".into(),
            vec!["network.skip", "concat"],
        ),
        (
            "--set network.skip=identity --set network.width=[4,4,4,3,4]".into(),
            vec!["network.skip", "layer 3 with 4 channels to layer 4 with 3"],
        ),
        (
            "--set network.encoding=fourier".into(),
            vec!["network.encoding", "conv"],
        ),
        (
            "--set network.readout=mean".into(),
            vec!["network.readout", "conv"],
        ),
        (
            "--set data.positions=8".into(),
            vec!["data.positions", "conv"],
        ),
    ] {
        let words: Vec<&str> = words.iter().map(|word| &**word).collect();
        desk.run(&flags).refused(&words);
        assert!(!desk.has("runs"), "{flags}");
    }
}

/// The shape of the features may be said where the network does not ask for it.
#[test]
fn an_mlp_takes_data_that_are_images() {
    let desk = Desk::with(DIGITS);
    desk.run("--set network.architecture=mlp --set data.image=[1,8,8]")
        .fine();
}

/// Every weight has the shape that PyTorch gives it.
#[test]
fn kernels_are_written_as_pytorch_has_them() {
    let desk = Desk::with(DIGITS);
    desk.run("--set log.save_weights=true --set network.architecture.conv.downsample=[2]")
        .fine();
    let bytes = desk.bytes("runs/trial/weights/final.safetensors");
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let shape = |l: usize| {
        file.tensor(&format!("layers.{l}.weight"))
            .unwrap()
            .shape()
            .to_vec()
    };
    assert_eq!(shape(1), [4, 1, 3, 3]);
    assert_eq!(shape(2), [8, 4, 3, 3]);
    assert_eq!(shape(5), [8, 8, 3, 3]);
    assert_eq!(shape(6), [10, 8]);
}
