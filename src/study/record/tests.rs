//! Any team writes the same bytes, and a full disk is told of.

use super::*;
use crate::base::squares::{Scale, Squares};
use crate::nn::graph::LayerInfo;
use crate::nn::measure::{LayerSums, ParamSums};
use crate::nn::train_step::StepMetrics;
use crate::train::TestMetrics;

fn sums(seed: usize) -> LayerSums {
    let squares = |sum: f64| Squares::scaled(sum, Scale::One);
    LayerSums {
        activation_grad: squares(0.25f64.powi(seed as i32 + 1)),
        params: Some(ParamSums {
            weight_squares: squares(seed as f64),
            weight_grad_squares: squares(f64::NAN),
            update_squares: (!seed.is_multiple_of(2)).then_some(squares(0.25 * seed as f64)),
            ..ParamSums::default()
        }),
        ..LayerSums::default()
    }
}

/// `depth` hidden layers and the output.
fn infos(depth: usize) -> Vec<LayerInfo> {
    let info = LayerInfo::new;
    let hidden = (1..=depth).map(|l| info(format!("hidden_{l}"), Some(l as u32)));
    hidden.chain([info("output".into(), None)]).collect()
}

/// Tells of `steps` steps, every third of which is not logged.
fn tell(recorder: &mut Recorder, steps: u64) -> Result<(), Problem> {
    for step in 0..steps {
        // Another number of layers each time, as if memory were reused badly.
        let layers: Vec<_> = (0..1 + step as usize % 70).map(sums).collect();
        let test = TestMetrics {
            loss: step as f64,
            accuracy: None,
        };
        if step.is_multiple_of(50) {
            recorder.on_evaluation()?;
        }
        recorder.on_step(&StepRecord {
            step,
            epoch: step / 10,
            learning_rate: 0.1,
            metrics: StepMetrics {
                loss: 1.0 / (step + 1) as f64,
                accuracy: Some(0.5),
                grad_norm: f64::INFINITY,
                clipped: step.is_multiple_of(2),
                diverged_at: None,
            },
            adversary: None,
            test: step.is_multiple_of(6).then_some(test),
            infos: &infos(layers.len() - 1),
            layers: (!step.is_multiple_of(3)).then_some(&layers),
            tensors: &[],
        })?;
    }
    Ok(())
}

#[test]
fn any_team_writes_the_same_bytes() {
    let written = |threads: usize, flush: bool| {
        let folder = tempfile::tempdir().unwrap();
        let team = Team::new(threads).unwrap();
        let mut recorder = Recorder::create(folder.path(), &team, Extras::default()).unwrap();
        tell(&mut recorder, 500).unwrap();
        assert_eq!(recorder.logged_steps(), 333);
        if flush {
            recorder.flush().unwrap();
        } else {
            drop(recorder);
        }
        ["gradients.csv", "training.csv"].map(|name| {
            let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
            assert!(text.starts_with("step,epoch,") && text.ends_with('\n'));
            text
        })
    };
    let expected = written(1, true);
    // 500 steps but for those neither logged nor evaluated; 500 = 6·83 + 2.
    assert_eq!(expected[1].lines().count(), 1 + 333 + 84);
    let rows = (0..500)
        .filter(|step| step % 3 != 0)
        .map(|step| 1 + step % 70);
    assert_eq!(expected[0].lines().count(), 1 + rows.sum::<usize>());
    assert!(expected[1].contains("\n6,0,0.1,0.14285714285714285,0.5,6.0,,inf,1\n"));
    assert!(expected[0].contains("\n1,0,1,hidden_1,0.5,0.0,NaN,,0.0,,,,,,,1,,,,,,,\n1,0,2,output,0.25,0.0,NaN,,1.0,0.5,,,,,,,,,,,,,\n"));
    for (threads, flush) in [(1, false), (2, true), (2, false), (8, true)] {
        assert!(
            written(threads, flush) == expected,
            "{threads} threads, flush {flush}"
        );
    }
}

/// On a disk that takes the headers and nothing more.
#[cfg(target_os = "linux")]
fn on_a_full_disk(team: &Team) -> Recorder<'_> {
    let full = |name: &str| RecordFile::on_a_full_disk(name.into());
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(folder.path(), team, Extras::default()).unwrap();
    recorder.gradients = Mutex::new(full("gradients.csv"));
    recorder.training = full("training.csv");
    recorder
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_of_while_rows_are_made() {
    for threads in [1, 2] {
        let team = Team::new(threads).unwrap();
        let mut recorder = on_a_full_disk(&team);
        let layers: Vec<_> = (0..1000).map(sums).collect();
        let mut tell = || {
            recorder.write(&StepRecord {
                step: 0,
                epoch: 0,
                learning_rate: 0.1,
                metrics: StepMetrics {
                    loss: 1.0,
                    accuracy: None,
                    grad_norm: 1.0,
                    clipped: false,
                    diverged_at: None,
                },
                adversary: None,
                test: None,
                infos: &infos(layers.len() - 1),
                layers: Some(&layers),
                tensors: &[],
            })
        };
        // A full chunk is written with the second step's rows.
        tell().unwrap();
        let problem = tell().unwrap_err().to_string();
        assert!(problem.contains("gradients.csv"), "{problem}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_of_at_a_step_or_at_the_flush() {
    let team = Team::new(2).unwrap();
    let mut recorder = on_a_full_disk(&team);
    tell(&mut recorder, 40).and(recorder.flush()).unwrap_err();
    // Long enough that what is pending is written before the end.
    let mut recorder = on_a_full_disk(&team);
    let problem = tell(&mut recorder, 10_000).unwrap_err().to_string();
    assert!(problem.contains("gradients.csv") || problem.contains("training.csv"));
    assert!(problem.contains("No space left") && problem.contains("help"));
}

#[test]
fn a_run_that_another_version_began_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let team = Team::new(1).unwrap();
    let begun = Extras::default();
    let mut recorder = Recorder::create(folder.path(), &team, begun).unwrap();
    tell(&mut recorder, 3).unwrap();
    let kept = recorder.sync().unwrap();
    drop(recorder);
    let now = Extras {
        psnr: true,
        ..begun
    };
    let problem = Recorder::resume(folder.path(), &team, now, &kept);
    let problem = problem.err().unwrap().to_string();
    assert!(problem.contains("training.csv"), "{problem}");
    assert!(problem.contains("other columns"), "{problem}");
    assert!(Recorder::resume(folder.path(), &team, begun, &kept).is_ok());
}
