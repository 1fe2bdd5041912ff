//! A command stays what it is however it is spelt, wrapped, carried by a variable or sent through a pipe.

use std::collections::BTreeMap;
use std::fmt::Write;

use foureyes::change::Change;
use foureyes::rules::RuleSet;
use foureyes::{Knowledge, assess};

/// Rules that fire on a script to which lines are added, with their lines.
fn found(rules: &RuleSet, script: &str) -> Vec<(String, u32)> {
    let files = |text: String| BTreeMap::from([("clean.sh".to_owned(), text)]);
    let change = Change::in_memory(&files("uptime\n".to_owned()), &files(format!("uptime\n{script}\n")));
    let mut all = Vec::new();
    for scored in &assess(&change, rules, &Knowledge::default()).findings {
        all.push((scored.finding.rule.clone(), scored.finding.line));
        all.extend(scored.finding.also.iter().map(|also| (also.rule.clone(), scored.finding.line)));
    }
    all
}

const BROAD: &str = "shell/rm-rf-broad-target";

/// What is written on the second line and later, the rule that must find it, and the line.
const EVASIONS: &[(&str, &str, u32)] = &[
    // Spelling.
    ("rm -rf /srv/data", BROAD, 2),
    ("'rm' -rf /srv/data", BROAD, 2),
    ("\"r\"m -rf /srv/data", BROAD, 2),
    ("r\"\"m -rf /srv/data", BROAD, 2),
    ("r'm' -rf /srv/data", BROAD, 2),
    ("\\rm -rf /srv/data", BROAD, 2),
    ("r\\m -rf /srv/data", BROAD, 2),
    ("$'\\x72m' -rf /srv/data", BROAD, 2),
    ("/bin/rm -rf /srv/data", BROAD, 2),
    ("/usr/bin/rm -rf /srv/data", BROAD, 2),
    ("\"/bin/rm\" -rf /srv/data", BROAD, 2),
    ("rm -r -f /srv/data", BROAD, 2),
    ("rm -fr /srv/data", BROAD, 2),
    ("rm -Rf /srv/data", BROAD, 2),
    ("rm -rvf -- /srv/data", BROAD, 2),
    ("rm --recursive --force /srv/data", BROAD, 2),
    ("rm --recursive /srv/data --force", BROAD, 2),
    ("rm /srv/data -rf", BROAD, 2),
    ("rm -rf \"/srv/data\"", BROAD, 2),
    ("rm -rf '/srv'/data", BROAD, 2),
    ("rm -rf /srv/\"data\"/", BROAD, 2),
    ("rm -rf //srv//data", BROAD, 2),
    ("rm -rf /srv/./data", BROAD, 2),
    ("rm -rf /srv/app/../data", BROAD, 2),
    ("rm \\\n  -rf \\\n  /srv/data", BROAD, 2),
    ("rm -rf /srv/{data,log}", BROAD, 2),
    ("{rm,-rf,/srv/data}", BROAD, 2),
    ("rm -rf /tmp/x /srv/data", BROAD, 2),
    ("rm${IFS}-rf${IFS}/srv/data", BROAD, 2),
    // Wrappers.
    ("command rm -rf /srv/data", BROAD, 2),
    ("builtin command rm -rf /srv/data", BROAD, 2),
    ("exec rm -rf /srv/data", BROAD, 2),
    ("env rm -rf /srv/data", BROAD, 2),
    ("env X=1 rm -rf /srv/data", BROAD, 2),
    ("env -i PATH=/bin rm -rf /srv/data", BROAD, 2),
    ("X=1 rm -rf /srv/data", BROAD, 2),
    ("sudo rm -rf /srv/data", BROAD, 2),
    ("sudo -n -u root -- rm -rf /srv/data", BROAD, 2),
    ("doas rm -rf /srv/data", BROAD, 2),
    ("nohup rm -rf /srv/data &", BROAD, 2),
    ("nice -n 19 ionice -c 3 rm -rf /srv/data", BROAD, 2),
    ("timeout -k 5 60 rm -rf /srv/data", BROAD, 2),
    ("time rm -rf /srv/data", BROAD, 2),
    ("setsid rm -rf /srv/data", BROAD, 2),
    ("chroot /mnt rm -rf /srv/data", BROAD, 2),
    ("busybox rm -rf /srv/data", BROAD, 2),
    ("toybox rm -rf /srv/data", BROAD, 2),
    ("stdbuf -oL rm -rf /srv/data", BROAD, 2),
    ("watch -n 1 rm -rf /srv/data", BROAD, 2),
    ("flock /tmp/lock rm -rf /srv/data", BROAD, 2),
    ("! rm -rf /srv/data", BROAD, 2),
    // Scripts in words.
    ("eval rm -rf /srv/data", BROAD, 2),
    ("eval 'rm -rf /srv/data'", BROAD, 2),
    ("eval \"rm -rf\" /srv/data", BROAD, 2),
    ("bash -c 'rm -rf /srv/data'", BROAD, 2),
    ("sudo sh -ec \"rm -rf /srv/data\"", BROAD, 2),
    ("bash -c \"sh -c 'rm -rf /srv/data'\"", BROAD, 2),
    ("bash <<< 'rm -rf /srv/data'", BROAD, 2),
    ("bash <<'X'\nrm -rf /srv/data\nX", BROAD, 3),
    ("echo 'rm -rf /srv/data' | sh", BROAD, 2),
    ("printf 'rm -rf /srv/data\\n' | bash", BROAD, 2),
    ("ssh db1 rm -rf /srv/data", BROAD, 2),
    ("ssh -p 22 root@db1 'rm -rf /srv/data'", BROAD, 2),
    ("docker exec -it db rm -rf /srv/data", BROAD, 2),
    ("kubectl exec db-0 -- rm -rf /srv/data", BROAD, 2),
    ("kubectl exec db-0 -- sh -c 'rm -rf /srv/data'", BROAD, 2),
    ("su postgres -c 'rm -rf /srv/data'", BROAD, 2),
    ("trap 'rm -rf /srv/data' EXIT", BROAD, 2),
    ("python3 -c 'import shutil; shutil.rmtree(\"/\")'", "python/rmtree-broad", 2),
    // Variables.
    ("RM='rm -rf'\n$RM /srv/data", BROAD, 3),
    ("RM=rm\n$RM -rf /srv/data", BROAD, 3),
    ("readonly RM=/bin/rm\n\"$RM\" -rf /srv/data", BROAD, 3),
    ("CMD='rm -rf /srv/data'\n$CMD", BROAD, 3),
    ("CMD='rm -rf /srv/data'\neval \"$CMD\"", BROAD, 3),
    ("cmd=(rm -rf /srv/data)\n\"${cmd[@]}\"", BROAD, 3),
    ("DIR=/srv\nrm -rf \"$DIR/data\"", BROAD, 3),
    ("DIR=/srv/data\nrm -rf \"${DIR}\"", BROAD, 3),
    ("A=/srv\nB=$A/data\nrm -rf $B", BROAD, 4),
    ("rm -rf ${DIR:-/srv/data}", BROAD, 2),
    ("alias rm='rm -rf'\nwipe() { command rm -rf /srv/data; }\nwipe", BROAD, 3),
    ("wipe() { rm -rf \"$1\"; }\nwipe /srv/data", "shell/rm-rf-unchecked-variable", 2),
    ("for d in /srv/data /srv/log; do rm -rf \"$d\"; done", BROAD, 2),
    // Other ways to the same end.
    ("find /srv/data -delete", "shell/find-delete", 2),
    ("find /srv/data -mindepth 1 -delete", "shell/find-delete", 2),
    ("find /srv/data -exec rm -rf {} +", "shell/find-delete", 2),
    ("find /srv/data -type f -exec rm -f {} \\;", "shell/find-delete", 2),
    ("find /srv/data -print0 | xargs -0 rm -rf", "shell/find-delete", 2),
    ("find /srv/data | xargs rm -rf", "shell/find-delete", 2),
    ("ls -d /srv/data | xargs rm -rf", "shell/find-delete", 2),
    ("echo /srv/data | xargs -0 rm -rf", BROAD, 2),
    ("$(which rm) -rf /srv/data", BROAD, 2),
    ("`command -v rm` -rf /srv/data", BROAD, 2),
    ("$(echo rm) -rf /srv/data", BROAD, 2),
    // What nobody can read is said to be so.
    ("echo cm0gLXJmIC8K | base64 -d | sh", "shell/opaque-payload", 2),
    ("echo cm0gLXJmIC8K | base64 --decode | sudo bash", "shell/opaque-payload", 2),
    ("base64 -d <<< cm0gLXJmIC8K | bash", "shell/opaque-payload", 2),
    ("eval \"$(echo cm0gLXJmIC8K | base64 -d)\"", "shell/opaque-payload", 2),
    ("bash -c \"$(echo cm0gLXJmIC8K | base64 -d)\"", "shell/opaque-payload", 2),
    ("echo 726d202d7266202f | xxd -r -p | sh", "shell/opaque-payload", 2),
    ("echo '/ fr- mr' | rev | sh", "shell/opaque-payload", 2),
    ("bash <(base64 -d payload)", "shell/opaque-payload", 2),
    ("P=$(echo cm0gLXJmIC8K | base64 -d)\neval \"$P\"", "shell/opaque-payload", 3),
    ("echo cm0gLXJmIC8K | openssl base64 -d | sh", "shell/opaque-payload", 2),
    ("echo H4sIAAA | base64 -d | gunzip | sh", "shell/opaque-payload", 2),
];

