//! Which language a file is in, and its grammar.

use tree_sitter_language::LanguageFn;

use super::Language;

const NAMES: [(&str, Language); 17] = [
    ("rust", Language::Rust),
    ("python", Language::Python),
    ("hcl", Language::Hcl),
    ("sql", Language::Sql),
    ("bash", Language::Bash),
    ("yaml", Language::Yaml),
    ("json", Language::Json),
    ("toml", Language::Toml),
    ("dockerfile", Language::Dockerfile),
    ("make", Language::Make),
    ("javascript", Language::JavaScript),
    ("typescript", Language::TypeScript),
    ("tsx", Language::Tsx),
    ("go", Language::Go),
    ("java", Language::Java),
    ("properties", Language::Properties),
    ("plain", Language::Plain),
];

impl Language {
    /// The language of a rule's `languages` key.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, language)| *language)
    }

    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, language)| *language == self).map_or("plain", |(name, _)| name)
    }

    /// The language of a file, by its name and, where the name says nothing, its first line.
    pub fn of(path: &str, start: &[u8]) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let lower = name.to_ascii_lowercase();
        by_name(&lower)
            .or_else(|| lower.rsplit_once('.').and_then(|(_, ending)| by_ending(ending)))
            .or_else(|| by_first_line(start))
            .unwrap_or(Self::Plain)
    }

    /// Program code, as far as this program reads it.
    pub fn is_program(self) -> bool {
        matches!(
            self,
            Self::Rust | Self::Python | Self::JavaScript | Self::TypeScript | Self::Tsx | Self::Go | Self::Java
        )
    }

    /// Whether a text is a tree of blocks and values, in which an error may tear everything apart.
    pub fn is_data(self) -> bool {
        matches!(self, Self::Yaml | Self::Json | Self::Toml | Self::Hcl)
    }

    /// `None` where this program brings no grammar.
    pub fn grammar(self) -> Option<tree_sitter::Language> {
        let grammar: LanguageFn = match self {
            Self::Rust => tree_sitter_rust::LANGUAGE,
            Self::Python => tree_sitter_python::LANGUAGE,
            Self::Hcl => tree_sitter_hcl::LANGUAGE,
            Self::Bash => tree_sitter_bash::LANGUAGE,
            Self::Yaml => tree_sitter_yaml::LANGUAGE,
            Self::Json => tree_sitter_json::LANGUAGE,
            Self::Toml => tree_sitter_toml_ng::LANGUAGE,
            Self::Dockerfile => tree_sitter_containerfile::LANGUAGE,
            Self::Make => tree_sitter_make::LANGUAGE,
            Self::JavaScript => tree_sitter_javascript::LANGUAGE,
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
            Self::Go => tree_sitter_go::LANGUAGE,
            Self::Java => tree_sitter_java::LANGUAGE,
            // SQL is read by a tokenizer of our own: the grammar misreads a third of real DDL.
            Self::Sql | Self::Properties | Self::Plain => return None,
        };
        Some(grammar.into())
    }
}

fn by_name(name: &str) -> Option<Language> {
    if name == "dockerfile" || name == "containerfile" || name.starts_with("dockerfile.") {
        return Some(Language::Dockerfile);
    }
    Some(match name {
        "makefile" | "gnumakefile" | "bsdmakefile" => Language::Make,
        ".env" | ".npmrc" | ".pypirc" | ".editorconfig" => Language::Properties,
        ".bashrc" | ".bash_profile" | ".profile" | ".zshrc" | ".envrc" | "pkgbuild" => Language::Bash,
        "pipfile" | "cargo.lock" | "poetry.lock" | "uv.lock" | "pdm.lock" => Language::Toml,
        "pipfile.lock" | "composer.lock" | ".eslintrc" | ".babelrc" | ".prettierrc" => Language::Json,
        ".clang-format" | ".clang-tidy" | ".yamllint" => Language::Yaml,
        _ if name.starts_with(".env.") => Language::Properties,
        _ => return None,
    })
}

fn by_ending(ending: &str) -> Option<Language> {
    Some(match ending {
        "rs" => Language::Rust,
        "py" | "pyi" | "pyw" => Language::Python,
        "tf" | "tfvars" | "tfbackend" | "hcl" | "tofu" | "nomad" => Language::Hcl,
        "sql" | "psql" | "pgsql" | "ddl" | "dml" | "mysql" | "tsql" => Language::Sql,
        "sh" | "bash" | "zsh" | "ksh" | "bats" => Language::Bash,
        "yml" | "yaml" => Language::Yaml,
        "json" | "jsonc" | "json5" | "tfstate" | "webmanifest" => Language::Json,
        "toml" => Language::Toml,
        "dockerfile" | "containerfile" => Language::Dockerfile,
        "mk" | "mak" => Language::Make,
        "js" | "mjs" | "cjs" | "jsx" => Language::JavaScript,
        "ts" | "mts" | "cts" => Language::TypeScript,
        "tsx" => Language::Tsx,
        "go" => Language::Go,
        "java" => Language::Java,
        "env" | "ini" | "cfg" | "conf" | "properties" | "cnf" => Language::Properties,
        _ => return None,
    })
}

fn by_first_line(start: &[u8]) -> Option<Language> {
    let line = start.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line.strip_prefix(b"#!")?).ok()?;
    let mut words = line.split_whitespace();
    let mut program = words.next()?.rsplit('/').next()?;
    if program == "env" {
        program = words.find(|word| !word.starts_with('-') && !word.contains('='))?;
    }
    match program.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.') {
        "sh" | "bash" | "dash" | "zsh" | "ksh" | "ash" => Some(Language::Bash),
        "python" | "uv" => Some(Language::Python),
        "node" | "deno" | "bun" => Some(Language::JavaScript),
        "make" => Some(Language::Make),
        "psql" => Some(Language::Sql),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_endings_and_first_lines_decide_in_this_order() {
        for (path, start, expected) in [
            ("infra/main.tf", "", Language::Hcl),
            ("Dockerfile.prod", "", Language::Dockerfile),
            ("bin/deploy", "#!/usr/bin/env -S bash -e\n", Language::Bash),
            ("bin/tool", "#!/usr/bin/python3.11\n", Language::Python),
            ("notes", "plain words", Language::Plain),
            (".env.production", "", Language::Properties),
            ("a.PY", "", Language::Python),
        ] {
            assert_eq!(Language::of(path, start.as_bytes()), expected, "{path}");
        }
    }

    #[test]
    fn every_name_leads_back_to_its_language() {
        for (name, language) in NAMES {
            assert_eq!((Language::from_name(name), language.name()), (Some(language), name));
        }
    }
}
