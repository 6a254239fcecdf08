//! A report as the list that a terminal shows.

use crate::catalogue::CheckProblem;
use crate::report::CheckReport;
use crate::step::{Step, StepResult, StepStatus};

/// Which marks a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    /// ✓ ✗ –
    Unicode,
    /// `ok`, `FAIL`, `-` (setup-flow.md §9), for logs and old terminals.
    Ascii,
}

/// The width of the longest step's name, and two blanks.
const NAME_WIDTH: usize = 16;

impl Glyphs {
    fn mark(self, status: StepStatus) -> &'static str {
        match (self, status) {
            (Self::Unicode, StepStatus::Passed) => "✓",
            (Self::Unicode, StepStatus::Failed) => "✗",
            (Self::Unicode, StepStatus::Skipped) => "–",
            (Self::Ascii, StepStatus::Passed) => "ok",
            (Self::Ascii, StepStatus::Failed) => "FAIL",
            (Self::Ascii, StepStatus::Skipped) => "-",
        }
    }

    /// The lines of a step that has ended, to be printed as it ends: one, or with cause and remedy three.
    #[must_use]
    pub fn step_lines(self, result: &StepResult, problem: Option<&CheckProblem>) -> String {
        let mark = self.mark(result.status);
        let name = result.step.as_str();
        let detail = match problem {
            Some(problem) => problem.raw_message.as_str(),
            None => result.detail.as_deref().unwrap_or_default(),
        };
        let line = match self {
            Self::Unicode => format!("{mark} {name:NAME_WIDTH$}{detail}"),
            Self::Ascii => format!("{name:NAME_WIDTH$}{mark:4} {detail}"),
        };
        let mut lines = format!("{}\n", line.trim_end());
        if let Some(problem) = problem {
            lines.push_str(&format!(
                "  Cause:  {}\n  Remedy: {}\n",
                problem.cause, problem.remedy
            ));
        }
        lines
    }

    /// The lines after the steps: warnings, information, and the verdict.
    #[must_use]
    pub fn closing_lines(self, report: &CheckReport) -> String {
        let mut lines = String::new();
        for warning in &report.warnings {
            lines.push_str(&format!("Warning: {} ({})\n", warning.message, warning.code));
        }
        for information in &report.information {
            let topic = information.topic.replace('_', " ");
            lines.push_str(&format!("Note: {topic}: {}\n", information.text));
        }
        match report.errors.first() {
            None => lines.push_str(&format!("Success! The bucket {} is ready.\n", report.bucket)),
            Some(problem) => lines.push_str(&format!(
                "The check of the bucket {} failed at {} ({}).\n",
                report.bucket,
                problem.step.as_str(),
                problem.code
            )),
        }
        lines
    }
}

impl CheckReport {
    /// The whole report as text; the same lines as those printed one by one.
    #[must_use]
    pub fn text(&self, glyphs: Glyphs) -> String {
        let problem_of = |step: Step| self.errors.iter().find(|problem| problem.step == step);
        let steps = self
            .steps
            .iter()
            .map(|result| glyphs.step_lines(result, problem_of(result.step)));
        let mut text: String = steps.collect();
        text.push_str(&glyphs.closing_lines(self));
        text
    }
}
