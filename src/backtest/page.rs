//! The figures of a backtest as one page that needs no network.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::statistics::rank;
use super::{Record, Statistics};
use crate::report::{counted, grouped};
use crate::risk::Level;

/// Of a chart, in its own units; the page scales it.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 340.0;
/// Room for labels: left of, right of, above and below what is drawn.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 22.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 46.0;
const LEVELS: [&str; 4] = ["low", "medium", "high", "critical"];
/// Scores that are marked on the curve.
const MARKED: [u8; 3] = [15, 40, 70];
/// More months than these are not drawn one by one.
const MOST_MONTHS: u32 = 600;
const WORST: usize = 25;
const MOST_RULES: usize = 20;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#222;--soft:#666;--line:#e2e2e2;--page:#fff;--curve:#b8372f;\
--low:#9bb7d4;--medium:#e3c567;--high:#e0883c;--critical:#b8372f;--bar:#7a96b8}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e6e6;--soft:#a0a0a0;--line:#3a3a3a;--page:#161616;--curve:#ff7a6e;\
--low:#4f6d8c;--medium:#c9a93f;--high:#e0883c;--critical:#ff6a5e;--bar:#6f8fb5}}\
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:960px;padding:0 1rem;color:var(--ink);\
background:var(--page)}h1{font-size:1.5rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:2.5rem 0 .5rem}\
svg{display:block;width:100%;height:auto}\
svg text{font:12px system-ui,sans-serif;fill:var(--soft)}svg .name{fill:var(--ink)}.grid{stroke:var(--line)}\
.chance{stroke:var(--soft);stroke-dasharray:4 4;fill:none}.curve{stroke:var(--curve);stroke-width:2;fill:none}\
.mark{fill:var(--curve)}.halo{paint-order:stroke;stroke:var(--page);stroke-width:4px}table{border-collapse:collapse;width:100%}\
td,th{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}\
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.rest{width:45%}\
.bar{background:var(--bar);height:.75em;margin-top:.4em}code{font-size:.9em;overflow-wrap:anywhere}\
a{color:inherit}.soft{color:var(--soft)}.legend span{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 1em}\
.low{fill:var(--low);background:var(--low)}.medium{fill:var(--medium);background:var(--medium)}\
.high{fill:var(--high);background:var(--high)}.critical{fill:var(--critical);background:var(--critical)}\
@media(max-width:600px){svg text{font-size:17px}.rest{display:none}}";

/// A self-contained HTML page. `link` is the address of a commit page up to its id, where the remote is known.
pub fn page(
    name: &str,
    records: &[Record],
    statistics: &Statistics,
    reverted: &BTreeSet<String>,
    link: Option<&str>,
) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>foureyes backtest of {0}</title><style>{STYLE}</style>\
         </head><body>\n<h1>Backtest of {0}</h1>",
        escape(name)
    );
    let _ = writeln!(
        html,
        "<p>{} judged with what was known before each, {} skipped, {} reverted within 30 days{}.</p>",
        counted(statistics.judged, "commit", "commits"),
        statistics.skipped,
        statistics.reverted,
        ranking(statistics)
    );
    html.push_str("<h2>Reverted commits caught, by share of changes that need a second person</h2>\n");
    html.push_str(&curve(records, reverted));
    html.push_str("<h2>Levels over time</h2>\n");
    html.push_str(&levels(records));
    html.push_str("<h2>Rules by commits</h2>\n");
    html.push_str(&rules(statistics));
    html.push_str("<h2>Highest scores</h2>\n");
    html.push_str(&worst(records, reverted, link));
    html.push_str("</body></html>\n");
    html
}

