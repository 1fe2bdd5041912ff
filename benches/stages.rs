//! Each stage on the whole changes of `fixtures/`, joined to one change of many files.

use std::collections::BTreeMap;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use foureyes::change::{Change, LineMap, Side};
use foureyes::rules::RuleSet;
use foureyes::source::{self, Language};
use foureyes::{Knowledge, assess, compare};

type Files = BTreeMap<String, String>;

/// Every fixture below a folder of its own name.
fn corpus() -> (Files, Files) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let (mut old, mut new) = (Files::new(), Files::new());
    for fixture in std::fs::read_dir(root).unwrap().flatten() {
        let name = fixture.file_name().to_string_lossy().into_owned();
        read(&fixture.path().join("old"), &name, &mut old);
        read(&fixture.path().join("new"), &name, &mut new);
    }
    (old, new)
}

fn read(folder: &Path, prefix: &str, files: &mut Files) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read(&entry.path(), &path, files);
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            files.insert(path, text);
        }
    }
}

fn stages(criterion: &mut Criterion) {
    let (old, new) = corpus();
    let rules = RuleSet::builtin();
    let python: String = (0..200)
        .map(|copy| {
            format!(
                "def view_{copy}(request):\n    return render(request, \"page.html\", {{\"n\": {copy}}})\n\n"
            )
        })
        .collect();
    let edited = python.replacen("\"n\": 100", "\"n\": 101", 1);

    criterion.bench_function("rules: load", |bench| bench.iter(RuleSet::builtin));
    criterion.bench_function("source: parse 15 KB of Python", |bench| {
        bench.iter(|| source::parse(&python, Language::Python));
    });
    criterion.bench_function("change: map lines", |bench| bench.iter(|| LineMap::new(&python, &edited)));
    let change = Change::in_memory(&old, &new);
    criterion.bench_function("source: read both sides", |bench| {
        bench.iter(|| {
            change.files.iter().enumerate().map(|(index, file)| source::read(index, file)).collect::<Vec<_>>()
        });
    });
    criterion.bench_function("facts and pairing: compare", |bench| {
        bench.iter(|| compare(&change, &rules).deltas.len())
    });
    criterion.bench_function("whole check", |bench| {
        let knowledge = Knowledge::default();
        bench.iter(|| assess(&change, &rules, &knowledge).score);
    });
    assert!(change.files.iter().any(|file| file.side(Side::Old).is_some()));
}

/// A new file of a megabyte: statements and commands must cost what their length costs.
fn megabytes(criterion: &mut Criterion) {
    const SIZE: usize = 1_000_000;
    let fill = |line: &dyn Fn(usize) -> String| {
        let mut text = String::new();
        for number in 0.. {
            let next = line(number);
            if text.len() + next.len() >= SIZE {
                return text;
            }
            text.push_str(&next);
        }
        text
    };
    let dump =
        fill(&|number| format!("INSERT INTO orders (id, name) VALUES ({number}, 'Name of {number}');\n"));
    let updates = fill(&|number| format!("UPDATE orders SET total = {number} WHERE id = {number};\n"));
    let script = fill(&|number| {
        format!("if [ -d \"$DIR/{number}\" ]; then\n  rm -rf \"${{DIR:?}}/{number}/cache\" || exit 1\nfi\n")
    });
    let rules = RuleSet::builtin();
    for (name, path, text) in
        [("dump", "dump.sql", dump), ("updates", "updates.sql", updates), ("script", "script.sh", script)]
    {
        let files = Files::from([(path.to_owned(), text)]);
        let change = Change::in_memory(&Files::new(), &files);
        criterion.bench_function(&format!("a megabyte: {name}"), |bench| {
            bench.iter(|| assess(&change, &rules, &Knowledge::default()).score);
        });
    }
}

criterion_group!(benches, stages, megabytes);
criterion_main!(benches);
