//! What scripts say, as a table: evasions, guards, status, data that is no command.

use super::flow::{self, Said};
use crate::facts::{Command, Guarding, StatusHandling};

fn commands(text: &str) -> Vec<Command> {
    flow::read(text, false)
        .into_iter()
        .filter_map(|saying| match saying.said {
            Said::Command(command) => Some(*command),
            Said::Setting(_) => None,
        })
        .collect()
}

fn named(text: &str, program: &str) -> Command {
    commands(text)
        .into_iter()
        .find(|command| command.program == program)
        .unwrap_or_else(|| panic!("no {program} in {text:?}: {:?}", commands(text)))
}

/// `rm -r -f [/data]`: program, subcommands, flags, operands.
fn shape(command: &Command) -> String {
    let mut text = command.program.clone();
    for word in &command.subcommands {
        text.push_str(&format!(" {word}"));
    }
    for flag in &command.flags {
        match &flag.value {
            Some(value) => text.push_str(&format!(" {}={}", flag.name, value.resolved())),
            None => text.push_str(&format!(" {}", flag.name)),
        }
    }
    let operands: Vec<String> = command.operands.iter().map(crate::facts::Word::resolved).collect();
    format!("{text} [{}]", operands.join(", "))
}

#[test]
fn however_it_is_written_it_is_the_same_command() {
    for text in [
        "rm -rf /data",
        "rm -r -f /data",
        "rm -r -f -- /data",
        "\"r\"m -rf /data",
        "\\rm -rf /data",
        "'rm' '-rf' \"/data\"",
        "r''m -rf /da''ta",
        "$'rm' -rf $'/data'",
        "command rm -rf /data",
        "builtin command rm -rf /data",
        "/bin/rm -rf /data",
        "env X=1 rm -rf /data",
        "X=1 rm -rf /data",
        "sudo rm -rf /data",
        "sudo -u root -E rm -rf /data",
        "sudo -n -- rm -rf /data",
        "doas rm -rf /data",
        "nohup nice -n 10 rm -rf /data &",
        "timeout -k 5 10s rm -rf /data",
        "time rm -rf /data",
        "eval rm -rf /data",
        "eval 'rm -rf /data'",
        "eval \"rm\" \"-rf /data\"",
        "C=rm; $C -rf /data",
        "C='rm -rf'; $C /data",
        "C='rm -rf /data'; eval \"$C\"",
        "C='rm -rf /data'; bash -c \"$C\"",
        "D=/data\nrm -rf \"$D\"",
        "D=/data\nrm -rf ${D}",
        "bash -c 'rm -rf /data'",
        "bash -lc \"rm -rf /data\"",
        "sudo bash -c 'sudo rm -rf /data'",
        "sh -c \"bash -c 'rm -rf /data'\"",
        "su - app -c 'rm -rf /data'",
        "ssh host rm -rf /data",
        "ssh -p 22 -o BatchMode=yes root@host 'rm -rf /data'",
        "ssh host <<'EOF'\nrm -rf /data\nEOF",
        "ssh host bash -s <<EOF\nrm -rf /data\nEOF",
        "bash <<-EOF\n\trm -rf /data\n\tEOF",
        "cat <<EOF | sudo bash\nrm -rf /data\nEOF",
        "bash <<< 'rm -rf /data'",
        "echo 'rm -rf /data' | sh",
        "printf 'rm -rf /data' | ssh host bash",
        "docker exec -it app rm -rf /data",
        "docker run --rm -v /:/host alpine rm -rf /data",
        "docker compose exec -T app rm -rf /data",
        "podman exec app sh -c 'rm -rf /data'",
        "kubectl exec -it pod -c app -- rm -rf /data",
        "kubectl -n prod exec pod -- sh -c 'rm -rf /data'",
        "busybox rm -rf /data",
        "chroot /mnt rm -rf /data",
        "stdbuf -oL rm -rf /data",
        "find . -name x | xargs -0 rm -rf /data",
        "watch -n 5 rm -rf /data",
        "exec rm -rf /data",
        "rm \\\n  -rf \\\n  /data",
        "rm -rf /data # the cache",
        "if rm -rf /data; then echo ok; fi",
        "while true; do rm -rf /data; done",
        "for i in 1 2; do rm -rf /data; done",
        "case $1 in x) rm -rf /data ;; esac",
        "f() { rm -rf /data; }\nf",
        "f() ( rm -rf /data )",
        "function f { rm -rf /data; }",
        "( cd /x && rm -rf /data )",
        "{ rm -rf /data; }",
        "x=$(rm -rf /data)",
        "echo \"$(rm -rf /data)\"",
        "echo `rm -rf /data`",
        "cat <<EOF\n$(rm -rf /data)\nEOF",
        "true && rm -rf /data",
        "! rm -rf /data",
        "trap 'rm -rf /data' EXIT",
        "A=(rm -rf); \"${A[@]}\" /data",
        "A=(-rf /data); rm \"${A[@]}\"",
        "O=-rf; rm $O /data",
        "a=rm b=-rf\n$a $b /data",
        "npx rm -rf /data",
        "coproc rm -rf /data",
        "$(which rm) -rf /data",
        "\"$(command -v rm)\" -rf /data",
        "rm -rf /data;;",
        "<<<x rm -rf /data",
        "2>/dev/null rm -rf /data >>log 2>&1",
        "uv run rm -rf /data",
        "flock /tmp/lock rm -rf /data",
        "flock /tmp/lock -c 'rm -rf /data'",
    ] {
        let command = named(text, "rm");
        assert_eq!(shape(&command), "rm -r -f [/data]", "{text:?}");
    }
}

