//! Other names for targets.

use std::path::Path;

use crate::base::Problem;
use crate::base::nearest::nearest;
use crate::lab::records::Target;

/// Gives targets other names, each as `NAME=TEXT`: the target by its name in
/// legends or as it stands on the command line, and what it is to be called.
///
/// # Errors
/// If there is no such target, or nothing to call it.
pub fn rename(targets: &mut [Target], labels: &[String]) -> Result<(), Problem> {
    let names: Vec<String> = targets.iter().map(|target| target.label.clone()).collect();
    let mut own = names.clone();
    for label in labels {
        let refused = |what: String| Problem::new(format!("--label {label}: {what}"));
        let is_meant =
            |name: &str, i: usize| names[i] == name || targets[i].path == Path::new(name);
        let place = |name: &str| (0..targets.len()).find(|i| is_meant(name, *i));
        // A folder may be named after what was changed: "deep_sigmoid+epochs=2".
        let at_every = label.match_indices('=');
        let mut splits = at_every.map(|(at, _)| (&label[..at], &label[at + 1..]));
        let known = splits.clone().find(|(name, _)| place(name).is_some());
        let (name, text) = known.or_else(|| splits.next()).ok_or_else(|| {
            refused("a name, `=` and a text were expected".to_owned())
                .help("for example --label run-2=\"with batch norm\"")
        })?;
        let text = text.trim();
        if text.is_empty() {
            return Err(refused("the new name is empty".to_owned())
                .help("say what to call it after the `=`"));
        }
        let meant = place(name).ok_or_else(|| {
            let known = names.iter().map(String::as_str);
            let near = nearest(name, known).map(|near| format!("did you mean `{near}`? "));
            refused(format!("no target is called `{name}`")).help(format!(
                "{}the targets are {}",
                near.unwrap_or_default(),
                names.join(", ")
            ))
        })?;
        text.clone_into(&mut own[meant]);
    }
    for (target, label) in targets.iter_mut().zip(own) {
        target.label = label;
    }
    Ok(())
}
