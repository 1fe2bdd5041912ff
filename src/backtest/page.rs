//! The figures of a backtest as one page that needs no network.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::statistics::rank;
use super::{Record, Statistics};
use crate::risk::Level;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const COLOURS: [(&str, &str); 4] =
    [("low", "#9bb7d4"), ("medium", "#e3c567"), ("high", "#e0883c"), ("critical", "#b8372f")];
const WORST: usize = 25;
const MOST_RULES: usize = 20;

/// A self-contained HTML page. `link` is the address of a commit page up to its id, where the remote is known.
pub fn page(
    name: &str,
    records: &[Record],
    statistics: &Statistics,
    reverted: &BTreeSet<String>,
    link: Option<&str>,
) -> String {
    let mut html = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>foureyes backtest</title><style>\
         body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:960px;padding:0 1rem;color:#222;background:#fff}\
         h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2.5rem}table{border-collapse:collapse;width:100%}\
         td,th{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid #e4e4e4;vertical-align:top}\
         td.n{text-align:right;font-variant-numeric:tabular-nums}svg{max-width:100%;height:auto}code{font-size:.9em}\
         .legend span{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 1em}</style></head><body>\n",
    );
    let _ = writeln!(
        html,
        "<h1>Backtest of {}</h1><p>{} commits judged, {} skipped, {} reverted within 30 days.</p>",
        escape(name),
        statistics.judged,
        statistics.skipped,
        statistics.reverted
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

/// Share of reverted commits above a threshold against share of all commits above it, with the line of chance.
fn curve(records: &[Record], reverted: &BTreeSet<String>) -> String {
    let mut sorted: Vec<&Record> = records.iter().collect();
    sorted.sort_by(|one, other| rank(other).total_cmp(&rank(one)));
    let all = sorted.iter().filter(|record| reverted.contains(&record.commit)).count();
    if all == 0 || sorted.is_empty() {
        return "<p>No commit of this range was reverted, so there is nothing to catch.</p>\n".to_owned();
    }
    let (left, top) = (48.0, 10.0);
    let (width, height) = (WIDTH - left - 10.0, HEIGHT - top - 40.0);
    let at =
        |share: f64, caught: f64| format!("{:.1},{:.1}", left + width * share, top + height * (1.0 - caught));
    let mut points = vec![at(0.0, 0.0)];
    let mut caught = 0;
    for (index, record) in sorted.iter().enumerate() {
        caught += usize::from(reverted.contains(&record.commit));
        let ties = sorted.get(index + 1).is_some_and(|next| rank(next) == rank(record));
        if !ties {
            points.push(at((index + 1) as f64 / sorted.len() as f64, caught as f64 / all as f64));
        }
    }
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"captured reverts\"><polyline fill=\"none\" \
         stroke=\"#999\" stroke-dasharray=\"4 4\" points=\"{} {}\"/><polyline fill=\"none\" stroke=\"#b8372f\" \
         stroke-width=\"2\" points=\"{}\"/>",
        at(0.0, 0.0),
        at(1.0, 1.0),
        points.join(" ")
    );
    for tenth in 0..=5 {
        let share = f64::from(tenth) / 5.0;
        let (x, y) = (left + width * share, top + height * (1.0 - share));
        let percent = (share * 100.0).round();
        let _ = write!(
            svg,
            "<text x=\"{x:.0}\" y=\"{:.0}\" font-size=\"11\" text-anchor=\"middle\" fill=\"#555\">{percent} %</text><text \
             x=\"{:.0}\" y=\"{:.0}\" font-size=\"11\" text-anchor=\"end\" fill=\"#555\">{percent} %</text>",
            top + height + 16.0,
            left - 6.0,
            y + 4.0
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.0}\" y=\"{:.0}\" font-size=\"12\" text-anchor=\"middle\" fill=\"#333\">share of changes (dashed: \
         chance)</text></svg>",
        left + width / 2.0,
        HEIGHT - 6.0
    );
    svg
}

/// Commits a month, divided by level.
fn levels(records: &[Record]) -> String {
    let mut months: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for record in records {
        let level = match record.level {
            Level::Low => 0,
            Level::Medium => 1,
            Level::High => 2,
            Level::Critical => 3,
        };
        months.entry(record.date.get(..7).unwrap_or(&record.date)).or_default()[level] += 1;
    }
    let most = months.values().map(|counts| counts.iter().sum::<usize>()).max().unwrap_or(1).max(1);
    let bar = (WIDTH - 20.0) / months.len().max(1) as f64;
    let mut svg =
        format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"levels over time\">");
    for (index, (month, counts)) in months.iter().enumerate() {
        let x = 10.0 + bar * index as f64;
        let mut y = HEIGHT - 30.0;
        for ((name, colour), count) in COLOURS.iter().zip(counts) {
            let height = (HEIGHT - 50.0) * *count as f64 / most as f64;
            y -= height;
            let _ = write!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{colour}\"><title>{month}: \
                 {count} {name}</title></rect>",
                (bar - 1.0).max(0.5)
            );
        }
        if index % (months.len() / 8).max(1) == 0 {
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.0}\" font-size=\"11\" fill=\"#555\">{month}</text>",
                x,
                HEIGHT - 12.0
            );
        }
    }
    svg.push_str("</svg>\n<p class=\"legend\">");
    for (name, colour) in COLOURS {
        let _ = write!(svg, "<span style=\"background:{colour}\"></span>{name}");
    }
    svg.push_str("</p>\n");
    svg
}

fn rules(statistics: &Statistics) -> String {
    if statistics.rules.is_empty() {
        return "<p>No rule fired.</p>\n".to_owned();
    }
    let most = statistics.rules.first().map_or(1, |(_, count)| *count).max(1);
    let mut html = String::from("<table>");
    for (rule, count) in statistics.rules.iter().take(MOST_RULES) {
        let width = 300.0 * *count as f64 / most as f64;
        let _ = write!(
            html,
            "<tr><td><code>{}</code></td><td class=\"n\">{count}</td><td><svg width=\"300\" height=\"12\"><rect \
             width=\"{width:.0}\" height=\"12\" fill=\"#e0883c\"/></svg></td></tr>",
            escape(rule)
        );
    }
    html.push_str("</table>\n");
    html
}

fn worst(records: &[Record], reverted: &BTreeSet<String>, link: Option<&str>) -> String {
    let mut sorted: Vec<&Record> = records.iter().collect();
    sorted.sort_by(|one, other| rank(other).total_cmp(&rank(one)).then_with(|| one.commit.cmp(&other.commit)));
    let mut html = String::from("<table><tr><th>score</th><th>commit</th><th>date</th><th>findings</th></tr>");
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
            "<tr><td class=\"n\">{}</td><td><code>{commit}</code>{mark}</td><td>{}</td><td>{}</td></tr>",
            record.score,
            escape(&record.date),
            escape(&names.join(", "))
        );
    }
    html.push_str("</table>\n");
    html
}