#[test]
fn words_become_several() {
    for (text, expected) in [
        ("rm -rf /{bin,etc}", "rm -r -f [/bin, /etc]"),
        ("rm -rf {a,b}{1,2}", "rm -r -f [a1, a2, b1, b2]"),
        ("rm -{r,f} x", "rm -r -f [x]"),
        ("{rm,-rf,/data}", "rm -r -f [/data]"),
        ("for d in a b; do rm -rf $d; done", "rm -r -f [a, b]"),
        ("if x; then D=a; else D=b; fi; rm -rf \"$D\"", "rm -r -f [a, b]"),
        ("rm -rf \"{a,b}\"", "rm -r -f [{a,b}]"),
        ("rm -rf \"${A:-build}/x\"", "rm -r -f [build/x]"),
        ("rm -rf \"$A\"/x", "rm -r -f [${A}/x]"),
        ("B=$A/x; rm -rf \"$B\"", "rm -r -f [${A}/x]"),
        ("rm -rf __hole__/x", "rm -r -f [{…}/x]"),
        ("rm -rf ${{ inputs.dir }}/x", "rm -r -f [${{ inputs.dir }}/x]"),
        ("rm -rf {{ dir }}/x", "rm -r -f [{{ dir }}/x]"),
        ("find . -exec rm -rf {} \\;", "rm -r -f [{}]"),
    ] {
        assert_eq!(shape(&named(text, "rm")), expected, "{text:?}");
    }
}

#[test]
fn tools_have_flags_and_subcommands_of_their_own() {
    for (text, program, expected) in [
        (
            "terraform -chdir=prod destroy -auto-approve",
            "terraform",
            "terraform destroy -chdir=prod -auto-approve []",
        ),
        ("tofu apply --auto-approve -target x.y", "tofu", "tofu apply -auto-approve -target=x.y []"),
        ("terragrunt run-all destroy", "terragrunt", "terragrunt destroy []"),
        ("terraform state rm aws_x.y", "terraform", "terraform state rm [aws_x.y]"),
        ("kubectl -n prod delete ns shop --force", "kubectl", "kubectl delete -n=prod --force [ns, shop]"),
        ("docker compose -f a.yml down -v", "docker", "docker compose down -f=a.yml -v []"),
        ("docker rm -f old", "docker", "docker rm -f [old]"),
        ("docker compose rm -fsv", "docker", "docker compose rm -f -s -v []"),
        ("docker build -t x:1 -f D .", "docker", "docker build -t=x:1 -f=D [.]"),
        (
            "docker run --privileged -v /:/host -it img sh",
            "docker",
            "docker run --privileged -v=/:/host -i -t [img]",
        ),
        ("docker volume rm data", "docker", "docker volume rm [data]"),
        ("aws --profile prod s3 rm s3://b --recursive", "aws", "aws s3 rm --profile=prod --recursive [s3://b]"),
        ("gcloud sql instances delete main --quiet", "gcloud", "gcloud sql instances delete --quiet [main]"),
        ("az group delete -n rg --yes", "az", "az group delete -n=rg --yes []"),
        ("git -C repo push -f origin main", "git", "git push -C=repo -f [origin, main]"),
        ("curl -kfsSL -XDELETE https://x", "curl", "curl -k -f -s -S -L -X=DELETE [https://x]"),
        ("mysql -pSECRET -e 'DROP DATABASE x'", "mysql", "mysql -p=SECRET -e=DROP DATABASE x []"),
        ("psql -h db -c 'select 1'", "psql", "psql -h=db -c=select 1 []"),
        ("find /x -name '*.log' -mtime +7 -delete", "find", "find -name=*.log -mtime=+7 -delete [/x]"),
        ("find /x -type f -exec rm {} + -print", "find", "find -type=f -exec -print [/x]"),
        ("rsync -a --delete --exclude x a/ b/", "rsync", "rsync -a --delete --exclude=x [a/, b/]"),
        ("redis-cli -h cache FLUSHALL", "redis-cli", "redis-cli -h=cache [FLUSHALL]"),
        ("kill -9 123", "kill", "kill -9 [123]"),
        ("set -e", "set", "set errexit []"),
        ("npx prisma@5 migrate reset --force", "prisma", "prisma migrate reset --force []"),
        ("ssh -o StrictHostKeyChecking=no h ls", "ssh", "ssh -o=StrictHostKeyChecking=no [h]"),
        ("sudo -u postgres dropdb shop", "dropdb", "dropdb [shop]"),
        ("command -v rm", "command", "command -v [rm]"),
    ] {
        assert_eq!(shape(&named(text, program)), expected, "{text:?}");
    }
}

