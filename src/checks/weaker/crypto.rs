//! `crypto-weakened`: a weaker algorithm, less work, a guessable source of randomness, or a signature that is not looked
//! at, where something better stood before.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use super::super::Evidence;
use super::hunks::{Hunk, hunks};
use crate::delta::similarity;
use crate::facts::Expression;
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, Subject};
use crate::source::{FileReading, SideReading};

/// Share of words from which a new line is the old one, edited.
const ALIKE: f64 = 0.34;

/// Things of which one stands for the other.
struct Family {
    name: &'static str,
    strong: Option<Expression>,
    weak: Expression,
    /// What must stand on the line or in the name of the function around it.
    context: Option<Expression>,
    /// What shows that nothing depends on its strength.
    harmless: Option<Expression>,
    severity: Severity,
}

const SECRET: &str = r"(?i)passw|passphrase|\bpw\b|\bpwd\b|secret|token|\bkey|_key|key_|nonce|\botp\b|session|salt|csrf|reset|invite|auth|credential|signature|\bhmac|verif|coupon|voucher|\biv\b";
const HARMLESS: &str = r"(?i)usedforsecurity[ \t]*=[ \t]*False|etag|cache|checksum|fingerprint|dedup|content_?hash|shard|bucket|bloom|digest_for_cache";

static FAMILIES: [Family; 8] = [
    Family {
        name: "a hash that is broken",
        strong: Some(Expression::of(
            r"(?i)sha-?_?(?:256|384|512|3)|blake[23]|bcrypt|scrypt|argon2|pbkdf2|sha2\b",
        )),
        weak: Expression::of(r"(?i)\bmd[45]\b|[._\x22'(:]md5|\bsha-?_?1\b|[._\x22'(:]sha1\b|\bcrc32|adler32"),
        context: None,
        harmless: Some(Expression::of(HARMLESS)),
        severity: Severity::High,
    },
    Family {
        name: "a fast hash for a password",
        strong: Some(Expression::of(r"(?i)bcrypt|scrypt|argon2|pbkdf2")),
        weak: Expression::of(r"(?i)\bmd[45]\b|md5|sha-?_?(?:1|256|384|512)|blake[23]"),
        context: None,
        harmless: Some(Expression::of("(?i)pbkdf2|hmac_?sha|argon2|scrypt")),
        severity: Severity::Critical,
    },
    Family {
        name: "a cipher that leaks or is broken",
        strong: Some(Expression::of(
            r"(?i)\bgcm\b|_gcm|gcm\(|chacha20|\bccm\b|\bsiv\b|\beax\b|aes-?_?256|aesgcm|fernet",
        )),
        weak: Expression::of(r"(?i)\becb\b|_ecb|/ecb/|\brc4\b|arcfour|\b3?des\b|tripledes|desede|blowfish"),
        context: None,
        harmless: None,
        severity: Severity::Critical,
    },
    Family {
        name: "randomness that can be guessed",
        strong: Some(Expression::of(
            r"\bsecrets\.|os\.urandom|SystemRandom|OsRng|randomBytes|randomUUID|getRandomValues|crypto/rand|SecureRandom|getrandom|crypto\.randomInt|thread_rng|rand\.Read",
        )),
        weak: Expression::of(
            r"\brandom\.(?:random|randint|choice|choices|getrandbits|randrange|sample)|Math\.random|math/rand|seed_from_u64|new Random\(|SmallRng|\brand\.(?:Intn?|Int63|Seed)|ThreadLocalRandom|fastrand",
        ),
        context: Some(Expression::of(SECRET)),
        harmless: None,
        severity: Severity::Critical,
    },
    Family {
        name: "a token whose signature is not checked",
        strong: None,
        weak: Expression::of(
            r#"(?i)verify_signature["']?[ \t]*[:=][ \t]*(?:false)|verify_exp["']?[ \t]*[:=][ \t]*false|ignoreExpiration["']?[ \t]*:[ \t]*true|algorithms?["']?[ \t]*[:=][ \t]*\[[^\]]*["']none["']|\balg["']?[ \t]*[:=][ \t]*["']none["']|insecure_disable_signature_validation\(|dangerous_insecure_decode|\.ParseUnverified\("#,
        ),
        context: None,
        harmless: None,
        severity: Severity::Critical,
    },
    Family {
        name: "a token whose signature is not checked",
        strong: Some(Expression::of(r"(?i)jwt\.verify\(|jwtVerify\(|verifyIdToken\(")),
        weak: Expression::of(r"(?i)jwt\.decode\(|jwt_?decode\(|decodeJwt\("),
        context: None,
        harmless: None,
        severity: Severity::Critical,
    },
    Family {
        name: "a comparison whose time gives the secret away",
        strong: Some(Expression::of(
            r"compare_digest|timingSafeEqual|constant_time_eq|ct_eq|ConstantTimeCompare|hmac\.Equal|MessageDigest\.isEqual|constantTimeEquals|verify_slice",
        )),
        weak: Expression::of(r"[^=!<>]===?[^=]|\.equals\(|\.eq\(|bytes\.Equal\("),
        context: Some(Expression::of(
            r"(?i)signature|digest|hmac|\bmac\b|token|secret|hash|\bsig\b|expected|provided",
        )),
        harmless: None,
        severity: Severity::High,
    },
    Family {
        name: "an old version of TLS",
        strong: Some(Expression::of(r"(?i)tls_?v?1[._]?[23]\b|VersionTLS1[23]\b|TLSv1\.[23]")),
        weak: Expression::of(
            r"(?i)\btls_?v?1(?:[._]?[01])?\b|VersionTLS1[01]\b|VersionSSL30|sslv[23]\b|PROTOCOL_(?:TLSv1(?:_1)?|SSLv23?|SSLv3)\b",
        ),
        context: None,
        harmless: Some(Expression::of(r"(?i)reject|disable|deny|forbid|!=|no_tls")),
        severity: Severity::High,
    },
];