fn escape(text: &str) -> String {
    crate::report::visible(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// How well the scores rank reverted commits, where there are any.
fn ranking(statistics: &Statistics) -> String {
    match (statistics.auc, statistics.recall_top_tenth) {
        (Some(auc), Some(recall)) => format!(
            "; the tenth with the highest scores holds {:.0} % of these (AUC {auc:.2}; chance is 10 % and 0.50)",
            100.0 * recall
        ),
        _ => String::new(),
    }
}

/// The beginning of a chart with its horizontal lines; `label` gives the text for a share of the height.
fn frame(name: &str, label: impl Fn(f64) -> String) -> String {
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{name}\">");
    for fifth in 0..=5 {
        let share = f64::from(fifth) / 5.0;
        let (_, y) = at(0.0, share);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.0}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/><text x=\"{:.0}\" y=\"{:.1}\" \
             text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            y + 4.0,
            label(share)
        );
    }
    svg
}

/// A place in a chart from shares of its width and height.
fn at(share: f64, height: f64) -> (f64, f64) {
    (LEFT + (WIDTH - LEFT - RIGHT) * share, TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - height))
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// Share of reverted commits above a threshold against share of all commits above it, with the line of chance.
fn curve(records: &[Record], reverted: &BTreeSet<String>) -> String {
    let mut sorted: Vec<&Record> = records.iter().collect();
    sorted.sort_by(|one, other| rank(other).total_cmp(&rank(one)));
    let all = sorted.iter().filter(|record| reverted.contains(&record.commit)).count();
    if all == 0 || sorted.is_empty() {
        return "<p>No commit of this range was reverted, so there is nothing to catch.</p>\n".to_owned();
    }
    let point = |(x, y): (f64, f64)| format!("{x:.1},{y:.1}");
    let mut points = vec![point(at(0.0, 0.0))];
    let mut caught = 0;
    for (index, record) in sorted.iter().enumerate() {
        caught += usize::from(reverted.contains(&record.commit));
        let ties = sorted.get(index + 1).is_some_and(|next| rank(next) == rank(record));
        if !ties {
            points.push(point(at((index + 1) as f64 / sorted.len() as f64, caught as f64 / all as f64)));
        }
    }
    let mut svg = frame("Reverted commits caught, by share of changes that need a second person", percent);
    let (x, y) = at(0.62, 0.56);
    let _ = write!(
        svg,
        "<polyline class=\"chance\" points=\"{} {}\"/><text class=\"halo\" x=\"{x:.0}\" y=\"{y:.0}\">chance</text><polyline \
         class=\"curve\" points=\"{}\"/>",
        point(at(0.0, 0.0)),
        point(at(1.0, 1.0)),
        points.join(" ")
    );
    let mut lowest: f64 = 0.0;
    for threshold in MARKED {
        let gated = sorted.iter().filter(|record| record.score >= threshold);
        let (count, caught) = gated.fold((0, 0), |(count, caught), record| {
            (count + 1, caught + usize::from(reverted.contains(&record.commit)))
        });
        let (x, y) = at(f64::from(count) / sorted.len() as f64, caught as f64 / all as f64);
        // Below the curve; marks that lie close together keep their labels apart.
        let label = (y + 14.0).max(lowest + 19.0);
        lowest = label;
        let _ = write!(
            svg,
            "<circle class=\"mark\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"><title>score {threshold} or more: {count} of {} \
             changes, {caught} of {all} reverted ones</title></circle><text class=\"name halo\" x=\"{:.1}\" \
             y=\"{label:.1}\">score ≥ {threshold}</text>",
            sorted.len(),
            x + 9.0
        );
    }
    for fifth in 0..=5 {
        let share = f64::from(fifth) / 5.0;
        let (x, y) = at(share, 0.0);
        let anchor = if fifth == 5 { "end" } else { "middle" };
        let x = if fifth == 5 { WIDTH - 2.0 } else { x };
        let _ = write!(
            svg,
            "<text x=\"{x:.0}\" y=\"{:.0}\" text-anchor=\"{anchor}\">{}</text>",
            y + 17.0,
            percent(share)
        );
    }
    let _ = writeln!(
        svg,
        "<text class=\"name\" x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">share of changes at or above a \
         score</text></svg>",
        at(0.5, 0.0).0,
        HEIGHT - 8.0
    );
    svg
}