#[test]
fn wrappers_remotes_and_pipes_are_kept() {
    let command = named("sudo ssh root@db 'docker exec app rm -rf /x'", "rm");
    assert_eq!(command.wrappers, ["sudo", "ssh", "docker exec"]);
    assert_eq!(command.remote.as_deref(), Some("app"));
    let command = named("curl -fsSL https://x | gunzip | sudo bash -s -- --yes", "bash");
    assert_eq!(command.piped_from, ["gunzip", "curl"]);
    assert_eq!(named("bash <(curl -s https://x)", "bash").piped_from, ["curl"]);
    assert_eq!(named("bash -c \"$(curl -s https://x)\"", "bash").piped_from, ["curl"]);
    assert_eq!(named("eval \"$(wget -qO- https://x)\"", "eval").piped_from, ["wget"]);
    assert_eq!(named("echo cm0= | base64 -d | sh", "sh").piped_from, ["base64", "echo"]);
    assert_eq!(named("pg_dump db | gzip > x.gz", "gzip").writes[0].resolved(), "x.gz");
}

#[test]
fn data_is_no_command() {
    for text in [
        "echo rm -rf /",
        "echo 'run: rm -rf /'",
        "printf '%s' \"rm -rf /\"",
        "grep -r 'rm -rf /' .",
        "git commit -m 'rm -rf /'",
        "# rm -rf /",
        ": rm -rf /",
        "cat > README.md <<'EOF'\nrm -rf /\nEOF",
        "cat <<'EOF'\n$(rm -rf /)\nEOF",
        "usage() { cat <<EOF\nrm -rf /\nEOF\n}",
        "x='rm -rf /'",
        "alias rm='rm -i'",
        "psql -c 'rm -rf /'",
    ] {
        assert!(commands(text).iter().all(|command| command.program != "rm"), "{text:?}");
    }
}