#[test]
fn a_command_is_found_in_every_disguise() {
    let rules = RuleSet::builtin();
    let mut failures = String::new();
    for (script, rule, line) in EVASIONS {
        let all = found(&rules, script);
        if !all.iter().any(|(id, at)| id == rule && at == line) {
            let _ = writeln!(failures, "{script:?}: {rule} at {line}, found {all:?}");
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// What only speaks of a command, and what is deleted every day.
const HARMLESS: &[&str] = &[
    "echo rm -rf /srv/data",
    "echo 'run: rm -rf /srv/data'",
    "printf '%s\\n' 'rm -rf /srv/data' >> plan.txt",
    "# rm -rf /srv/data",
    ": rm -rf /srv/data",
    "grep -rn 'rm -rf /srv/data' .",
    "git commit -m 'never rm -rf /srv/data again'",
    "git log --grep='rm -rf /'",
    "cat > notes.md <<'X'\nrm -rf /srv/data\nX",
    "cat <<X\nUsage: rm -rf /srv/data\nX",
    "help='rm -rf /srv/data'",
    "command -v rm",
    "type rm",
    "man rm",
    "which rm",
    "rm -rf ./build",
    "rm -rf build/ dist target node_modules",
    "rm -rf target/",
    "rm -rf /var/lib/apt/lists/*",
    "rm -rf /tmp/build-1",
    "rm -rf \"$(mktemp -d)\"",
    "work=$(mktemp -d)\nrm -rf \"$work\"",
    "work=$(mktemp -d)\ntrap 'rm -rf \"$work\"' EXIT",
    "rm -rf .pytest_cache __pycache__ *.egg-info",
    "rm -rf /root/.cache /var/cache/apk/*",
    "find . -name '*.pyc' -delete",
    "find . -type d -name __pycache__ -exec rm -rf {} +",
    "find . -name '*.orig' -print0 | xargs -0 rm -f",
    "base64 -d cert.b64 > cert.pem",
    "echo \"$KUBECONFIG_B64\" | base64 -d > ~/.kube/config",
];

#[test]
fn what_only_speaks_of_a_command_is_harmless() {
    let rules = RuleSet::builtin();
    let mut failures = String::new();
    for script in HARMLESS {
        let all = found(&rules, script);
        if all.iter().any(|(id, _)| id.starts_with("shell/")) {
            let _ = writeln!(failures, "{script:?}: {all:?}");
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}