/// Commits a month, divided by level.
fn levels(records: &[Record]) -> String {
    let mut months: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    for record in records {
        let level = match record.level {
            Level::Low => 0,
            Level::Medium => 1,
            Level::High => 2,
            Level::Critical => 3,
        };
        months.entry(record.date.get(..7).unwrap_or(&record.date).to_owned()).or_default()[level] += 1;
    }
    let months = without_gaps(months);
    let most = months.iter().map(|(_, counts)| counts.iter().sum::<usize>()).max().unwrap_or(1).max(1);
    let top = 5 * round_step(most.div_ceil(5));
    let mut svg = frame("Changes a month, by level", |share| grouped((share * top as f64).round() as usize));
    let bar = (WIDTH - LEFT - RIGHT) / months.len().max(1) as f64;
    let years = months.iter().filter(|(month, _)| month.ends_with("-01")).count();
    let mut next_label = LEFT;
    for (index, (month, counts)) in months.iter().enumerate() {
        let x = LEFT + bar * index as f64;
        let (_, mut y) = at(0.0, 0.0);
        for (name, count) in LEVELS.iter().zip(counts).filter(|(_, count)| **count > 0) {
            let height = (HEIGHT - TOP - BOTTOM) * *count as f64 / top as f64;
            y -= height;
            let _ = write!(
                svg,
                "<rect class=\"{name}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{}: {count} \
                 {name}</title></rect>",
                (bar * 0.85).clamp(0.5, 28.0),
                escape(month)
            );
        }
        // Years where there are some, else months; as many as there is room for.
        let label = match years {
            0..=2 => Some(month.as_str()),
            _ => month.strip_suffix("-01"),
        };
        let width = 10.0 * label.map_or(0, str::len) as f64;
        if let Some(label) = label
            && x >= next_label
            && x + width <= WIDTH
        {
            next_label = x + width + 12.0;
            let (_, y) = at(0.0, 0.0);
            let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{:.0}\">{}</text>", y + 17.0, escape(label));
        }
    }
    svg.push_str("</svg>\n<p class=\"legend\">changes a month");
    for name in LEVELS {
        let _ = write!(svg, "<span class=\"{name}\"></span>{name}");
    }
    svg.push_str("</p>\n");
    svg
}

/// The least round number that is not below another: 1 to 10, 12, 15, 20, 25, 30 …
fn round_step(least: usize) -> usize {
    const ROUND: [usize; 11] = [10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100];
    let mut unit = 1;
    while unit * 100 < least {
        unit *= 10;
    }
    match least {
        0..=10 => least.max(1),
        _ => ROUND.into_iter().map(|round| round * unit).find(|step| *step >= least).unwrap_or(least),
    }
}

/// Every month from the first to the last, also those without a change, if the dates can be read.
fn without_gaps(months: BTreeMap<String, [usize; 4]>) -> Vec<(String, [usize; 4])> {
    let number = |month: &str| -> Option<u32> {
        let (year, month) = month.split_once('-')?;
        Some(year.parse::<u32>().ok()? * 12 + month.parse::<u32>().ok()?.checked_sub(1)?)
    };
    let ends = months
        .keys()
        .next()
        .and_then(|first| number(first))
        .zip(months.keys().last().and_then(|last| number(last)));
    match ends {
        Some((first, last)) if last - first < MOST_MONTHS => (first..=last)
            .map(|month| format!("{:04}-{:02}", month / 12, month % 12 + 1))
            .map(|month| (month.clone(), months.get(&month).copied().unwrap_or_default()))
            .collect(),
        _ => months.into_iter().collect(),
    }
}