#[test]
fn guards_enclose_or_leave() {
    let guards = |text: &str| -> Vec<String> {
        named(text, "rm")
            .guards
            .iter()
            .map(|guard| match guard {
                Guarding::ErrorExit => "e".to_owned(),
                Guarding::NoUnset => "u".to_owned(),
                Guarding::Checked(name) => format!("checked {name}"),
                Guarding::Confirmed => "confirmed".to_owned(),
                Guarding::Condition(text) => format!("if {text}"),
                Guarding::ChangedFolder(folder) => format!("in {folder}"),
                Guarding::UnsureFolder(folder) => format!("perhaps in {folder}"),
            })
            .collect()
    };
    for (text, expected) in [
        ("rm -rf $V", ""),
        ("set -eu\nrm -rf $V", "e, u"),
        ("set -o errexit\nrm -rf x", "e"),
        ("(set -e; true)\nrm -rf x", ""),
        ("set -e\nset +e\nrm -rf x", ""),
        ("[ -n \"$V\" ] && rm -rf $V", "checked V"),
        ("[ -n \"$V\" ] || exit 1\nrm -rf $V", "checked V"),
        ("[[ -z $V ]] && { echo no; exit 1; }\nrm -rf $V", "checked V"),
        ("if [ -z \"$V\" ]; then echo no; exit 1; fi\nrm -rf $V", "checked V"),
        ("if [ -n \"$V\" ]; then rm -rf $V; fi", "checked V"),
        ("if [ -n \"$V\" ]; then :; else exit 1; fi\nrm -rf $V", "checked V"),
        ("test -d \"$V\" || die 'no'\nrm -rf $V", "checked V"),
        (": \"${V:?}\"\nrm -rf $V", "checked V"),
        ("[ -n \"$W\" ] || exit 1\nrm -rf $V", ""),
        ("[ -n \"$V\" ]\nrm -rf $V", ""),
        ("[ \"$V\" = \"\" ] && exit\nrm -rf $V", "checked V"),
        ("[ \"x$V\" = x ] && exit\nrm -rf $V", "checked V"),
        ("[ \"$E\" = dev ] || exit 1\nrm -rf x", "if $E = dev"),
        ("if [ \"$E\" != \"dev\" ]; then exit 1; fi\nrm -rf x", "if $E = dev"),
        ("if [[ $E == dev ]]; then rm -rf x; fi", "if $E = dev"),
        ("case $E in dev) rm -rf x;; esac", "if $E = dev"),
        ("read -rp 'Sure? ' a\n[ \"$a\" = y ] || exit 1\nrm -rf x", "confirmed"),
        ("read -p 'Sure? ' -n 1 -r\nif [[ ! $REPLY =~ ^[Yy]$ ]]; then exit 1; fi\nrm -rf x", "confirmed"),
        ("read -rp 'Sure? ' a; case $a in y*) ;; *) exit;; esac; rm -rf x", "confirmed"),
        ("while true; do read -p '?' a; case $a in y) break;; *) exit;; esac; done; rm -rf x", "confirmed"),
        ("confirm() { read -p '?' a; [ \"$a\" = y ]; }\nconfirm && rm -rf x", "confirmed"),
        ("sure() { read -p '?' a; [ \"$a\" = y ] || exit 1; }\nsure\nrm -rf x", "confirmed"),
        ("gum confirm 'Sure?' || exit\nrm -rf x", "confirmed"),
        ("read -p 'Press enter'\nrm -rf x", "confirmed"),
        ("read -r a < file\nrm -rf x", ""),
        ("cd build || exit\nrm -rf x", "in build"),
        ("cd build && rm -rf x", "in build"),
        ("set -e\ncd build\nrm -rf x", "e, in build"),
        ("cd build\nrm -rf x", "perhaps in build"),
        ("cd build || true\nrm -rf x", "perhaps in build"),
        ("#!/bin/bash -eu\nrm -rf x", "e, u"),
        ("need() { [ -n \"$V\" ] || exit 1; }\nneed\nrm -rf $V", "checked V"),
        ("for d in $V; do [ -d \"$d\" ] || continue; rm -rf \"$d\"/*; done", "checked V"),
        ("f() { rm -rf $V; }\n[ -n \"$V\" ] || exit 1\nf", "checked V"),
        ("f() { rm -rf $V; }\n[ -n \"$V\" ] && f\nf", ""),
        ("[ -n \"$V\" ] || return\nf() { rm -rf $V; }\ntrap f EXIT", "checked V"),
        ("[ -n \"$V\" ] && bash -c \"rm -rf $V\"", "checked V"),
        ("command -v rm && rm -rf x", ""),
        ("if [ -n \"$V\" ] && [ \"$V\" != / ]; then rm -rf $V; fi", "checked V, if $V != /"),
        ("if mountpoint -q /x; then rm -rf x; fi", "if mountpoint -q /x"),
    ] {
        assert_eq!(guards(text).join(", "), expected, "{text:?}");
    }
}

#[test]
fn a_guard_makes_an_expansion_safe() {
    for (text, expected) in [
        ("rm -rf \"$V\"/*", true),
        ("rm -rf $V/*", true),
        ("rm -rf /$V", true),
        ("[ -n \"$V\" ] || exit 1\nrm -rf \"$V\"/*", false),
        ("rm -rf \"${V:?}\"/*", false),
        ("rm -rf \"${V:-build}\"/*", false),
        ("rm -rf \"${V:-}\"/*", true),
        ("V=$(mktemp -d)\nrm -rf \"$V\"/*", false),
        ("V=$(some-tool)\nrm -rf \"$V\"/*", true),
        ("V=build\nrm -rf $V/*", false),
        ("V=$1\nrm -rf $V/*", true),
        ("V=\"$1\"; W=$V; rm -rf $W/*", true),
        ("V=${1:-build}\nrm -rf $V/*", false),
        ("V=${1:?}\nrm -rf $V/*", false),
        ("for d in \"$V\"/*; do rm -rf \"$d\"; done", true),
        ("for d in a b; do rm -rf \"$d\"/*; done", false),
        ("V=\nV=$(mktemp -d)\nrm -rf \"$V\"/*", false),
        ("readonly V=\"$ROOT\"\nrm -rf \"$V/\"", true),
        ("f() { local d=\"$1\"; rm -rf \"$d/\"; }", true),
        (": \"${V:=build}\"\nrm -rf $V/*", false),
        ("rm -rf \"$PWD\"/*", false),
    ] {
        let command = named(text, "rm");
        assert_eq!(command.operands.iter().any(crate::facts::Word::collapses), expected, "{text:?}");
    }
}

