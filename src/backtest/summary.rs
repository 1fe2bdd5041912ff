//! The figures of a backtest in words.

use std::fmt::Write;

use super::{Record, Statistics};

/// The share of changes that a second person can look at without slowing everybody down.
const BEARABLE: f64 = 0.03;
/// Rules named in a summary.
const NOISIEST: usize = 10;

/// A page of plain text, 80 columns.
pub fn summary(statistics: &Statistics, records: &[Record]) -> String {
    let mut text = String::new();
    let share = |count: usize| 100.0 * count as f64 / statistics.judged.max(1) as f64;
    let _ = writeln!(
        text,
        "{} commits judged, {} skipped, {:.1} s, {:.1} ms a commit\n",
        statistics.judged,
        statistics.skipped,
        statistics.seconds,
        1000.0 * statistics.seconds / statistics.judged.max(1) as f64
    );
    for (name, count) in ["low", "medium", "high", "critical"].iter().zip(statistics.levels) {
        let _ = writeln!(text, "  {name:<9} {count:>6}  {:>5.1} %", share(count));
    }
    let _ = writeln!(text, "\n{} of them were reverted within 30 days\n", statistics.reverted);
    let _ = writeln!(text, "  threshold   gated            reverted caught");
    for (threshold, gated, caught) in &statistics.thresholds {
        let of = if statistics.reverted == 0 {
            "-".to_owned()
        } else {
            format!("{:.1} %", 100.0 * *caught as f64 / statistics.reverted as f64)
        };
        let _ = writeln!(text, "  {threshold:>9}   {gated:>6} {:>5.1} %   {caught:>6} {of:>8}", share(*gated));
    }
    if let (Some(auc), Some(recall)) = (statistics.auc, statistics.recall_top_tenth) {
        let _ = writeln!(
            text,
            "\n  ranking of reverted commits: AUC {auc:.3}, recall in the top tenth {recall:.2}"
        );
    }
    if !statistics.rules.is_empty() {
        let _ = writeln!(text, "\nRules by commits");
        for (rule, count) in statistics.rules.iter().take(NOISIEST) {
            let _ = writeln!(text, "  {count:>6}  {:>5.1} %  {rule}", share(*count));
        }
    }
    let _ = writeln!(
        text,
        "\nSuggested threshold: {} (at most {:.0} % of the changes need a second person)",
        statistics.threshold_for(records, BEARABLE),
        100.0 * BEARABLE
    );
    text
}

/// The configuration that the figures suggest, as TOML.
pub fn calibration(statistics: &Statistics, records: &[Record]) -> String {
    let threshold = statistics.threshold_for(records, BEARABLE);
    let gated = records.iter().filter(|record| record.score >= threshold).count();
    let mut text = format!(
        "# Suggested from {} commits: {gated} of them ({:.1} %) would have needed a second person.\n[gate]\nfail_on = \
         {threshold}\n",
        statistics.judged,
        100.0 * gated as f64 / statistics.judged.max(1) as f64
    );
    let noisy: Vec<&(String, usize)> =
        statistics.rules.iter().filter(|(_, count)| *count as f64 > 0.05 * statistics.judged as f64).collect();
    if !noisy.is_empty() {
        text.push_str(
            "\n# These rules fire on more than 5 % of the commits; look at them before lowering any:\n",
        );
        for (rule, count) in noisy {
            let _ = writeln!(text, "# {rule}: {count} commits");
        }
    }
    text
}
