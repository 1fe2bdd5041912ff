//! Folders whose files were not written where they stand: taken in from elsewhere, built, or recorded.

/// Whether a folder of this name, in lower case, holds such files.
pub(super) fn is_made(folder: &str) -> bool {
    matches!(
        folder,
        "vendor"
            | "_vendor"
            | "vendored"
            | "third_party"
            | "node_modules"
            | "dist"
            | "build"
            | "generated"
            | "testdata"
            | "fixtures"
            | "__snapshots__"
            | "snapshots"
    )
}
