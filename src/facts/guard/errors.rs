//! Which calls of a Go function may fail without anybody noticing.
//!
//! Go has no exceptions: an error is lost only where a result is thrown away, blanked, overwritten or merely logged.
//! A call that stands inside another expression, or whose results have no error among them, has none to lose.

use super::walk::Walk;
use crate::source::Node;

/// Expressions around a call that are looked through.
const MOST_PARENTS: usize = 6;

impl<'d> Walk<'_, 'd> {
    /// Whether an error of the call may be lost.
    pub(super) fn may_lose_error(&self, call: Node<'d>) -> bool {
        let mut node = call;
        for _ in 0..MOST_PARENTS {
            let Some(parent) = node.parent() else { return false };
            let names = match parent.kind() {
                "expression_statement" | "go_statement" | "defer_statement" => return true,
                "expression_list" | "parenthesized_expression" => {
                    node = parent;
                    continue;
                }
                "short_var_declaration" | "assignment_statement" => parent.child_by_field_name("left"),
                "var_spec" => parent.child_by_field_name("name"),
                _ => return false,
            };
            let names = names.map(|names| self.code.text_of(names)).unwrap_or_default();
            return match names.rsplit(',').next().map(str::trim) {
                Some("_") => true,
                Some(name) if is_error(name) => self.is_overlooked(name, parent.end_byte()),
                _ => false,
            };
        }
        false
    }

    /// The next thing that happens to an error is that it is overwritten or written to a log.
    fn is_overlooked(&self, name: &str, from: usize) -> bool {
        let end = self.item.body.map_or(from, |body| body.end_byte());
        let Some(rest) = self.code.text.get(from..end) else { return false };
        let part_of_name = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
        let next = rest.match_indices(name).find(|(at, _)| {
            let before = rest[..*at].chars().next_back();
            let after = rest[at + name.len()..].chars().next();
            !before.is_some_and(part_of_name)
                && !after.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
        });
        let Some((at, _)) = next else { return false };
        let after = rest[at + name.len()..].trim_start();
        if after.starts_with(":=") || after.starts_with('=') && !after.starts_with("==") {
            return true;
        }
        let line = rest[..at].rfind('\n').map_or(0, |end| end + 1);
        let statement = rest[line..].lines().next().unwrap_or_default().trim_start();
        statement.starts_with("_ = ")
            || ["log", "glog", "klog", "slog", "fmt.print", "fmt.fprint", "print"]
                .iter()
                .any(|start| statement.to_ascii_lowercase().starts_with(start))
    }
}

fn is_error(name: &str) -> bool {
    let plain = name.rsplit('.').next().unwrap_or(name);
    plain.starts_with("err") || plain.ends_with("Err") || plain.ends_with("Error")
}
