//! What `--format` takes.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::lab::form::Form;

/// One of these forms, by its name.
pub fn form<R: Clone + Send + Sync>(
    forms: &'static [Form<R>],
) -> impl TypedValueParser<Value = &'static Form<R>> {
    let names = forms
        .iter()
        .map(|form| PossibleValue::new(form.name).help(form.doc));
    PossibleValuesParser::new(names).try_map(|name| {
        let form = forms.iter().find(|form| form.name == name);
        form.ok_or("there is no such form")
    })
}
