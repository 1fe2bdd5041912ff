//! Annotations for GitHub Actions: workflow commands on standard output.
//!
//! Format and limits: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.

use super::visible::visible;
use super::{Report, counted};
use crate::gate::Status;
use crate::risk::{Scored, State};
use crate::rules::Severity;

/// GitHub keeps this many annotations of each level a step.
const MOST_OF_A_LEVEL: usize = 10;

const COMMANDS: [&str; 3] = ["error", "warning", "notice"];

/// One command for each finding, the gravest first, then the verdict.
pub fn github(report: &Report<'_>) -> String {
    let mut text = String::new();
    let mut left_out = 0;
    for (rank, command) in COMMANDS.iter().enumerate() {
        let of_level: Vec<&Scored> = report
            .assessment
            .findings
            .iter()
            .filter(|scored| scored.state == State::Open && !scored.hidden && level(scored) == rank)
            .collect();
        // The verdict is one of them.
        let most = MOST_OF_A_LEVEL - 1;
        left_out += of_level.len().saturating_sub(most);
        for scored in of_level.iter().take(most) {
            text.push_str(&annotation(command, report, scored));
        }
    }
    let command = match report.verdict.status {
        Status::Fail => "error",
        Status::Pass | Status::Approved => "notice",
    };
    let mut sentences = report.verdict.reasons.clone();
    let coverage = &report.assessment.coverage;
    if coverage.analysed < coverage.files {
        let missed = counted(coverage.files - coverage.analysed, "file was", "files were");
        sentences.push(format!("{missed} not judged"));
    }
    if left_out > 0 {
        sentences.push(format!("{} shown in the log only", counted(left_out, "finding is", "findings are")));
    }
    let level = format!("{:?}", report.assessment.level).to_lowercase();
    let title = format!("foureyes: {}/100 {level}", report.assessment.score.points());
    text.push_str(&format!("::{command} title={}::{}\n", property(&title), data(&sentences.join("; "))));
    text
}

fn level(scored: &Scored) -> usize {
    match scored.finding.severity {
        Severity::Critical | Severity::High => 0,
        Severity::Medium => 1,
        Severity::Low => 2,
    }
}

fn annotation(command: &str, report: &Report<'_>, scored: &Scored) -> String {
    let finding = &scored.finding;
    let mut properties = Vec::new();
    let there = report.change.files.get(finding.file).is_none_or(|file| file.new.is_some());
    if there {
        properties.push(format!("file={}", property(&finding.path)));
    }
    if there && finding.line > 0 {
        properties.push(format!("line={}", finding.line));
        properties.push(format!("endLine={}", finding.end_line.max(finding.line)));
        // Columns across lines are dropped by GitHub.
        if finding.line == finding.end_line && finding.end_column > finding.column {
            properties.push(format!("col={}", finding.column));
            properties.push(format!("endColumn={}", finding.end_column));
        }
    }
    properties.push(format!("title={}", property(&format!("{} ({:+.1})", finding.rule, scored.points))));
    let mut message = finding.message.clone();
    if let Some(line) = finding.old_line.filter(|line| *line != finding.line) {
        let path = finding.old_path.as_deref().unwrap_or(&finding.path);
        message.push_str(&format!(" (was {path}:{line})"));
    }
    message.push_str(&format!("\n{}\nInstead: {}", finding.why, finding.instead));
    let lines: Vec<String> = message.lines().map(data).collect();
    format!("::{command} {}::{}\n", properties.join(","), lines.join("%0A"))
}

fn data(text: &str) -> String {
    visible(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_property_or_a_command_early() {
        assert_eq!(property("a,b:c%\nd"), "a%2Cb%3Ac%25<U+000A>d".replace(':', "%3A"));
        assert_eq!(data("100 %\r"), "100 %25<U+000D>");
    }
}
