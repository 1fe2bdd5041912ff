//! A change from a unified diff without a repository: both sides as far as the hunks tell them, on their own lines.

use std::sync::Arc;

use super::model::{
    Change, ChangeError, ChangeKind, Content, FileChange, FileSide, LARGEST_TEXT, MemoryTree, Mode, Revision,
    Skipped, Status,
};
use super::patch_header::Header;
use super::renames;

const PARTIAL: &str = "read in part: the patch holds its hunks alone";

impl Change {
    /// Reads a diff of git or of `diff -u`. `name` is the file's, for errors; several files may follow one another,
    /// with text such as mail headers around them.
    pub fn from_patch(name: &str, bytes: &[u8]) -> Result<Self, ChangeError> {
        let mut reader = Reader { name, lines: lines(bytes), at: 0 };
        let mut files: Vec<FileChange> = Vec::new();
        let mut skipped: Vec<Skipped> = Vec::new();
        let (mut old_tree, mut new_tree) = (MemoryTree::default(), MemoryTree::default());
        while let Some(found) = reader.next_file()? {
            match found {
                Found::Skipped(skip) => skipped.push(skip),
                Found::File(file) if files.iter().any(|other| other.path() == file.change.path()) => {
                    let reason = "a second diff of the same file".to_owned();
                    skipped.push(Skipped { path: file.change.path().to_owned(), reason });
                }
                Found::File(file) => {
                    if file.is_whole {
                        keep(&mut old_tree, &file.change.old);
                        keep(&mut new_tree, &file.change.new);
                    } else {
                        let path = file.change.path().to_owned();
                        skipped.push(Skipped { path, reason: PARTIAL.to_owned() });
                    }
                    files.push(file.change);
                }
            }
        }
        let blank = bytes.iter().all(u8::is_ascii_whitespace);
        if files.is_empty() && skipped.is_empty() && !blank {
            return Err(reader.error(0, "it holds no file header (`diff --git`, or `---` and `+++`)"));
        }
        let revision = |label: &str| Revision { label: label.to_owned(), id: None };
        Ok(Self {
            kind: ChangeKind::Patch,
            old: revision("old"),
            new: revision("new"),
            files: renames::find(files),
            commits: Vec::new(),
            skipped,
            old_tree: Box::new(old_tree),
            new_tree: Box::new(new_tree),
        })
    }
}

fn keep(tree: &mut MemoryTree, side: &Option<FileSide>) {
    if let Some(FileSide { path, content: Content::Bytes(bytes), .. }) = side {
        tree.0.insert(path.clone(), bytes.clone());
    }
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line)).collect()
}

enum Found {
    File(PatchedFile),
    Skipped(Skipped),
}

struct PatchedFile {
    change: FileChange,
    /// Every line of both sides is known.
    is_whole: bool,
}

