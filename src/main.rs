//! Starts the program; everything else is in the library.

/// A run makes a million small allocations, which the system's allocator takes a fifth of its time for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    foureyes::cli::run()
}
