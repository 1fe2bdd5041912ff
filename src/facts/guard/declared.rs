//! Guards that are declared rather than run: decorators, annotations, attributes, base classes, class attributes,
//! parameters that only a checked caller can fill, middleware of a route.

use crate::source::Node;

use super::lexicon::{LEXICON, snake};
use super::walk::{Walk, first_number, last_name};
use crate::facts::code::{ItemKind, closure_body, is_call, is_string, named_children, normalised};
use crate::facts::{Flaw, Form, Guard, GuardKind};
use crate::source::Language;

/// Class attributes of Python that hold guards.
const GUARD_ATTRIBUTES: [&str; 5] =
    ["permission_classes", "authentication_classes", "throttle_classes", "decorators", "permission_required"];

impl<'d> Walk<'_, 'd> {
    /// Everything that the head of the definition declares.
    pub(super) fn declared(&mut self) {
        let marks = self.item.marks.clone();
        for mark in marks {
            self.mark(mark);
        }
        match self.item.kind {
            ItemKind::Type => {
                self.bases();
                self.class_attributes();
            }
            ItemKind::Function => {
                self.modifiers();
                self.parameters();
                self.route();
            }
            ItemKind::Module => {}
        }
    }

    fn declare(&mut self, guard: Guard, node: Node<'d>) {
        let index = self.push(guard, node, String::new());
        self.found[index].guard.protects.insert(String::new());
    }

    fn mark(&mut self, node: Node<'d>) {
        let text = self.text(node);
        let text = text.trim_start_matches(['@', '#', '!', '[']).trim_end_matches(']').trim().to_owned();
        let name = text.split('(').next().unwrap_or_default().to_owned();
        let kind = LEXICON.mark(&name).or_else(|| LEXICON.mark(&self.without_strings(node)));
        let Some(kind) = kind.filter(|_| !LEXICON.opens(&name)) else { return };
        let bound = match kind {
            GuardKind::RateLimit => rate(&text),
            _ => first_number(text.split_once('(').map_or("", |(_, arguments)| arguments)),
        };
        let plain = snake(&text);
        let unbounded = kind == GuardKind::RetryBound
            && bound.is_none()
            && !["stop", "max", "attempts", "tries", "retries", "delay"]
                .iter()
                .any(|word| plain.contains(word));
        let key = match kind {
            // Several checks of one kind may stand above one definition: what is checked tells them apart.
            GuardKind::Validation => text.clone(),
            _ => last_name(&name),
        };
        let guard = Guard {
            key,
            rank: LEXICON.rank(&text),
            bound,
            flaw: (unbounded || never_stops(kind, &plain)).then_some(Flaw::Disabled),
            text,
            ..self.guard(kind, Form::Mark)
        };
        self.declare(guard, node);
    }

    /// The text of a mark, its string arguments left out: the path of a route says nothing about guards.
    fn without_strings(&self, node: Node<'d>) -> String {
        let mut text = self.text(node);
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            if is_string(node.kind()) {
                text = text.replace(&normalised(self.code.text, node), "");
            } else {
                waiting.extend(named_children(node));
            }
        }
        text.trim_start_matches(['@', '#', '!', '[']).to_owned()
    }

    /// `public synchronized void take()`
    fn modifiers(&mut self) {
        if self.code.language != Language::Java {
            return;
        }
        let modifiers = named_children(self.item.node).into_iter().find(|child| child.kind() == "modifiers");
        let Some(modifiers) = modifiers else { return };
        if self.code.text_of(modifiers).split_whitespace().any(|word| word == "synchronized") {
            let text = "synchronized".to_owned();
            let guard = Guard { key: text.clone(), text, ..self.guard(GuardKind::Lock, Form::Mark) };
            self.declare(guard, modifiers);
        }
    }

    fn bases(&mut self) {
        let Some(own) = self.item.around.last().copied() else { return };
        let bases = own.child_by_field_name("superclasses").or_else(|| own.child_by_field_name("superclass"));
        for base in bases.map(named_children).unwrap_or_default() {
            let text = self.text(base);
            if base.kind() != "keyword_argument"
                && snake(&text).contains("mixin")
                && let Some(kind) = LEXICON.mark(&text)
            {
                let guard = Guard { key: last_name(&text), text, ..self.guard(kind, Form::Mark) };
                self.declare(guard, base);
            }
        }
    }

    fn class_attributes(&mut self) {
        if self.code.language != Language::Python {
            return;
        }
        for statement in self.item.body.map(named_children).unwrap_or_default() {
            let Some(assignment) = statement.named_child(0).filter(|inner| inner.kind() == "assignment") else {
                continue;
            };
            let (Some(left), Some(right)) =
                (assignment.child_by_field_name("left"), assignment.child_by_field_name("right"))
            else {
                continue;
            };
            let name = self.text(left);
            if !GUARD_ATTRIBUTES.contains(&name.as_str()) {
                continue;
            }
            let Some(kind) = LEXICON.mark(&name) else { continue };
            let text = self.text(right);
            let empty = matches!(text.as_str(), "[]" | "()" | "None") || LEXICON.opens(&text);
            let guard = Guard {
                key: name,
                rank: LEXICON.rank(&text),
                flaw: empty.then_some(Flaw::Disabled),
                text,
                ..self.guard(kind, Form::Mark)
            };
            self.declare(guard, assignment);
        }
    }

    fn parameters(&mut self) {
        for parameter in self.item.parameters.map(named_children).unwrap_or_default() {
            let text = self.text(parameter);
            let plain = snake(&text);
            let kind = match self.code.language {
                Language::Python if plain.contains("depends(") || plain.contains("security(") => LEXICON.mark(
                    plain
                        .split_once("depends(")
                        .or(plain.split_once("security("))
                        .map_or("", |(_, inner)| inner),
                ),
                Language::Rust => {
                    let kind =
                        parameter.child_by_field_name("type").map(|kind| self.text(kind)).unwrap_or_default();
                    extractor(&kind)
                }
                Language::Java | Language::TypeScript | Language::Tsx => {
                    let annotated = named_children(parameter).into_iter().find(|child| {
                        child.kind() == "decorator"
                            || (child.kind() == "modifiers" && self.code.text_of(*child).contains('@'))
                    });
                    annotated.and_then(|mark| LEXICON.mark(self.without_strings(mark).trim_start_matches('@')))
                }
                _ => None,
            };
            if let Some(kind) = kind {
                let key = parameter
                    .child_by_field_name("type")
                    .or_else(|| parameter.child_by_field_name("value"))
                    .map_or_else(|| text.clone(), |kind| self.text(kind));
                let guard = Guard { key, rank: LEXICON.rank(&text), text, ..self.guard(kind, Form::Parameter) };
                self.declare(guard, parameter);
            }
        }
    }

    /// Middleware between the path of a route and its handler.
    fn route(&mut self) {
        let Some(node) = self.item.around.last().copied() else { return };
        if !self.item.name.contains(' ') {
            return;
        }
        let arguments = node.child_by_field_name("arguments").map(named_children).unwrap_or_default();
        for argument in arguments.into_iter().skip(1) {
            self.middleware(argument, Form::Route, &[String::new()]);
        }
    }

    /// What an argument of a route or registration guards.
    fn middleware(&mut self, argument: Node<'d>, form: Form, protects: &[String]) {
        let mut parts = vec![argument];
        if matches!(argument.kind(), "array" | "list") {
            parts = named_children(argument);
        }
        for part in parts {
            if closure_body(part).is_some() || is_string(part.kind()) {
                continue;
            }
            if matches!(part.kind(), "object" | "keyword_argument") {
                let pairs = if part.kind() == "object" { named_children(part) } else { vec![part] };
                for pair in pairs {
                    let key = pair.child_by_field_name("key").or_else(|| pair.child_by_field_name("name"));
                    let key = key.map(|key| snake(self.code.text_of(key))).unwrap_or_default();
                    let hook = [
                        "dependencies",
                        "pre_handler",
                        "on_request",
                        "pre_validation",
                        "middleware",
                        "middlewares",
                        "guards",
                        "before",
                        "pre_hook",
                    ];
                    if let (true, Some(value)) =
                        (hook.contains(&key.as_str()), pair.child_by_field_name("value"))
                    {
                        self.middleware_part(value, form, protects);
                    }
                }
                continue;
            }
            self.middleware_part(part, form, protects);
        }
    }

    fn middleware_part(&mut self, part: Node<'d>, form: Form, protects: &[String]) {
        let inner = if matches!(part.kind(), "array" | "list") { named_children(part) } else { vec![part] };
        for part in inner {
            let text = self.text(part);
            let name = text.split('(').next().unwrap_or_default();
            // A wrapper speaks for itself; one that says nothing lets its arguments speak.
            let says_nothing = matches!(
                last_name(name).as_str(),
                "Depends" | "Security" | "compose" | "middleware" | "from_fn" | "chain"
            );
            let whole = self.without_strings(part);
            let kind = LEXICON.mark(name).or_else(|| says_nothing.then(|| LEXICON.mark(&whole)).flatten());
            let Some(kind) = kind else { continue };
            let key = last_name(text.split('(').next().unwrap_or_default());
            let bound = if kind == GuardKind::RateLimit { first_number(&text) } else { None };
            let guard = Guard { key, rank: LEXICON.rank(&text), bound, text, ..self.guard(kind, form) };
            let index = self.push(guard, part, String::new());
            self.found[index].guard.protects.extend(protects.iter().cloned());
        }
    }

    /// Guards for everything registered after them, and middleware of routes whose handler has a name.
    pub(super) fn registrations(&mut self, node: Node<'d>, method: &str, arguments: &[Node<'d>]) {
        let plain = snake(method);
        let registers = matches!(
            plain.as_str(),
            "use"
                | "layer"
                | "wrap"
                | "route_layer"
                | "before_request"
                | "add_middleware"
                | "add_guard"
                | "guard"
                | "use_global_guards"
                | "add_interceptor"
                | "add_interceptors"
                | "add_filter_before"
                | "add_filter"
                | "add_hook"
                | "plugin"
                | "group"
                | "apply_middleware"
                | "api_router"
                | "fast_api"
                | "include_router"
                | "intercept"
                | "chain_unary_interceptor"
                | "unary_interceptor"
                | "with"
        );
        if registers {
            for argument in arguments {
                self.middleware(*argument, Form::Registration, &[String::new()]);
            }
            return;
        }
        // Spring Security: what every request must be.
        if self.code.language == Language::Java
            && matches!(
                method,
                "authenticated"
                    | "fullyAuthenticated"
                    | "hasRole"
                    | "hasAnyRole"
                    | "hasAuthority"
                    | "hasAnyAuthority"
            )
        {
            let text = format!(
                "{method}{}",
                node.child_by_field_name("arguments").map(|list| self.text(list)).unwrap_or_default()
            );
            let kind =
                if method.starts_with("has") { GuardKind::Authorization } else { GuardKind::Authentication };
            let guard = Guard {
                key: method.to_owned(),
                rank: LEXICON.rank(&text),
                text,
                ..self.guard(kind, Form::Registration)
            };
            self.declare(guard, node);
            return;
        }
        let routes = matches!(
            plain.as_str(),
            "get"
                | "post"
                | "put"
                | "patch"
                | "delete"
                | "del"
                | "all"
                | "route"
                | "handle"
                | "handle_func"
                | "options"
                | "head"
                | "any"
                | "add_url_rule"
                | "path"
                | "add_api_route"
                | "re_path"
        );
        let Some(path) = arguments.first().filter(|first| routes && is_string(first.kind())) else { return };
        let route = format!("{method} {}", self.code.text_of(*path).trim_matches(['"', '\'', '`']));
        self.operate(&route);
        let last = arguments.len() - 1;
        for (index, argument) in arguments.iter().enumerate().skip(1) {
            // The last one is the handler itself unless something is wrapped around it.
            let wraps = index < last
                || is_call(self.code.language, argument.kind())
                || argument.kind() == "keyword_argument";
            if wraps {
                self.middleware(*argument, Form::Route, std::slice::from_ref(&route));
            }
        }
    }

    /// Named arguments and links of a chain that bound or secure the call they belong to.
    pub(super) fn argument_guards(
        &mut self,
        node: Node<'d>,
        callee: &crate::facts::code::Callee,
        arguments: &[Node<'d>],
    ) {
        let method = callee.method.as_str();
        let named = arguments.iter().any(|one| matches!(one.kind(), "keyword_argument" | "object"))
            || matches!(node.kind(), "composite_literal" | "struct_expression");
        if named {
            for argument in self.code.arguments(node, self.around()) {
                let Some(name) = argument.name.as_deref() else { continue };
                let name = name.rsplit('.').next().unwrap_or(name);
                let Some(kind) = LEXICON.argument(name) else { continue };
                let value = &argument.value;
                // Attempts that are counted are a number or a name; a call makes a list of them.
                if kind == GuardKind::RetryBound
                    && name.eq_ignore_ascii_case("attempts")
                    && matches!(value, crate::facts::Value::Unknown(source) if source.contains('('))
                {
                    continue;
                }
                if kind == GuardKind::ErrorHandling && !matches!(method, "run" | "Popen" | "check_output") {
                    continue;
                }
                let number = value.as_number();
                let off = match kind {
                    GuardKind::DryRun | GuardKind::Confirmation | GuardKind::ErrorHandling => {
                        value.as_bool() == Some(false)
                    }
                    _ => {
                        matches!(value, crate::facts::Value::Literal(crate::facts::Scalar::Null))
                            || value.as_bool() == Some(false)
                            || number.is_some_and(|number| number <= 0.0 && kind != GuardKind::RetryBound)
                            || value.as_text().contains("inf")
                    }
                };
                let guard = Guard {
                    key: method.to_owned(),
                    text: format!("{name}={}", value.display()),
                    bound: number,
                    flaw: off.then_some(Flaw::Disabled),
                    ..self.guard(kind, Form::Argument)
                };
                let index = self.push(guard, node, String::new());
                self.found[index].guard.protects.insert(method.to_owned());
            }
        }
        if let Some(kind) = LEXICON.link(method) {
            // A link of a chain, or a setter.
            let receiver = node.child_by_field_name("function").or_else(|| node.child_by_field_name("object"));
            let chained = callee.path.contains('.') && receiver.is_some();
            if !chained || (kind == GuardKind::Pagination && arguments.is_empty()) {
                return;
            }
            let first = callee
                .chain
                .first()
                .map_or_else(String::new, |first| last_name(first.split('(').next().unwrap_or_default()));
            let bound =
                arguments.iter().find_map(|argument| self.code.value(*argument, self.around()).as_number());
            let guard = Guard {
                key: method.to_owned(),
                text: format!(
                    "{method}{}",
                    node.child_by_field_name("arguments").map(|list| self.text(list)).unwrap_or_default()
                ),
                bound,
                ..self.guard(kind, Form::Argument)
            };
            let index = self.push(guard, node, String::new());
            self.found[index].guard.protects.insert(first);
        }
    }
}