struct Reader<'a> {
    name: &'a str,
    lines: Vec<&'a [u8]>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn line(&self, at: usize) -> Option<String> {
        let line = self.lines.get(at)?;
        Some(String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned())
    }

    /// An error at a line counted from 0.
    fn error(&self, at: usize, reason: &str) -> ChangeError {
        ChangeError::Patch { name: self.name.to_owned(), line: at + 1, reason: reason.to_owned() }
    }

    fn next_file(&mut self) -> Result<Option<Found>, ChangeError> {
        while let Some(line) = self.line(self.at) {
            if let Some(rest) = line.strip_prefix("diff --git ") {
                self.at += 1;
                return self.file(Header::of_git(rest), true).map(Some);
            }
            if let Some(path) =
                line.strip_prefix("diff --cc ").or_else(|| line.strip_prefix("diff --combined "))
            {
                self.at += 1;
                self.pass_combined();
                let reason = "a combined diff of a merge has no single old side".to_owned();
                return Ok(Some(Found::Skipped(Skipped { path: path.to_owned(), reason })));
            }
            if let Some((folder, file)) = line.strip_prefix("Only in ").and_then(|rest| rest.split_once(": ")) {
                self.at += 1;
                let reason = "the patch holds its name alone".to_owned();
                return Ok(Some(Found::Skipped(Skipped { path: format!("{folder}/{file}"), reason })));
            }
            if self.is_plain_header() {
                return self.file(Header::default(), false).map(Some);
            }
            if line.starts_with("@@ -") {
                return Err(self.error(self.at, "a hunk without a file header above it"));
            }
            self.at += 1;
        }
        Ok(None)
    }

    fn is_plain_header(&self) -> bool {
        let starts = |at: usize, with: &[u8]| self.lines.get(at).is_some_and(|line| line.starts_with(with));
        starts(self.at, b"--- ") && starts(self.at + 1, b"+++ ")
    }

    fn pass_combined(&mut self) {
        while self.line(self.at).is_some_and(|line| !line.starts_with("diff ")) {
            self.at += 1;
        }
    }

    fn file(&mut self, mut header: Header, of_git: bool) -> Result<Found, ChangeError> {
        let start = self.at;
        while of_git && self.line(self.at).is_some_and(|line| header.extend(&line)) {
            self.at += 1;
            if header.binary {
                self.binary(&mut header);
                break;
            }
        }
        if self.is_plain_header() {
            let (old, new) =
                (self.line(self.at).unwrap_or_default(), self.line(self.at + 1).unwrap_or_default());
            header.set_sides(&old[4..], &new[4..]);
            self.at += 2;
        }
        let mut hunks = Hunks::default();
        while self.lines.get(self.at).is_some_and(|line| line.starts_with(b"@@ -")) {
            self.hunk(&mut hunks)?;
        }
        if !of_git {
            match (&hunks.old.last, &hunks.new.last) {
                _ if hunks.count == 0 => {
                    return Err(self.error(self.at, "a file header without a hunk below it"));
                }
                (0, last) if *last > 0 && header.fate.is_none() => header.fate = Some(Status::Added),
                (last, 0) if *last > 0 && header.fate.is_none() => header.fate = Some(Status::Deleted),
                _ => {}
            }
            // `--- x.orig` is x before.
            if header.fate.is_none() && header.new.is_some() {
                header.old = header.new.clone();
            }
        }
        self.finish(header, hunks, start)
    }

    /// The body of a binary patch, of which only the sizes are of use.
    fn binary(&mut self, header: &mut Header) {
        let mut sizes = Vec::new();
        while let Some(line) = self.line(self.at) {
            if line.starts_with("diff ") || line.starts_with("--- ") || line == "-- " {
                break;
            }
            if let Some(size) = line.strip_prefix("literal ").and_then(|size| size.parse().ok()) {
                sizes.push(size);
            }
            self.at += 1;
        }
        if let [new, old] = sizes[..] {
            header.sizes = (old, new);
        }
    }

    fn hunk(&mut self, hunks: &mut Hunks) -> Result<(), ChangeError> {
        let start = self.at;
        let head = self.line(start).unwrap_or_default();
        let Some((old, new)) = ranges(&head) else {
            return Err(self.error(start, "a hunk header that does not read `@@ -LINE,COUNT +LINE,COUNT @@`"));
        };
        if !(hunks.old.open(old) && hunks.new.open(new)) {
            return Err(self.error(start, "a hunk that stands before the end of the one above it"));
        }
        hunks.count += 1;
        hunks.is_whole &= hunks.count == 1 && old.0 <= 1 && new.0 <= 1;
        self.at += 1;
        let (mut old_left, mut new_left) = (old.1, new.1);
        let mut last = b' ';
        while old_left > 0
            || new_left > 0
            || self.lines.get(self.at).is_some_and(|line| line.starts_with(b"\\"))
        {
            let Some(line) = self.lines.get(self.at).copied() else {
                return Err(self.error(self.at, "the patch ends inside a hunk"));
            };
            // Programs that cut blanks at the end of lines leave nothing of an empty line of context.
            let (kind, content) = line.split_first().map_or((b' ', line), |(kind, content)| (*kind, content));
            match kind {
                b' ' | b'\r' if old_left > 0 && new_left > 0 => {
                    (old_left, new_left) = (old_left - 1, new_left - 1);
                    hunks.old.push(content);
                    hunks.new.push(content);
                }
                b'-' if old_left > 0 => {
                    old_left -= 1;
                    hunks.old.push(content);
                }
                b'+' if new_left > 0 => {
                    new_left -= 1;
                    hunks.new.push(content);
                }
                b'\\' => {
                    if last != b'+' {
                        hunks.old.has_no_end = true;
                    }
                    if last != b'-' {
                        hunks.new.has_no_end = true;
                    }
                }
                _ => return Err(self.error(self.at, "a line that does not belong to the hunk it stands in")),
            }
            last = kind;
            self.at += 1;
        }
        Ok(())
    }

    fn finish(&self, header: Header, hunks: Hunks, start: usize) -> Result<Found, ChangeError> {
        let (old_path, new_path) = match header.fate {
            Some(Status::Added) => (None, header.new.clone().or(header.old.clone())),
            Some(Status::Deleted) => (header.old.clone().or(header.new.clone()), None),
            _ => (header.old.clone(), header.new.clone()),
        };
        let is_one_sided = old_path.is_none() != new_path.is_none();
        let ends = hunks.old.has_no_end || hunks.new.has_no_end;
        let is_whole = hunks.count == 0 || is_one_sided || (hunks.is_whole && ends);
        let side = |path: Option<String>, mode: Option<u32>, text: Text, bytes: u64| {
            path.map(|path| {
                let mode = header.mode(mode);
                let content = match mode {
                    _ if header.binary => Content::Binary { bytes },
                    Mode::Submodule => text.submodule(),
                    _ => text.content(mode),
                };
                FileSide { path, mode, content }
            })
        };
        let old = side(old_path, header.old_mode, hunks.old, header.sizes.0);
        let new = side(new_path, header.new_mode, hunks.new, header.sizes.1);
        let status = match (&old, &new) {
            (None, None) => return Err(self.error(start, "a file header without a name")),
            (None, _) => Status::Added,
            (_, None) => Status::Deleted,
            (Some(old), Some(new)) => match header.fate {
                Some(fate @ (Status::Renamed | Status::Copied)) => fate,
                _ if is_other_type(old.mode) != is_other_type(new.mode) => Status::TypeChanged,
                _ if old.path != new.path => Status::Renamed,
                _ => Status::Modified,
            },
        };
        Ok(Found::File(PatchedFile { change: FileChange { status, old, new }, is_whole }))
    }
}

