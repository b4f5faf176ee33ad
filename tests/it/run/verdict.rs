//! What the summary says of the whole run: its verdict, whether anything was
//! learned, and where it began to fail.

use std::path::Path;

use crate::desk::{Desk, SMALL};

fn case(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cases");
    std::fs::read_to_string(path.join(name)).unwrap()
}

/// A ReLU network that Adam at a rate of 0.3 kills: healthy at step 0, at the end
/// nothing reaches its first layers, and it names one class for every digit.
#[test]
fn a_network_that_dies_in_training_is_no_healthy_one() {
    let desk = Desk::with(&case("dying/dies.toml"));
    desk.run("--set train.optimizer=adam --set train.learning_rate=0.3")
        .fine();
    let summary = desk.summary("runs/trial");
    assert_eq!(summary["initial"]["verdict"], "healthy");
    assert_eq!(summary["final"]["verdict"], "vanishing");
    assert_eq!(summary["verdict"], "vanishing");
    assert_eq!(summary["learned"], false);
    let by = &summary["learned_by"];
    assert_eq!(by["quantity"], "test_accuracy");
    assert_eq!(by["value"], summary["test_accuracy"]);
    // A fifth of 1797 digits.
    assert_eq!(by["samples"], 359);
    let c = by["guessing"].as_f64().unwrap();
    let margin = 3.0 * (c * (1.0 - c) / 359.0).sqrt();
    assert!((by["margin"].as_f64().unwrap() - margin).abs() < 1e-15);

    // From the onset on, and not at the step before, its layer reads exactly 0.
    let onset = &summary["onset"];
    assert_eq!(onset["condition"], "zero");
    assert_eq!(onset["value"], 0.0);
    let layer = onset["layer"].as_u64().unwrap();
    assert_eq!(onset["name"], format!("hidden_{layer}"));
    let step = onset["step"].as_u64().unwrap() as usize;
    let table = desk.table("runs/trial/gradients.csv");
    let of = |layer: u64| {
        let table = table.only("layer", &layer.to_string());
        table.numbers("activation_grad_norm")
    };
    let norms = of(layer);
    assert!(step > 0 && norms[step - 1] > 0.0);
    assert!(norms[step..].iter().all(|norm| *norm == 0.0));
    // The next layer is alive then, or comes back to life later.
    assert_eq!(onset["next_value"], of(layer + 1)[step]);
}

#[test]
fn learned_is_told_of_test_sets_training_and_regression() {
    let desk = Desk::with(SMALL);
    let learned = |flags: &str, quantity: &str| {
        let _ = std::fs::remove_dir_all(desk.path("runs"));
        desk.run(flags).fine();
        let summary = desk.summary("runs/trial");
        if !quantity.is_empty() {
            assert_eq!(summary["learned_by"]["quantity"], quantity, "{flags}");
        } else {
            assert!(summary["learned_by"].is_null());
        }
        summary["learned"].as_bool()
    };
    let long = "--set train.epochs=20 --set train.learning_rate=0.3";
    assert_eq!(learned(long, "test_accuracy"), Some(true));
    let no_test = "--set data.test_fraction=0.0";
    let found = learned(&format!("{long} {no_test}"), "train_accuracy");
    assert_eq!(found, Some(true));
    let sine = "--set data.source=sine --set train.loss=mse";
    let found = learned(&format!("{sine} {long}"), "test_loss");
    assert_eq!(found, Some(true));
    // A rate this small changes nothing, and weights this small say 0 to all.
    let still = "--set train.epochs=2 --set train.learning_rate=1e-9 \
                 --set network.init.normal.std=0.001";
    let found = learned(&format!("{sine} {still} {no_test}"), "train_loss");
    assert_eq!(found, Some(false));
    assert_eq!(learned("--set train.steps=0", ""), None);
}

/// Guessing is judged where the run is: the mean of the training targets, 0, costs 9 and 25 on
/// the two samples of the test file, 17 in the mean with a standard deviation of 8.
#[test]
fn a_test_loss_is_held_against_guessing_on_the_test_set() {
    let desk = Desk::with(SMALL);
    let rows = (0..32).map(|i| format!("{},{}\n", i % 5, [-1, 1][i % 2]));
    desk.write("train.csv", format!("x,y\n{}", rows.collect::<String>()));
    desk.write("test.csv", "x,y\n1,3\n2,5\n");
    let source = "data.source={csv={path='train.csv',target='y',test_path='test.csv'}}";
    desk.run(&format!("--set {source} --set train.loss=mse --out run"))
        .fine();
    let summary = desk.summary("run");
    let by = &summary["learned_by"];
    assert_eq!(by["quantity"], "test_loss");
    let figure = |key: &str| by[key].as_f64().unwrap();
    assert!((figure("guessing") - 17.0).abs() < 1e-9, "{by}");
    assert!((figure("margin") - 24.0 / 2f64.sqrt()).abs() < 1e-9, "{by}");
    // What losses are compared by is that of the training split still.
    let guessing = summary["guessing_loss"].as_f64().unwrap();
    assert!((guessing - 1.0).abs() < 1e-9, "{guessing}");
}

