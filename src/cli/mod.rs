//! The command line: what was typed, turned into one request, carried out by one file a subcommand.

mod args;
mod backtest;
mod check;
mod demo;
mod explain;
mod failure;
mod judge;
mod known;
mod output;
mod past;
mod request;
mod reviewers;
mod rules;
mod run;
mod selection;
mod terminal;

pub use run::run;