fn is_other_type(mode: Mode) -> Option<Mode> {
    matches!(mode, Mode::Symlink | Mode::Submodule).then_some(mode)
}

/// `@@ -LINE[,COUNT] +LINE[,COUNT] @@` as start and count of both sides.
fn ranges(head: &str) -> Option<((usize, usize), (usize, usize))> {
    let rest = head.strip_prefix("@@ -")?;
    let (both, _) = rest.split_once(" @@")?;
    let (old, new) = both.split_once(" +")?;
    let range = |text: &str| match text.split_once(',') {
        Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    };
    Some((range(old)?, range(new)?))
}

struct Hunks {
    old: Text,
    new: Text,
    count: usize,
    /// So far everything from the first line on is known.
    is_whole: bool,
}

impl Default for Hunks {
    fn default() -> Self {
        Self { old: Text::default(), new: Text::default(), count: 0, is_whole: true }
    }
}

/// One side, with an empty line for each that the patch leaves out.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    /// The last line written or left out, 1-based.
    last: usize,
    has_no_end: bool,
    is_too_large: bool,
}

impl Text {
    /// Goes to the first line of a hunk; `false` if it lies behind.
    fn open(&mut self, (start, count): (usize, usize)) -> bool {
        // An empty range names the line before it.
        let before = if count == 0 { start } else { start.saturating_sub(1) };
        if before < self.last {
            return false;
        }
        if before - self.last > LARGEST_TEXT || before + count > u32::MAX as usize {
            self.is_too_large = true;
        } else {
            self.bytes.resize(self.bytes.len() + (before - self.last), b'\n');
        }
        self.last = before;
        true
    }

    fn push(&mut self, line: &[u8]) {
        if self.bytes.len() > LARGEST_TEXT {
            self.is_too_large = true;
        } else {
            self.bytes.extend_from_slice(line);
            self.bytes.push(b'\n');
        }
        self.last += 1;
    }

    fn content(mut self, mode: Mode) -> Content {
        if self.is_too_large {
            return Content::TooLarge { bytes: (self.bytes.len() + self.last) as u64 };
        }
        if (self.has_no_end || mode == Mode::Symlink) && self.bytes.last() == Some(&b'\n') {
            self.bytes.pop();
        }
        Content::Bytes(Arc::from(self.bytes))
    }

