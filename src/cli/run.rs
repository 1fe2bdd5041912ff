//! From the arguments of the process to its exit code.

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::Mutex;

use clap::Parser;
use clap::error::ErrorKind;

use super::args::{Arguments, Command};
use super::failure::Failure;
use super::output::{complain, print};
use super::{backtest, check, demo, explain, reviewers, rules};
use crate::gate::Status;
use crate::report::{self, Page, Span, Style};

/// The gate failed.
const FAILED: u8 = 1;
/// Nothing could be judged.
const BROKEN: u8 = 2;

/// Where the last panic happened; a hook has no other way to hand it on.
static PANICKED_AT: Mutex<Option<String>> = Mutex::new(None);

/// Runs the program: 0 below the threshold or approved, 1 at or above it, 2 if it could not be judged.
pub fn run() -> ExitCode {
    panic::set_hook(Box::new(|info| {
        if let (Some(place), Ok(mut last)) = (info.location(), PANICKED_AT.lock()) {
            *last = Some(format!("{}:{}", place.file(), place.line()));
        }
    }));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let machine = arguments.wants_json();
    let colour = arguments.color;
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| dispatch(arguments))).unwrap_or_else(|_| {
        let place = PANICKED_AT.lock().ok().and_then(|mut last| last.take()).unwrap_or_default();
        Err(Failure::new(
            format!("internal error at {place}; nothing was judged"),
            "this is a defect of foureyes: please report it with the command that you ran",
        ))
    });
    match outcome {
        Ok(Status::Pass | Status::Approved) => ExitCode::SUCCESS,
        Ok(Status::Fail) => ExitCode::from(FAILED),
        Err(failure) => {
            explain_failure(&failure, machine, colour);
            ExitCode::from(BROKEN)
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<Status, Failure> {
    let color = arguments.color;
    match arguments.command {
        Command::Check(args) => check::run(&args, color),
        Command::Backtest(args) => backtest::run(&args),
        Command::Calibrate(args) => backtest::calibrate(&args),
        Command::Reviewers(args) => reviewers::run(&args, color),
        Command::Demo(args) => demo::run(&args, color),
        Command::Explain(args) => explain::run(&args, color),
        Command::Rules(args) => rules::run(args, color),
    }
}

/// Help and version go to standard output; a wrong usage is an error like any other.
fn usage(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = print(&error.render().to_string());
            ExitCode::SUCCESS
        }
        _ => {
            let text = error.render().to_string();
            if std::env::args_os().any(|argument| argument == "json" || argument == "--format=json") {
                let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
                let _ = print(&report::json_error(message, Some("foureyes --help")));
            }
            complain(&format!("foureyes: {text}"));
            ExitCode::from(BROKEN)
        }
    }
}

fn explain_failure(failure: &Failure, machine: bool, color: super::terminal::ColorChoice) {
    if machine {
        let _ = print(&report::json_error(&failure.message, failure.hint.as_deref()));
    }
    let mut page = Page::default();
    let display = super::terminal::display_on_stderr(color);
    let message = report::wrap(&format!("foureyes: error: {}", failure.message), display.width);
    for line in message {
        page.line(vec![Span::new(&line, Style::Plain)]);
    }
    if let Some(hint) = &failure.hint {
        for line in report::wrap(&format!("hint: {hint}"), display.width) {
            page.line(vec![Span::new(&line, Style::Low)]);
        }
    }
    complain(&page.render(display.colour));
}