/// A number that sets how much work a guess costs.
static WORK: Expression = Expression::of(
    r"(?i)bcrypt|pbkdf2|scrypt|argon2|gensalt|genSalt|salt_?rounds|hash_?rounds|log_?rounds|work_?factor|(?:hash|kdf|password|key)[A-Za-z0-9_]*_?iterations|iterations[A-Za-z0-9_]*(?:hash|kdf|password)|key_?size|keysize|modulus_?length|(?:generate_private_key|GenerateKey|RsaPrivateKey::new|rsa\.generate)",
);

/// Text without which no new line is weaker, and text of old lines whose loss alone counts; cheap to look for, unlike the
/// expressions.
const WEAK: [&str; 44] = [
    "md4",
    "md5",
    "sha1",
    "sha-1",
    "sha_1",
    "sha256",
    "sha512",
    "blake",
    "crc32",
    "adler",
    "ecb",
    "rc4",
    "arcfour",
    "3des",
    "tripledes",
    "desede",
    "/des",
    ".des",
    "blowfish",
    "random",
    "rand.",
    "seed",
    "smallrng",
    "fastrand",
    "verify_",
    "ignoreexp",
    "algorithm",
    "alg\"",
    "alg'",
    "alg:",
    "parseunverified",
    "insecure_dis",
    "dangerous_ins",
    "decode",
    "tls",
    "ssl",
    "bcrypt",
    "pbkdf2",
    "scrypt",
    "salt",
    "rounds",
    "iterations",
    "key",
    "modulus",
];
const TIMED: [&str; 8] = [
    "compare_digest",
    "timingsafe",
    "constant_time",
    "ct_eq",
    "constanttime",
    "hmac.equal",
    "isequal",
    "verify_slice",
];

fn may_matter(hunk: &Hunk<'_>) -> bool {
    static SEARCHES: OnceLock<Option<[AhoCorasick; 2]>> = OnceLock::new();
    let build = |words: &[&str]| AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok();
    let Some([weak, timed]) = SEARCHES.get_or_init(|| Some([build(&WEAK)?, build(&TIMED)?])) else {
        return false;
    };
    hunk.new.iter().any(|(_, text)| weak.is_match(*text))
        || hunk.old.iter().any(|(_, text)| timed.is_match(*text))
}

pub(in crate::checks) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, reading) in evidence.readings.iter().enumerate() {
        let (Some(file), Some(new)) = (evidence.change.files.get(index), &reading.new) else { continue };
        if !new.documents.first().is_some_and(|host| host.language.is_program()) {
            continue;
        }
        let path = file.path();
        let mut told = Vec::new();
        for hunk in hunks(reading).iter().filter(|hunk| may_matter(hunk)) {
            for (line, text) in &hunk.new {
                if is_remark(text) || told.contains(line) {
                    continue;
                }
                let seen = FAMILIES
                    .iter()
                    .find_map(|family| {
                        Some((
                            weaker(family, reading, hunk, (*line, text))?,
                            family.name.to_owned(),
                            family.severity,
                        ))
                    })
                    .or_else(|| {
                        let (old, was, is) = cheaper(&hunk.old, text)?;
                        Some((Some(old), format!("{is} instead of {was} steps or bits"), Severity::High))
                    });
                let Some((old, name, severity)) = seen else { continue };
                told.push(*line);
                let draft = Draft {
                    severity: Some(severity),
                    old: old.map(|line| OldPlace {
                        path: file.old.as_ref().map_or(path, |old| old.path.as_str()).to_owned(),
                        line,
                        end_line: line,
                    }),
                    subject: Some(Subject {
                        home: path.to_owned(),
                        name: function(new, *line).unwrap_or_default(),
                    }),
                    content: text.trim().to_owned(),
                    ..Draft::new(Kind::Changed, Place::line(index, path, *line))
                };
                let quoted: String = text.trim().chars().take(80).collect();
                findings.push(draft.capture("name", name).capture("text", quoted).finish(rule));
            }
        }
    }
    findings
}

