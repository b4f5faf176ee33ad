//! A GitHub workflow's annotations and its step summary.

use std::fmt::Write as _;

use crate::base::Problem;
use crate::lab::check::finding::{Finding, State};
use crate::lab::check::report::{CheckReport, GateVerdict};
use crate::lab::check::spec_keys::ChangedKey;
use crate::lab::form::Detail;
use crate::lab::text::escaped;

/// GitHub shows ten annotations of a kind per step; the last says how many more there are.
const MOST: usize = 9;
/// The most rows of the summary's table; GitHub refuses more than 1 MiB.
const MOST_ROWS: usize = 100;

pub fn write(report: &CheckReport, _: Detail) -> Result<String, Problem> {
    let mut errors: Vec<String> = Vec::new();
    for problem in &report.cannot {
        errors.push(annotation(
            "error",
            "vgrad check cannot tell",
            None,
            problem,
        ));
    }
    let of = |state: State| {
        report
            .findings
            .iter()
            .filter(move |finding| finding.state == state)
    };
    errors.extend(of(State::Fails).map(|finding| about("error", "fails", finding)));
    let kind = if report.strict { "error" } else { "warning" };
    let unclear: Vec<String> = of(State::Unclear)
        .map(|finding| about(kind, "unclear", finding))
        .collect();
    let mut warnings = Vec::new();
    if report.strict {
        errors.extend(unclear);
    } else {
        warnings.extend(unclear);
    }
    let better: Vec<String> = of(State::Improved)
        .map(|finding| {
            about(
                if report.strict { "error" } else { "notice" },
                "improved",
                finding,
            )
        })
        .collect();
    let mut notices = Vec::new();
    if report.strict {
        errors.extend(better);
    } else {
        notices.extend(better);
    }
    if !report.changed.is_empty() {
        let keys: Vec<String> = report.changed.iter().map(ChangedKey::in_words).collect();
        let told = format!(
            "the spec has changed since the baseline: {}",
            keys.join(", ")
        );
        notices.insert(0, annotation("notice", "vgrad check", None, &told));
    }
    let remarks = report.warnings.iter();
    warnings.extend(remarks.map(|remark| annotation("warning", "vgrad check", None, remark)));
    if report.verdict() == GateVerdict::Pass {
        notices.insert(
            0,
            annotation("notice", "vgrad check", None, &report.last_line()),
        );
    }
    Ok([
        ("error", errors),
        ("warning", warnings),
        ("notice", notices),
    ]
    .map(|(kind, lines)| shorten(kind, lines))
    .concat())
}

/// The worst nine of a kind, and how many more there are.
fn shorten(kind: &str, mut lines: Vec<String>) -> String {
    let more = lines.len().saturating_sub(MOST);
    // A tenth fits as well as the line that would stand for it.
    if more > 1 {
        lines.truncate(MOST);
        lines.push(annotation(
            kind,
            "vgrad check",
            None,
            &format!("and {more} more; all are in the output of --format json"),
        ));
    }
    lines.concat()
}

fn about(kind: &str, word: &str, finding: &Finding) -> String {
    let title = format!("{}: {word}", finding.question());
    annotation(kind, &title, finding.file.as_deref(), &finding.sentence())
}

/// One workflow command.
fn annotation(kind: &str, title: &str, file: Option<&str>, message: &str) -> String {
    let file = file.map_or_else(String::new, |file| format!(",file={}", property(file)));
    format!(
        "::{kind} title={}{file}::{}\n",
        property(title),
        data(message)
    )
}

/// As the runner's toolkit escapes a message.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// As it escapes a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Markdown for the step summary.
pub fn step_summary(report: &CheckReport) -> String {
    let mark = match report.verdict() {
        GateVerdict::Pass => "✅",
        GateVerdict::Fail => "❌",
        GateVerdict::Cannot => "⚠️",
    };
    let mut text = format!(
        // What is there already need not end in a newline.
        "\n### {mark} vgrad check {}\n\n",
        escaped(&report.target.display().to_string())
    );
    // Writing to a string cannot fail. The last line points at what is above it.
    for problem in &report.cannot {
        let _ = writeln!(text, "```text\n{}\n```\n", problem.replace("```", "'''"));
    }
    let _ = writeln!(text, "{}\n", escaped(&report.last_line()));
    for (i, key) in report.changed.iter().enumerate() {
        let title = if i == 0 {
            "The spec has changed since the baseline:\n\n"
        } else {
            ""
        };
        let _ = writeln!(text, "{title}* {}", escaped(&key.in_words()));
    }
    text += if report.changed.is_empty() { "" } else { "\n" };
    if report.findings.is_empty() {
        return text;
    }
    let one = report.along.one();
    let _ = writeln!(
        text,
        "| | what | {one} | value | limit or baseline | margin |"
    );
    text += "|---|---|---|---:|---:|---:|\n";
    let open = report.findings.iter().filter(|f| f.state != State::Holds);
    let more = open.clone().count().saturating_sub(MOST_ROWS);
    let mut rows: Vec<(&Finding, usize)> = open.take(MOST_ROWS).map(|f| (f, 1)).collect();
    // What holds is told question by question, by what comes nearest to its limit.
    let groups = report.by_question();
    for (_, findings) in groups.iter().take(MOST_ROWS) {
        let mut held = findings.iter().filter(|f| f.state == State::Holds);
        let count = held.clone().count();
        rows.extend(held.next().map(|nearest| (*nearest, count)));
    }
    for (finding, count) in rows {
        let mut layer = finding.place().unwrap_or_else(|| "all".to_owned());
        if count > 1 {
            let told = report.along.count(&format!("{count} layers"));
            layer = format!("{told}, nearest: {layer}");
        }
        let cells = [
            finding.state.name().to_owned(),
            finding.question(),
            layer,
            finding.shown_value(),
            finding.shown_reference(),
            finding.shown_beyond(),
        ];
        let _ = writeln!(text, "| {} |", cells.map(|text| escaped(&text)).join(" | "));
    }
    if more > 0 {
        let _ = writeln!(text, "\nand {more} more that fail or are unclear");
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_command_is_escaped() {
        assert_eq!(
            annotation("error", "a: b, 5 %", Some("x,y.toml"), "1: 2\r\n50 %"),
            "::error title=a%3A b%2C 5 %25,file=x%2Cy.toml::1: 2%0D%0A50 %25\n"
        );
    }

    #[test]
    fn no_more_than_ten_of_a_kind() {
        let lines = |n: usize| vec!["x\n".to_owned(); n];
        assert_eq!(shorten("error", lines(10)).lines().count(), 10);
        let many = shorten("error", lines(11));
        assert_eq!(many.lines().count(), 10);
        assert!(many.contains("and 2 more"), "{many}");
    }
}