/// Guessing 2 costs 8/3 on three test rows, and three standard errors of that are 3·√(32/9)/√3 =
/// 3.27: no loss could lie so far below it.
#[test]
fn too_few_samples_do_not_say_that_nothing_was_learned() {
    let rule = "[[check]]\nquantity = \"attenuation_decades\"\nmax = 1000\n";
    let desk = Desk::with(&format!("{SMALL}{rule}"));
    let rows = (0..32).map(|i| format!("{0},{0}\n", i % 5));
    desk.write("train.csv", format!("x,y\n{}", rows.collect::<String>()));
    desk.write("test.csv", "x,y\n0,0\n2,2\n4,4\n");
    let source = "data.source={csv={path='train.csv',target='y',test_path='test.csv'}}";
    let flags = format!("--set {source} --set train.loss=mse --set train.steps=60 --out run");
    let run = desk.run(&flags).fine();
    let summary = desk.summary("run");
    let by = &summary["learned_by"];
    assert!(by["value"].as_f64() < Some(1.0), "{by}");
    assert_eq!(
        (&summary["learned"], &by["samples"]),
        (&false.into(), &3.into())
    );
    let check = desk.vgrad(["check", "run"]).fine();
    let diagnosis = desk.vgrad(["diagnose", "run"]).fine();
    desk.vgrad(["report", "run"]).fine();
    let page = desk.read("report.html");
    for told in [&run.stdout, &check.stderr, &diagnosis.stdout, &page] {
        let told: Vec<&str> = told.split_whitespace().collect();
        let told = told.join(" ");
        let few = "3 samples are too few to tell whether something was learned: loss 0.";
        assert!(
            told.contains(few) && told.contains(", guessing 2.67"),
            "{told}"
        );
        // A loss that is a hundredth of guessing's needs no cure.
        for words in [
            "nothing was learned",
            "nothing learned",
            "not learning",
            "try next",
        ] {
            assert!(!told.contains(words), "{words}: {told}");
        }
    }
    assert!(page.contains("too few samples to tell"), "{page}");
    assert!(!page.contains("learned nothing"), "{page}");
    // So do the cures tried on them.
    let cures =
        format!("remedies trial.toml --set {source} --set train.loss=mse --seeds 1 --out c");
    let told = desk.vgrad(cures.split(' ')).fine().stdout;
    let few = told.matches("healthy, too few samples to tell").count();
    assert!(few > 3 && !told.contains("nothing learned"), "{told}");
    let csv = desk.read("c/remedies.csv");
    assert!(
        csv.lines().next().unwrap().ends_with(",too_few_samples"),
        "{csv}"
    );
}

#[test]
fn a_deep_sigmoid_network_loses_its_gradient_where_the_log_says() {
    let desk = Desk::with(SMALL);
    desk.run("--set network.activation=sigmoid --set network.depth=12")
        .fine();
    let summary = desk.summary("runs/trial");
    assert_eq!(summary["verdict"], "vanishing");
    let onset = &summary["onset"];
    assert_eq!(
        (&onset["step"], &onset["condition"]),
        (&0.into(), &"loss".into())
    );
    // The first layer from the output that lies four decades below the last.
    let table = desk.table("runs/trial/gradients.csv");
    let norms = table.only("step", "0").numbers("activation_grad_norm");
    let layer = (0..12)
        .rev()
        .find(|&i| norms[i] * 1e4 <= norms[11])
        .unwrap()
        + 1;
    assert_eq!(onset["layer"], layer);
    // A healthy one has no onset.
    desk.run("--out healthy").fine();
    assert!(desk.summary("healthy")["onset"].is_null());
    // A diverged one is told where its first NaN or inf stands.
    desk.run("--set network.activation=relu --set network.init.normal.std=1e30 --out wild")
        .fine();
    let wild = &desk.summary("wild")["onset"];
    assert_eq!(
        (&wild["step"], &wild["condition"]),
        (&0.into(), &"non_finite".into())
    );
    assert_eq!(wild["layer"], 5);
}