#[test]
fn the_fate_of_the_status_is_known() {
    use StatusHandling::{Handled, Ignored, Plain};
    for (text, expected) in [
        ("pytest", Plain),
        ("pytest || true", Ignored),
        ("pytest || :", Ignored),
        ("pytest || echo failed", Ignored),
        ("pytest || { echo failed; true; }", Ignored),
        ("pytest || exit 1", Handled),
        ("pytest || exit 0", Ignored),
        ("pytest; true", Ignored),
        ("pytest && deploy", Handled),
        ("cd x && pytest || true", Ignored),
        ("if pytest; then x; fi", Handled),
        ("! pytest", Handled),
        ("set +e\npytest", Ignored),
        ("set +e\nset -e\npytest", Plain),
        ("( pytest ) || true", Ignored),
        ("bash -c 'pytest' || true", Ignored),
        ("pytest | tee log", Plain),
    ] {
        assert_eq!(named(text, "pytest").status, expected, "{text:?}");
    }
}

#[test]
fn options_are_facts_of_their_own() {
    let options = |text: &str| -> Vec<String> {
        commands(text).into_iter().filter(|is| is.program == "set").map(|is| is.subcommands.join(" ")).collect()
    };
    assert_eq!(options("set -Eeuo pipefail"), ["errexit", "nounset", "pipefail"]);
    assert_eq!(options("set -e\nset -o nounset\nset -e"), ["errexit", "nounset"]);
    assert_eq!(options("set -e\nset +e\ndiff a b\nset -e"), ["errexit", "+errexit"]);
    assert_eq!(options("#!/bin/sh -e\nset -e"), ["errexit"]);
    assert!(options("set -x\nset -- a b").is_empty());
}

#[test]
fn settings_of_a_script_are_its_assignments() {
    let settings = |text: &str| -> Vec<String> {
        flow::read(text, false)
            .into_iter()
            .filter_map(|saying| match saying.said {
                Said::Setting(setting) => Some(format!("{}={}", setting.path, setting.value.as_text())),
                Said::Command(_) => None,
            })
            .collect()
    };
    assert_eq!(
        settings("DRY_RUN=${DRY_RUN:-1}\nexport CTX=\"prod\"\nlocal C=${1:-staging}"),
        ["DRY_RUN=1", "CTX=prod", "C=staging"]
    );
    assert!(settings("X=$(date)\nY=$Z/x").is_empty());
    assert_eq!(settings("X=1 cmd"), ["X=1"]);
}

#[test]
fn places_point_into_nested_scripts() {
    let text = "set -e\nssh host '\n  uptime\n  rm -rf /x\n'\n";
    let line = |program: &str| {
        let saying = flow::read(text, false)
            .into_iter()
            .find(|saying| matches!(&saying.said, Said::Command(command) if command.program == program))
            .unwrap();
        text[..saying.span.start].matches('\n').count() + 1
    };
    assert_eq!((line("ssh"), line("uptime"), line("rm")), (2, 3, 4));
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 256, ..Default::default() })]

    #[test]
    fn no_text_makes_it_panic(text in "(\\PC|\n|[$'\"`(){}<>;&|\\\\]|<<|EOF|if |then |fi|do |done|case |esac|\\$\\(|\\$\\{|é|rm -rf ){0,60}") {
        for saying in flow::read(&text, false) {
            proptest::prop_assert!(saying.span.start <= text.len() && saying.span.end <= text.len() + 1);
        }
    }
}

#[test]
fn deep_and_open_constructs_end() {
    for piece in
        ["$(", "${a:-", "(", "{ ", "if ", "\"$(", "`", "((", "$((", "<<A ", "case x in ", "{a,", "a=(", "[[ "]
    {
        let text = piece.repeat(20_000);
        let begun = std::time::Instant::now();
        let _ = flow::read(&text, false);
        assert!(begun.elapsed().as_secs() < 5, "{piece:?} took {:?}", begun.elapsed());
    }
}
