//! An error about a spec, shown with the place it points to.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};

use super::message::Message;

/// An error about a spec: what is wrong, the line with a caret, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError(Box<(Message, Location)>);

/// The place an error points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// A file's path, or "command line".
    pub origin: String,
    /// The line in it, where the text is not at hand.
    pub line: Option<usize>,
    /// The text and the bytes in it that are to blame.
    pub source: Option<(String, Range<usize>)>,
}

impl SpecError {
    /// An error at a place.
    pub fn new(message: Message, location: Location) -> Self {
        Self(Box::new((message, location)))
    }

    /// What is wrong, in one line.
    pub fn what(&self) -> &str {
        &self.0.0.what
    }

    /// The error as shown on a terminal, without a final newline.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let (message, location) = &*self.0;
        let place: Element<'_> = match &location.source {
            Some((text, span)) => Snippet::source(text.as_str())
                .path(location.origin.as_str())
                .annotation(
                    AnnotationKind::Primary
                        .span(span.clone())
                        .label(message.label.as_str()),
                )
                .into(),
            None => {
                let origin = Origin::path(location.origin.as_str());
                match location.line {
                    Some(line) => origin.line(line).into(),
                    None => origin.into(),
                }
            }
        };
        let mut group = Level::ERROR
            .primary_title(message.what.as_str())
            .element(place);
        if location.source.is_none() && !message.label.is_empty() {
            // Without a line to stand under, the label stands alone.
            group = group.element(Level::NOTE.message(message.label.as_str()));
        }
        if let Some(note) = &message.note {
            group = group.element(Level::NOTE.message(note.as_str()));
        }
        if let Some(help) = &message.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for SpecError {}
