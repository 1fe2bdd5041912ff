//! How firmly a version condition holds.

/// Only one version satisfies the condition: `==1.2.3`, `=1.2.3`, `1.2.3` where a bare number is exact.
pub(super) fn is_exact(spec: &str, bare_is_exact: bool) -> bool {
    let spec = spec.trim();
    let version =
        spec.strip_prefix("===").or_else(|| spec.strip_prefix("==")).or_else(|| spec.strip_prefix('='));
    let is_version = |text: &str| {
        let text = text.trim().trim_start_matches('v');
        text.starts_with(|letter: char| letter.is_ascii_digit())
            && !text.contains(['*', ' ', ',', '<', '>', '|', 'x', 'X'])
            && text.matches('.').count() >= 1
    };
    match version {
        Some(version) => is_version(version),
        None => bare_is_exact && is_version(spec),
    }
}

/// Any version satisfies the condition.
pub(super) fn is_open(spec: &str) -> bool {
    let spec = spec.trim();
    matches!(spec, "" | "*" | "latest" | "x" | "next" | "any") || (spec.starts_with('>') && !spec.contains('<'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_exact_open_or_between() {
        assert!(is_exact("==2.32.3", false) && is_exact("=1.0.4", false) && is_exact("4.17.21", true));
        assert!(!is_exact("1.2", false) && !is_exact("^1.2.3", true) && !is_exact("==1.*", false));
        assert!(is_open("*") && is_open(">=1.0") && is_open("latest"));
        assert!(!is_open(">=1,<2") && !is_open("^1.2"));
    }
}
