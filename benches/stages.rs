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

criterion_group!(benches, stages);
criterion_main!(benches);
