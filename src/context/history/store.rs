//! The past of a repository as a file of its own, outside of the repository.
//!
//! A file is named after the commit it leads to, written beside its place and moved there, and only read if its
//! checksum fits: a damaged one is as good as none.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::words::Taken;
use super::{Past, Person, Record};

/// Changes with the format; files of another are not read.
const MAGIC: &[u8; 8] = b"4eyespa1";
/// Files kept for one repository: branches have tips of their own.
const MOST_FILES: usize = 4;
/// A string or list that is longer means damage.
const MOST: u64 = 1 << 24;

/// The folder of one repository in the cache.
pub(super) fn folder(cache: &Path, repository: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    hasher.write(repository.as_os_str().as_encoded_bytes());
    cache.join("history").join(format!("{:016x}", hasher.finish()))
}

/// The past that leads to a commit, else the youngest whose tip is wanted, with its tip.
pub(super) fn newest(folder: &Path, exact: &str, wanted: impl Fn(&str) -> bool) -> Option<(String, Past)> {
    if let Some(past) = fs::read(folder.join(exact)).ok().and_then(|bytes| decode(&bytes)) {
        return Some((exact.to_owned(), past));
    }
    files(folder).into_iter().find_map(|(_, path)| {
        let tip = path.file_name()?.to_str()?.to_owned();
        if !wanted(&tip) {
            return None;
        }
        let past = decode(&fs::read(&path).ok()?)?;
        Some((tip, past))
    })
}

/// Writes the past for a tip. Failing to is no error: the next run walks again.
pub(super) fn keep(folder: &Path, tip: &str, past: &Past) {
    if fs::create_dir_all(folder).is_err() {
        return;
    }
    let beside = folder.join(format!(".{tip}.{}", std::process::id()));
    if fs::write(&beside, encode(past)).and_then(|()| fs::rename(&beside, folder.join(tip))).is_err() {
        let _ = fs::remove_file(&beside);
        return;
    }
    for (_, path) in files(folder).into_iter().skip(MOST_FILES) {
        let _ = fs::remove_file(path);
    }
}

/// Files of the folder that are named after a commit, youngest first.
fn files(folder: &Path) -> Vec<(SystemTime, PathBuf)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<(SystemTime, PathBuf)> = entries
        .flatten()
        .filter(|entry| {
            entry.file_name().to_str().is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_hexdigit()))
        })
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort_by(|one, other| other.cmp(one));
    files
}

fn checksum(bytes: &[u8]) -> [u8; 8] {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish().to_le_bytes()
}

fn encode(past: &Past) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 * past.records.len() + 64 * past.paths.len());
    out.push(u8::from(past.is_shallow));
    number(&mut out, past.people.len() as u64);
    for person in &past.people {
        string(&mut out, &person.name);
        string(&mut out, &person.email);
    }
    number(&mut out, past.paths.len() as u64);
    past.paths.iter().for_each(|path| string(&mut out, path));
    number(&mut out, past.records.len() as u64);
    for record in &past.records {
        string(&mut out, &record.id);
        number(&mut out, record.time.max(0) as u64);
        number(&mut out, u64::from(record.author));
        string(&mut out, &record.subject);
        out.push(u8::from(record.is_fix) | u8::from(record.revert.is_some()) << 1);
        if let Some(taken) = &record.revert {
            string(&mut out, taken.id.as_deref().unwrap_or_default());
            string(&mut out, taken.subject.as_deref().unwrap_or_default());
        }
        for list in [&record.reviewers, &record.paths] {
            number(&mut out, list.len() as u64);
            list.iter().for_each(|entry| number(&mut out, u64::from(*entry)));
        }
    }
    let mut whole = MAGIC.to_vec();
    whole.extend(checksum(&out));
    whole.append(&mut out);
    whole
}

/// Seven bits a byte, lowest first.
fn number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn string(out: &mut Vec<u8>, text: &str) {
    number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn count(&mut self) -> Option<usize> {
        self.number().filter(|count| *count <= MOST).map(|count| count as usize)
    }

    fn string(&mut self) -> Option<String> {
        let length = self.count()?;
        let text = std::str::from_utf8(self.0.get(..length)?).ok()?.to_owned();
        self.0 = &self.0[length..];
        Some(text)
    }

    fn list<T>(&mut self, read: impl Fn(&mut Reader<'a>) -> Option<T>) -> Option<Vec<T>> {
        let count = self.count()?;
        let mut list = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            list.push(read(self)?);
        }
        Some(list)
    }

    /// An index below `limit`.
    fn index(&mut self, limit: usize) -> Option<u32> {
        self.number().filter(|index| *index < limit as u64).map(|index| index as u32)
    }
}

fn decode(bytes: &[u8]) -> Option<Past> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (sum, body) = rest.split_at_checked(8)?;
    if checksum(body) != sum {
        return None;
    }
    let mut reader = Reader(body);
    let is_shallow = reader.byte()? != 0;
    let people = reader.list(|reader| Some(Person { name: reader.string()?, email: reader.string()? }))?;
    let paths = reader.list(Reader::string)?;
    let (known_people, known_paths) = (people.len(), paths.len());
    let records = reader.list(|reader| {
        let (id, time) = (reader.string()?, i64::try_from(reader.number()?).ok()?);
        let (author, subject) = (reader.index(known_people)?, reader.string()?);
        let flags = reader.byte()?;
        let optional = |text: String| (!text.is_empty()).then_some(text);
        let revert = match flags & 2 {
            0 => None,
            _ => Some(Taken { id: optional(reader.string()?), subject: optional(reader.string()?) }),
        };
        Some(Record {
            id,
            time,
            author,
            subject,
            revert,
            is_fix: flags & 1 != 0,
            reviewers: reader.list(|reader| reader.index(known_people))?,
            paths: reader.list(|reader| reader.index(known_paths))?,
        })
    })?;
    Some(Past { records, people, paths, is_shallow })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past() -> Past {
        Past {
            records: vec![Record {
                id: "ab".into(),
                time: 1_700_000_000,
                author: 0,
                subject: "Revert \"x\"".into(),
                revert: Some(Taken { id: None, subject: Some("x".into()) }),
                is_fix: true,
                reviewers: vec![1],
                paths: vec![0, 300],
            }],
            people: vec![
                Person { name: "Ada".into(), email: "ada@example.com".into() },
                Person { name: "bob".into(), email: String::new() },
            ],
            paths: (0..301).map(|number| format!("p{number}")).collect(),
            is_shallow: true,
        }
    }

    #[test]
    fn what_is_kept_comes_back() {
        assert_eq!(decode(&encode(&past())), Some(past()));
    }

    #[test]
    fn damage_is_noticed_and_never_panics() {
        let bytes = encode(&past());
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_none());
        }
        for place in 0..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[place] ^= 0x55;
            assert!(decode(&wrong).is_none());
        }
    }

    #[test]
    fn few_files_are_kept_and_the_wanted_one_is_found() {
        let folder = tempfile::tempdir().unwrap();
        for tip in ["aa", "bb", "cc", "dd", "ee", "ff"] {
            keep(folder.path(), tip, &past());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert_eq!(files(folder.path()).len(), MOST_FILES);
        assert_eq!(newest(folder.path(), "none", |tip| tip == "dd").map(|(tip, _)| tip).as_deref(), Some("dd"));
        assert!(newest(folder.path(), "none", |tip| tip == "aa").is_none());
        assert!(newest(folder.path(), "cc", |_| false).is_some());
        fs::write(folder.path().join("ee"), "damaged").unwrap();
        assert!(newest(folder.path(), "none", |tip| tip == "ee").is_none());
    }
}
