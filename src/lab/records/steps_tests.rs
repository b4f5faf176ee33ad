//! Steps read back from files whole, cut off and wrong.

use super::*;
use crate::lab::records::{Columns, HEADLINE, Run};
use proptest::prelude::*;

fn file(text: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

/// Every step of a file with its layers' values, and the warnings.
#[expect(clippy::type_complexity, reason = "a test's table")]
fn read(
    text: impl AsRef<[u8]>,
    layers: Option<usize>,
) -> Result<(Vec<(u64, Vec<(usize, Option<f64>)>)>, Vec<String>), Problem> {
    let file = file(text);
    let columns = Columns::choose(&Run::open(file.path())?, None)?;
    let column = &columns.names()[0];
    let mut steps = Steps::open(file.path(), &[column], layers)?;
    let mut all = Vec::new();
    while let Some(step) = steps.next_step()? {
        all.push((step.step, step.column(0).collect()));
    }
    Ok((all, steps.warnings().to_vec()))
}

#[test]
fn steps_come_one_by_one_with_their_layers_in_order() {
    let text = "layer,other,step,a_norm,b_norm\n\
                    2,x,0,0.5,9\n1,x,0,NaN,9\n\
                    1,x,7,,9\n2,x,7,inf,9\n";
    let (steps, warnings) = read(text, None).unwrap();
    assert_eq!(steps[0].0, 0);
    assert_eq!(steps[0].1[1], (2, Some(0.5)));
    assert!(steps[0].1[0].0 == 1 && steps[0].1[0].1.unwrap().is_nan());
    assert_eq!(steps[1], (7, vec![(1, None), (2, Some(f64::INFINITY))]));
    assert_eq!((steps.len(), warnings.len()), (2, 0));
}

#[test]
fn what_a_killed_run_left_undone_is_left_out_and_told() {
    let whole = "step,layer,n_norm\n0,1,1\n0,2,1\n1,1,1\n1,2,1\n";
    let (steps, warnings) = read(format!("{whole}2,1,1\n2,2,0."), None).unwrap();
    assert_eq!(steps.len(), 2);
    assert!(
        warnings[0].contains("step 2 has 1 of 2 layers"),
        "{warnings:?}"
    );
    assert!(warnings[1].contains("last line is cut off"), "{warnings:?}");
    // A whole last row that ends without a newline may be cut off too.
    let (steps, warnings) = read(whole.trim_end(), None).unwrap();
    assert_eq!((steps.len(), warnings.len()), (1, 2));
    // With one step, only the spec tells how many layers there are.
    assert_eq!(read("step,layer,n_norm\n0,1,1\n", None).unwrap().0.len(), 1);
    let problem = read("step,layer,n_norm\n0,1,1\n", Some(2)).unwrap_err();
    assert!(problem.what.contains("no whole step"), "{problem}");
}

#[test]
fn bad_files_are_refused_with_their_line() {
    for (text, what) in [
        ("", "is empty"),
        ("step,layer,n_norm", "no whole line"),
        ("step,layer,n_norm\n", "no whole step"),
        ("step,n_norm\n0,1\n", "no column `layer`"),
        ("step,layer,x\n0,1,1\n", "activation_grad_norm"),
        ("step,layer,n_norm,step\n0,1,1,1\n", "`step` twice"),
        (
            "step,layer,n_norm\n0,1,-1\n",
            ":2: `-1` in the column `n_norm`",
        ),
        (
            "step,layer,n_norm\n0,1,1\n0,2,one\n",
            ":3: `one` in the column",
        ),
        ("step,layer,n_norm\nNaN,1,1\n", "`NaN` in the column `step`"),
        ("step,layer,n_norm\n-1,1,1\n", "`-1` in the column `step`"),
        ("step,layer,n_norm\n0,1,1\n0,1,1\n", "layer 1 twice"),
        (
            "step,layer,n_norm\n0,1,1\n1,1,1\n0,2,1\n",
            ":4: step 0 comes after step 1",
        ),
        (
            "step,layer,n_norm\n0,1,1\n0,first,1\n",
            ":3: `first` in the column `layer`",
        ),
        (
            "step;layer;n_norm\n0;1;0,5\n",
            ":2: `0,5` in the column `n_norm` has a decimal comma",
        ),
        (
            "step,layer,n_norm\r\n0,1,1\r\n0,2,one\r\n",
            ":3: `one` in the column",
        ),
        ("step,layer,n_norm\n0,1\n", ":2: has 2 cells"),
        ("\u{1}\u{2}\n0\n", "is no text"),
    ] {
        let problem = read(text, None).unwrap_err().to_string();
        assert!(problem.contains(what), "{text:?}: {problem}");
    }
}

#[test]
fn the_headline_is_the_activation_gradient_where_there_is_one() {
    let name = |header: &str| {
        let file = file(format!("{header}\n"));
        let run = Run::open(file.path()).unwrap();
        Columns::choose(&run, None).unwrap().names()[0].clone()
    };
    assert_eq!(name("step,layer,x_norm,y_norm"), "x_norm");
    assert_eq!(name("step,layer,x_norm,activation_grad_norm"), HEADLINE);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut text = b"step,layer,n_norm\n0,1,1\n".to_vec();
        text.extend(&bytes);
        let _ = read(&text, None);
        let _ = read(&bytes, None);
    }

    /// Bytes that are nearly a file reach the deeper places.
    #[test]
    fn no_rows_make_it_panic(text in "(([0-9]{1,2}|-1|NaN|x|),){2}(1e-3|inf|NaN|-0|\"|)\n{1,2}") {
        let _ = read(format!("step,layer,n_norm\n{}", text.repeat(3)), None);
    }
}