/// Whether a new line uses the weak thing of a family; with the old line that used the strong one.
fn weaker(
    family: &Family,
    reading: &FileReading,
    hunk: &Hunk<'_>,
    (line, text): (u32, &str),
) -> Option<Option<u32>> {
    if !family.weak.is_match(text) {
        return None;
    }
    let is = |words: &Option<Expression>, text: &str| words.as_ref().is_some_and(|words| words.is_match(text));
    let harmless = |text: &str| is(&family.harmless, text);
    let strong = |text: &str| is(&family.strong, text);
    if harmless(text) || strong(text) {
        return None;
    }
    let was_weak = hunk
        .old
        .iter()
        .any(|(_, old)| family.weak.is_match(old) && (!strong(old) || similarity(old, text) >= 0.9));
    if was_weak {
        return None;
    }
    match family.strong.is_some() {
        false => {
            // Written over several lines, or moved from elsewhere in the file.
            let everywhere =
                reading.old.as_ref().is_some_and(|side| side.text.lines().any(|old| old.trim() == text.trim()));
            (!everywhere && fits_context(family, reading, (line, text), "")).then_some(None)
        }
        true => {
            let is_strong = |(_, text): &&(u32, &str)| strong(text) && !is_remark(text) && !harmless(text);
            let mut candidates = hunk.old.iter().filter(is_strong);
            // The strong thing is still there, on another line.
            if hunk.new.iter().filter(is_strong).count() >= candidates.clone().count() {
                return None;
            }
            let only = candidates.clone().count() == 1;
            let found = candidates.find(|(_, old)| only || similarity(old, text) >= ALIKE)?;
            // What the strong thing was used for, its own line says as well.
            fits_context(family, reading, (line, text), found.1).then_some(Some(found.0))
        }
    }
}

/// Whether the new line, the function around it or the old line speaks of something that must be strong.
fn fits_context(family: &Family, reading: &FileReading, (line, text): (u32, &str), old: &str) -> bool {
    // The name of the module alone does not say that a secret is made.
    let old = old.replace("secrets.", "");
    let Some(context) = &family.context else { return true };
    if [text, &old].iter().any(|text| context.is_match(text)) {
        return true;
    }
    let around = reading.new.as_ref().and_then(|side| function(side, line)).unwrap_or_default();
    context.is_match(&around)
}

/// The same line with one smaller number.
fn cheaper(old: &[(u32, &str)], text: &str) -> Option<(u32, u64, u64)> {
    if !WORK.is_match(text) {
        return None;
    }
    let (shape, numbers) = numbers(text);
    old.iter().find_map(|(line, old)| {
        let (old_shape, before) = self::numbers(old);
        if old_shape != shape || before.len() != numbers.len() {
            return None;
        }
        let mut differing = before.iter().zip(&numbers).filter(|(was, is)| was != is);
        let (was, is) = differing.next()?;
        (differing.next().is_none() && is < was && *was > 1).then_some((*line, *was, *is))
    })
}

/// A line with `#` for each number, and the numbers.
fn numbers(text: &str) -> (String, Vec<u64>) {
    let (mut shape, mut numbers) = (String::new(), Vec::new());
    let mut digits = String::new();
    let mut before = ' ';
    for letter in text.trim().chars().chain([' ']) {
        let of_number = letter.is_ascii_digit() || letter == '_' && !digits.is_empty();
        if of_number && !(digits.is_empty() && (before.is_alphabetic() || before == '_')) {
            digits.push(letter);
            continue;
        }
        if !digits.is_empty() {
            numbers.push(digits.replace('_', "").parse().unwrap_or(u64::MAX));
            shape.push('#');
            digits.clear();
        }
        if !letter.is_whitespace() {
            shape.push(letter);
        }
        before = letter;
    }
    (shape, numbers)
}

/// The name of the function around a line.
fn function(side: &SideReading, line: u32) -> Option<String> {
    let host = side.documents.first()?;
    let range = side.lines.range(line)?;
    let text = side.lines.line(line)?;
    let at = range.start + (text.len() - text.trim_start().len());
    let node = host.tree.as_ref()?.root_node().descendant_for_byte_range(at, at + 1)?;
    crate::source::scope_of(host, &node).pop()
}

fn is_remark(text: &str) -> bool {
    let text = text.trim_start();
    ["#", "//", "/*", "* ", "\"\"\""].iter().any(|opener| text.starts_with(opener)) && !text.starts_with("#[")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_compiles() {
        for family in &FAMILIES {
            let all = [&family.strong, &family.context, &family.harmless].into_iter().flatten();
            for expression in all.chain([&family.weak, &WORK]) {
                assert!(expression.compiles(), "{expression:?}");
            }
        }
    }

    #[test]
    fn one_smaller_number_costs_less() {
        let old = [(3, "salt = bcrypt.gensalt(rounds=12)")];
        assert_eq!(cheaper(&old, "salt = bcrypt.gensalt(rounds=4)"), Some((3, 12, 4)));
        assert_eq!(cheaper(&old, "salt = bcrypt.gensalt(rounds=14)"), None);
        assert_eq!(cheaper(&[(1, "iterations = 100")], "iterations = 50"), None);
        assert_eq!(
            cheaper(&[(1, "PBKDF2_ITERATIONS = 600_000")], "PBKDF2_ITERATIONS = 1000"),
            Some((1, 600_000, 1000))
        );
    }
}
