//! `foureyes demo`: judges an embedded change and prints the real report.

use super::args::{OrderArgs, ReportArgs};
use clap::Args;
use std::collections::BTreeMap;
use std::path::Path;

use super::failure::Failure;
use super::judge::judge;
use super::terminal::ColorChoice;
use crate::change::{Change, Revision};
use crate::context::Background;
use crate::gate::Status;
use crate::nearest;

type Files = BTreeMap<String, String>;

/// Path, old text, new text; an absent side is an absent file.
type File = (&'static str, Option<&'static str>, Option<&'static str>);

/// A change that comes with the program.
struct Embedded {
    name: &'static str,
    files: &'static [File],
}

macro_rules! side {
    ($demo:literal, $side:literal, $path:literal) => {
        Some(include_str!(concat!("../../fixtures/demo-", $demo, "/", $side, "/", $path)))
    };
}

/// The first is the default.
const EMBEDDED: [Embedded; 1] = [Embedded {
    // An agent was asked to tidy up and "simplified" what kept a production database alive.
    name: "simplification",
    files: &[
        (
            "infra/prod/database.tf",
            side!("simplification", "old", "infra/prod/database.tf"),
            side!("simplification", "new", "infra/prod/database.tf"),
        ),
        (
            ".github/workflows/deploy.yml",
            side!("simplification", "old", ".github/workflows/deploy.yml"),
            side!("simplification", "new", ".github/workflows/deploy.yml"),
        ),
        (
            "scripts/cleanup.sh",
            side!("simplification", "old", "scripts/cleanup.sh"),
            side!("simplification", "new", "scripts/cleanup.sh"),
        ),
    ],
}];

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Which change; or a folder that holds the folders old and new
    pub name: Option<String>,
    #[command(flatten)]
    pub orders: OrderArgs,
    #[command(flatten)]
    pub report: ReportArgs,
}

pub fn run(args: &DemoArgs, color: ColorChoice) -> Result<Status, Failure> {
    let (name, old, new) = match args.name.as_deref() {
        Some(folder) if Path::new(folder).is_dir() => from_folder(Path::new(folder))?,
        name => embedded(name.unwrap_or(EMBEDDED[0].name))?,
    };
    let mut change = Change::in_memory(&old, &new);
    change.new = Revision { label: format!("demo {name}"), id: None };
    judge(&change, Background::default(), &args.orders.orders(), &args.report.output(color))?;
    // A demonstration fails nobody's build.
    Ok(Status::Pass)
}

fn embedded(name: &str) -> Result<(String, Files, Files), Failure> {
    let names = || EMBEDDED.iter().map(|demo| demo.name);
    let demo = EMBEDDED.iter().find(|demo| demo.name == name).ok_or_else(|| {
        let hint = match nearest::name(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "there is {}, or a folder that holds `old` and `new`",
                names().collect::<Vec<_>>().join(", ")
            ),
        };
        Failure::new(format!("there is no demo `{name}`"), hint)
    })?;
    let side = |pick: fn(&File) -> Option<&'static str>| {
        demo.files
            .iter()
            .filter_map(|file| Some((file.0.to_owned(), pick(file)?.to_owned())))
            .collect::<Files>()
    };
    Ok((name.to_owned(), side(|file| file.1), side(|file| file.2)))
}

/// Both sides of a change that lie in two folders.
fn from_folder(folder: &Path) -> Result<(String, Files, Files), Failure> {
    let side = |side: &str| {
        let mut files = Files::new();
        collect(&folder.join(side), "", &mut files).map_err(|error| {
            let path = folder.join(side);
            Failure::new(
                format!("cannot read {}: {error}", path.display()),
                "the folder of a demo holds the folders `old` and `new`",
            )
        })?;
        Ok::<_, Failure>(files)
    };
    let name = folder.file_name().map_or_else(|| ".".into(), |name| name.to_string_lossy().into_owned());
    Ok((name, side("old")?, side("new")?))
}

fn collect(folder: &Path, prefix: &str, files: &mut Files) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.insert(path, String::from_utf8_lossy(&std::fs::read(entry.path())?).into_owned());
        }
    }
    Ok(())
}