fn rules(statistics: &Statistics) -> String {
    let Some((_, most)) = statistics.rules.first() else { return "<p>No rule fired.</p>\n".to_owned() };
    let mut html = String::from(
        "<table><tr><th>rule</th><th class=\"n\">commits</th><th class=\"n\">share</th><th class=\"rest\"></th></tr>",
    );
    for (rule, count) in statistics.rules.iter().take(MOST_RULES) {
        let _ = write!(
            html,
            "<tr><td><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{:.1} %</td><td class=\"rest\"><div \
             class=\"bar\" style=\"width:{:.1}%\"></div></td></tr>",
            escape(rule),
            grouped(*count),
            100.0 * *count as f64 / statistics.judged.max(1) as f64,
            100.0 * *count as f64 / (*most).max(1) as f64
        );
    }
    html.push_str("</table>\n");
    if statistics.rules.len() > MOST_RULES {
        let _ = writeln!(html, "<p class=\"soft\">and {} more rules</p>", statistics.rules.len() - MOST_RULES);
    }
    html
}

fn worst(records: &[Record], reverted: &BTreeSet<String>, link: Option<&str>) -> String {
    let mut sorted: Vec<&Record> = records.iter().collect();
    sorted.sort_by(|one, other| rank(other).total_cmp(&rank(one)).then_with(|| one.commit.cmp(&other.commit)));
    let mut html =
        String::from("<table><tr><th class=\"n\">score</th><th>commit</th><th>date</th><th>findings</th></tr>");
    for record in sorted.into_iter().take(WORST) {
        let short = record.commit.get(..10).unwrap_or(&record.commit);
        let commit = match link {
            Some(link) => format!("<a href=\"{}{}\">{short}</a>", escape(link), escape(&record.commit)),
            None => short.to_owned(),
        };
        let mark = if reverted.contains(&record.commit) { " · reverted" } else { "" };
        let mut names: Vec<&str> = record.findings.iter().map(|seen| seen.rule.as_str()).collect();
        names.dedup();
        let _ = write!(
            html,
            "<tr><td class=\"n\">{}</td><td><code>{commit}</code>{mark}</td><td class=\"n\">{}</td><td>{}</td></tr>",
            record.score,
            escape(&record.date),
            escape(&names.join(", "))
        );
    }
    html.push_str("</table>\n");
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u8, date: &str) -> Record {
        Record {
            commit: format!("{number:040}"),
            date: date.to_owned(),
            author_known: None,
            score: number,
            level: Level::Low,
            findings: Vec::new(),
            context: 0.0,
            ai: "unknown".to_owned(),
            seconds: 0.0,
        }
    }

    #[test]
    fn a_page_shows_its_figures_and_loads_nothing() {
        let records: Vec<Record> = (1..=100).map(|number| record(number, "2025-03-01")).collect();
        let reverted = BTreeSet::from([format!("{:040}", 95)]);
        let statistics = Statistics::of(&records, 2, &reverted);
        let html = page("<b>x</b>", &records, &statistics, &reverted, Some("https://example.com/commit/"));
        assert!(html.contains("Backtest of &lt;b&gt;x&lt;/b&gt;") && html.contains("score ≥ 70"), "{html}");
        assert!(html.contains("holds 100 % of these"), "{html}");
        assert!(!html.contains("<script") && !html.contains("src=") && !html.contains("<link"));
        let empty = page("x", &[], &Statistics::of(&[], 0, &BTreeSet::new()), &BTreeSet::new(), None);
        assert!(empty.contains("nothing to catch") && empty.contains("No rule fired"));
    }

    #[test]
    fn steps_are_round() {
        assert_eq!([0, 1, 3, 11, 21, 100, 101, 1300].map(round_step), [1, 1, 3, 12, 25, 100, 120, 1500]);
    }

    #[test]
    fn months_without_changes_leave_a_gap() {
        let records = [record(1, "2024-11-30"), record(2, "2025-02-01")];
        let months = records.iter().map(|record| (record.date[..7].to_owned(), [1, 0, 0, 0])).collect();
        let names: Vec<String> = without_gaps(months).into_iter().map(|(month, _)| month).collect();
        assert_eq!(names, ["2024-11", "2024-12", "2025-01", "2025-02"]);
        let odd = BTreeMap::from([("x".to_owned(), [1, 0, 0, 0])]);
        assert_eq!(without_gaps(odd).len(), 1);
    }
}
