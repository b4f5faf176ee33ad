//! JUnit's XML: a test case per question, failed if any of its layers is.

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use crate::base::Problem;
use crate::lab::check::finding::{Finding, State};
use crate::lab::check::report::CheckReport;
use crate::lab::check::spec_keys::ChangedKey;
use crate::lab::form::Detail;

pub fn write(report: &CheckReport, _: Detail) -> Result<String, Problem> {
    let name = report.target.display().to_string();
    let mut suite = TestSuite::new(&*name);
    for (question, findings) in report.by_question() {
        let mut case = TestCase::new(&*question, status(report, &findings));
        case.set_classname(&*name);
        suite.add_test_case(case);
    }
    for problem in &report.cannot {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        let (first, rest) = problem.split_once('\n').unwrap_or((problem, ""));
        status
            .set_message(first)
            .set_type("cannot")
            .set_description(rest);
        let mut case = TestCase::new("it can be checked", status);
        case.set_classname(&*name);
        suite.add_test_case(case);
    }
    if !report.changed.is_empty() {
        let keys: Vec<String> = report.changed.iter().map(ChangedKey::in_words).collect();
        suite.set_system_out(format!(
            "the spec has changed since the baseline: {}",
            keys.join(", ")
        ));
    }
    let mut document = Document::new("vgrad check");
    document.add_test_suite(suite);
    let text = document
        .to_string()
        .map_err(|error| Problem::new(format!("the JUnit report cannot be written: {error}")))?;
    Ok(if text.ends_with('\n') {
        text
    } else {
        text + "\n"
    })
}

/// Of one question; the findings are sorted, the worst first.
fn status(report: &CheckReport, findings: &[&Finding]) -> TestCaseStatus {
    let worst = findings[0];
    let all = |state: State| {
        let those = findings.iter().filter(|finding| finding.state == state);
        let lines: Vec<String> = those.map(|finding| finding.sentence()).collect();
        lines.join("\n")
    };
    let mut status = match worst.state {
        State::Holds => return TestCaseStatus::success(),
        State::Improved if !report.strict => return TestCaseStatus::success(),
        State::Unclear if !report.strict => TestCaseStatus::skipped(),
        State::Improved | State::Unclear | State::Fails => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
    };
    status
        .set_message(worst.sentence())
        .set_description(all(worst.state));
    if worst.state == State::Fails || report.strict {
        status.set_type(worst.state.name());
    }
    status
}
