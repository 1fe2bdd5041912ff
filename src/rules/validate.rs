//! What must hold of a rule beyond its types. Shared with the build script, so it depends on the model alone.

use super::model::{Matcher, Rule, When};

/// The first thing that is wrong, naming the key.
pub fn rule(rule: &Rule) -> Result<(), String> {
    let kebab = |part: &str| {
        !part.is_empty()
            && part.starts_with(|first: char| first.is_ascii_lowercase())
            && part
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
    };
    match rule.id.split_once('/') {
        Some((pack, name)) if kebab(pack) && kebab(name) => {}
        _ => return Err(format!("`id`: `{}` is not of the form pack/name in kebab case", rule.id)),
    }
    for (key, text) in
        [("title", &rule.title), ("message", &rule.message), ("why", &rule.why), ("instead", &rule.instead)]
    {
        if text.trim().is_empty() {
            return Err(format!("`{key}` is empty"));
        }
    }
    if rule.when.is_empty() {
        return Err("`when` is empty: name introduced, removed or changed".into());
    }
    let matcher = rule.matcher().ok_or(
        "exactly one matcher is needed: resource, setting, command, statement, call, guard, syntax, text, file or check",
    )?;
    match matcher {
        Matcher::Syntax(_) if rule.languages.is_empty() => Err("`syntax` needs `languages`".into()),
        Matcher::Syntax(_) if rule.literals.is_empty() => Err("`syntax` needs `literals`".into()),
        Matcher::File(_) if rule.files.is_empty() => Err("`file` needs `files`".into()),
        Matcher::Setting(setting) if setting.path.is_empty() => Err("`setting` needs a `path`".into()),
        Matcher::Statement(statement) if statement.verb.is_empty() => Err("`statement` needs a `verb`".into()),
        Matcher::Call(call)
            if call.callee.is_empty()
                && (call.any.is_empty() || call.any.iter().any(|one| one.callee.is_empty())) =>
        Err("`call` needs a `callee`".into()),
        Matcher::Call(call)
            if call.loses_text.is_some() && rule.when.iter().all(|when| *when == When::Introduced) =>
        {
            Err("`loses_text` needs `when` to name changed or removed".into())
        }
        Matcher::Command(command)
            if command.compares() && rule.when.iter().all(|when| *when == When::Introduced) =>
        {
            Err("`loses`, `loses_guard`, `loses_condition` and `switches` need `when` to name changed or removed".into())
        }
        _ => Ok(()),
    }
}
