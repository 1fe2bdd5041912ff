//! Which positions a compressed bitmap of git sets (`Documentation/gitformat-bitmap.txt`, EWAH).

/// More positions than an index can have entries mean damage.
const MOST: usize = 1 << 26;

/// The set positions in order, and the bytes read. `None` if the bitmap is damaged.
pub(super) fn positions(bytes: &[u8]) -> Option<(Vec<usize>, usize)> {
    let bits = long(bytes, 0, 4)? as usize;
    let words = long(bytes, 4, 4)? as usize;
    let end = 8usize.checked_add(words.checked_mul(8)?)?;
    // The position of the last marker follows.
    long(bytes, end, 4)?;
    let mut set = Vec::new();
    let mut position = 0usize;
    let mut word = 0;
    while word < words {
        // A marker: one bit that repeats, a count of words filled with it, a count of literal words that follow.
        let marker = long(bytes, 8 + word * 8, 8)?;
        word += 1;
        let filled = ((marker >> 1) & 0xffff_ffff) as usize;
        let literal = (marker >> 33) as usize;
        let stop = position.checked_add(filled.checked_mul(64)?)?;
        if stop > MOST {
            return None;
        }
        if marker & 1 == 1 {
            set.extend(position..stop);
        }
        position = stop;
        for _ in 0..literal {
            if word >= words {
                return None;
            }
            let content = long(bytes, 8 + word * 8, 8)?;
            word += 1;
            set.extend((0..64).filter(|bit| (content >> bit) & 1 == 1).map(|bit| position + bit));
            position += 64;
        }
    }
    set.retain(|position| *position < bits);
    Some((set, end + 4))
}

fn long(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let part = bytes.get(at..at.checked_add(width)?)?;
    Some(part.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::positions;

    fn bitmap(bits: u32, words: &[u64]) -> Vec<u8> {
        let mut bytes = bits.to_be_bytes().to_vec();
        bytes.extend((words.len() as u32).to_be_bytes());
        words.iter().for_each(|word| bytes.extend(word.to_be_bytes()));
        bytes.extend(0u32.to_be_bytes());
        bytes
    }

    #[test]
    fn runs_and_literal_words_are_read() {
        let bytes = bitmap(130, &[1 << 33 | 1 << 1 | 1, 0b101]);
        let (set, read) = positions(&bytes).unwrap();
        assert_eq!(read, bytes.len());
        assert_eq!(set, (0..64).chain([64, 66]).collect::<Vec<_>>());
    }

    #[test]
    fn a_damaged_bitmap_is_refused() {
        let bytes = bitmap(10, &[5 << 33]);
        assert!(positions(&bytes).is_none());
        assert!(positions(&bytes[..7]).is_none());
    }
}