    fn submodule(self) -> Content {
        let text = String::from_utf8_lossy(&self.bytes);
        let id = text.trim().strip_prefix("Subproject commit ").unwrap_or_default();
        Content::Submodule(id.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(patch: &str) -> Change {
        Change::from_patch("p", patch.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn refused(patch: &str) -> String {
        match Change::from_patch("p", patch.as_bytes()) {
            Ok(_) => panic!("read"),
            Err(error) => error.to_string(),
        }
    }

    fn text(side: &Option<FileSide>) -> &str {
        match side.as_ref().map(|side| &side.content) {
            Some(Content::Bytes(bytes)) => std::str::from_utf8(bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn hunks_stand_on_their_own_lines() {
        let change = read(
            "diff --git a/x b/x\nindex 1..2 100755\n--- a/x\n+++ b/x\n@@ -3,2 +3,3 @@ f\n c\n-d\n+D\n+E\n@@ -9 +10 @@\n-i\n+I\n",
        );
        let file = &change.files[0];
        assert_eq!(text(&file.old), "\n\nc\nd\n\n\n\n\ni\n");
        assert_eq!(text(&file.new), "\n\nc\nD\nE\n\n\n\n\nI\n");
        assert_eq!(file.new.as_ref().unwrap().mode, Mode::Executable);
        assert_eq!(change.skipped[0].path, "x");
    }

    #[test]
    fn whole_files_are_known_to_the_trees() {
        let change = read(concat!(
            "From: Ada\nSubject: [PATCH] x\n\n--- \n x | 1 +\n\n",
            "diff --git a/new b/new\nnew file mode 100644\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+one\n",
            "\\ No newline at end of file\n",
            "diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-other thing\n",
            "-- \n2.47.3\n"
        ));
        assert_eq!(
            change.files.iter().map(|file| file.status).collect::<Vec<_>>(),
            [Status::Deleted, Status::Added]
        );
        use crate::change::Side;
        assert_eq!(change.tree(Side::New).read("new").unwrap().unwrap(), b"one");
        assert_eq!(change.tree(Side::Old).read("gone").unwrap().unwrap(), b"other thing\n");
        assert!(change.skipped.is_empty());
    }

    #[test]
    fn renames_modes_binaries_and_submodules_are_read() {
        let change = read(concat!(
            "diff --git a/a b/b\nsimilarity index 100%\nrename from a\nrename to b\n",
            "diff --git a/c b/c\nold mode 100644\nnew mode 100755\n",
            "diff --git a/d b/d\nindex 1..2 100644\nBinary files a/d and b/d differ\n",
            "diff --git a/e b/e\nindex 1..2 100644\nGIT binary patch\nliteral 7\nabc\n\nliteral 5\nabc\n\n",
            "diff --git a/f b/f\nindex 1..2 160000\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-Subproject commit aa\n+Subproject commit bb\n",
        ));
        let sides: Vec<_> =
            change.files.iter().map(|file| (file.status, &file.new.as_ref().unwrap().content)).collect();
        let empty = Content::Bytes(Arc::from(&b""[..]));
        assert_eq!(
            sides,
            [
                (Status::Renamed, &empty),
                (Status::Modified, &empty),
                (Status::Modified, &Content::Binary { bytes: 0 }),
                (Status::Modified, &Content::Binary { bytes: 7 }),
                (Status::Modified, &Content::Submodule("bb".to_owned())),
            ]
        );
    }

    #[test]
    fn plain_diffs_are_read() {
        let change = read(
            "diff -u old/x new/x\n--- old/x\t2026\n+++ new/x\t2026\n@@ -1,1 +1,1 @@\n-a\n+b\nOnly in new: y\n",
        );
        assert_eq!(change.files[0].path(), "x");
        assert_eq!(change.skipped.iter().map(|skip| skip.path.as_str()).collect::<Vec<_>>(), ["x", "new/y"]);
        let added = read("--- x\t1970-01-01 00:00:00\n+++ x\t2026\n@@ -0,0 +1,1 @@\n+b\n");
        assert_eq!(added.files[0].status, Status::Added);
    }

    #[test]
    fn a_combined_diff_is_listed_and_the_rest_read() {
        let change = read(concat!(
            "diff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,1 @@@\n- a\n -b\n++c\n",
            "diff --git a/y b/y\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n"
        ));
        assert_eq!(change.files[0].path(), "y");
        assert_eq!(change.skipped[0].path, "x");
    }

    #[test]
    fn damage_is_an_error_with_its_line() {
        assert_eq!(
            refused("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n"),
            "p is not a unified diff: line 5: the patch ends inside a hunk"
        );
        assert!(refused("--- a/x\n+++ b/x\n@@ -one +two @@\n").contains("line 3"));
        assert!(refused("--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n*a\n").contains("line 4"));
        assert!(refused("--- a/x\n+++ b/x\n@@ -5 +5 @@\n-a\n+b\n@@ -2 +2 @@\n-a\n+b\n").contains("line 6"));
        assert!(refused("hello\n").contains("no file header"));
        assert!(refused("@@ -1 +1 @@\n-a\n+b\n").contains("line 1"));
        assert!(read("").files.is_empty());
    }

    #[test]
    fn a_huge_line_number_costs_nothing() {
        let change = read("--- a/x\n+++ b/x\n@@ -4000000000 +4000000000 @@\n-a\n+b\n");
        assert!(matches!(change.files[0].new.as_ref().unwrap().content, Content::TooLarge { .. }));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(lines in proptest::collection::vec("(diff --git |--- |\\+\\+\\+ |@@ -1,2 \\+1 @@|@@ |\\+|-| |\\\\|rename from |\"a/\\\\3)[ab/\"\\\\é]{0,3}", 0..12)) {
            let _ = Change::from_patch("p", lines.join("\n").as_bytes());
        }
    }
}