/// Extractor types of Rust handlers that only a checked request can fill.
fn extractor(kind: &str) -> Option<GuardKind> {
    let plain = snake(kind);
    let last = plain.trim_start_matches(['&', '\'']).trim_start_matches("mut ");
    let known = [
        "auth",
        "claims",
        "admin",
        "principal",
        "identity",
        "current_user",
        "bearer",
        "jwt",
        "session_user",
        "authenticated",
    ];
    let words: Vec<&str> = last.split(|letter: char| !letter.is_ascii_lowercase()).collect();
    let has = |word: &str| words.windows(word.split('_').count()).any(|window| window.join("_") == word);
    if ["admin", "require_role", "permission"].iter().any(|word| has(word)) {
        return Some(GuardKind::Authorization);
    }
    known.iter().any(|word| has(word)).then_some(GuardKind::Authentication)
}

/// `5/minute` as requests a second.
fn rate(text: &str) -> Option<f64> {
    let number = first_number(
        text.split_once('(').map_or("", |(_, arguments)| arguments).trim_start_matches(['"', '\'']),
    )?;
    let plain = text.to_ascii_lowercase();
    let seconds = [("second", 1.0), ("minute", 60.0), ("hour", 3600.0), ("day", 86_400.0)]
        .iter()
        .find(|(unit, _)| plain.contains(unit))
        .map_or(1.0, |(_, seconds)| *seconds);
    Some(number / seconds)
}

fn never_stops(kind: GuardKind, plain: &str) -> bool {
    kind == GuardKind::RetryBound
        && ["stop_never", "max_retries=none", "max_tries=none", "attempts=inf", "forever"]
            .iter()
            .any(|word| plain.contains(word))
}
