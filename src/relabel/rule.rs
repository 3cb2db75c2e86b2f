//! One relabel rule: what is written, what Prometheus makes of it, and why it would refuse it.

use std::fmt;

use super::template::Template;
use super::{Dialect, Names, case};
use crate::base::text::{clip, escape};
use crate::base::version::Version;
use crate::selector::re2::{self, Capturing, Newlines, RegexError};

/// How it goes on after a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Go,
    Drop,
    TooLarge,
}

/// Prometheus's defaults.
const SEPARATOR: &str = ";";
const REGEX: &str = "(.*)";
const REPLACEMENT: &str = "$1";

/// A relabel rule as it is written: `None` is a field that is not there.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct RuleSpec {
    pub source_labels: Option<Vec<String>>,
    /// Default `;`.
    pub separator: Option<String>,
    /// Default `(.*)`.
    pub regex: Option<String>,
    pub modulus: Option<u64>,
    pub target_label: Option<String>,
    /// Default `$1`.
    pub replacement: Option<String>,
    /// Default `replace`, in upper or lower case.
    pub action: Option<String>,
}

/// What a rule does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    Replace,
    Keep,
    Drop,
    KeepEqual,
    DropEqual,
    HashMod,
    LabelMap,
    LabelDrop,
    LabelKeep,
    Lowercase,
    Uppercase,
}

/// Why Prometheus refuses a rule, and with it the whole file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RuleError {
    #[error("`action`: `{}` is no relabel action", show(.action))]
    UnknownAction { action: String },
    #[error("`action`: `{action}` came with Prometheus {since}")]
    ActionTooNew { action: Action, since: Version },
    #[error("`source_labels`: `{}` is no valid label name", show(.label))]
    SourceLabel { label: String, names: Names },
    #[error("`regex`: {0}")]
    Regex(RegexError),
    #[error("`modulus`: `hashmod` needs one above 0")]
    Modulus,
    #[error("`target_label`: `{action}` needs one")]
    NoTarget { action: Action },
    #[error("`target_label`: `{}` is no valid label name for `{action}`", show(.target))]
    Target { action: Action, target: String, names: Names },
    #[error("`replacement`: `{}` is no valid label name for `labelmap`", show(.replacement))]
    MapReplacement { replacement: String, names: Names },
    #[error("`{field}`: `{action}` takes none")]
    Forbidden { action: Action, field: &'static str },
}

/// A rule that Prometheus takes.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(super) dialect: Dialect,
    pub(super) action: Action,
    pub(super) source_labels: Vec<String>,
    pub(super) separator: String,
    pub(super) regex: Capturing,
    pub(super) modulus: u64,
    pub(super) target_label: String,
    pub(super) target: Template,
    pub(super) replacement: Template,
}

impl Rule {
    /// Reads a rule as that Prometheus does, by all its rules.
    pub fn new(spec: RuleSpec, dialect: impl Into<Dialect>) -> Result<Self, RuleError> {
        let dialect = dialect.into();
        let action = spec.action.as_deref().map_or(Ok(Action::Replace), Action::parse)?;
        if let Some(since) = action.since().filter(|since| dialect.version < *since) {
            return Err(RuleError::ActionTooNew { action, since });
        }
        let names = dialect.names();
        if let Some(label) = spec.source_labels.iter().flatten().find(|label| !names.valid(label)) {
            return Err(RuleError::SourceLabel { label: label.clone(), names });
        }
        let newlines = if dialect.at_least(3, 0) { Newlines::Matched } else { Newlines::NotMatched };
        let regex = re2::compile_capturing(spec.regex.as_deref().unwrap_or(REGEX), newlines)
            .map_err(RuleError::Regex)?;
        spec.validate(action, dialect)?;
        let target_label = spec.target_label.unwrap_or_default();
        Ok(Self {
            dialect,
            action,
            source_labels: spec.source_labels.unwrap_or_default(),
            separator: spec.separator.unwrap_or_else(|| SEPARATOR.to_owned()),
            regex,
            modulus: spec.modulus.unwrap_or_default(),
            target: Template::parse(&target_label),
            target_label,
            replacement: Template::parse(spec.replacement.as_deref().unwrap_or(REPLACEMENT)),
        })
    }

    /// What it does.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// The labels it reads, in order.
    #[must_use]
    pub fn source_labels(&self) -> &[String] {
        &self.source_labels
    }

    /// What joins them.
    #[must_use]
    pub fn separator(&self) -> &str {
        &self.separator
    }

    /// Its expression, the default where none is written.
    #[must_use]
    pub fn regex(&self) -> &Capturing {
        &self.regex
    }

    /// The label it writes, variables not expanded; empty where the action has none.
    #[must_use]
    pub fn target_label(&self) -> &str {
        &self.target_label
    }
}

impl RuleSpec {
    fn validate(&self, action: Action, dialect: Dialect) -> Result<(), RuleError> {
        use Action::{
            DropEqual, HashMod, KeepEqual, LabelDrop, LabelKeep, LabelMap, Lowercase, Replace, Uppercase,
        };
        let names = dialect.names();
        let target = self.target_label.as_deref().unwrap_or_default();
        let modulus = self.modulus.unwrap_or_default();
        let other =
            |field: &Option<String>, default: &str| field.as_ref().is_some_and(|text| text != default);
        let forbid = |fields: &[(&'static str, bool)]| match fields.iter().find(|(_, set)| *set) {
            Some((field, _)) => Err(RuleError::Forbidden { action, field }),
            None => Ok(()),
        };

        if action == HashMod && modulus == 0 {
            return Err(RuleError::Modulus);
        }
        if matches!(action, Replace | HashMod | Lowercase | Uppercase | KeepEqual | DropEqual) {
            if target.is_empty() {
                return Err(RuleError::NoTarget { action });
            }
            let with_variables = match action {
                Replace => target.contains('$'),
                HashMod => false,
                _ => !dialect.at_least(2, 50), // taken, and then not expanded
            };
            let valid = if with_variables { valid_template(target, dialect) } else { names.valid(target) };
            if !valid {
                return Err(RuleError::Target { action, target: target.to_owned(), names });
            }
        }
        let replaced = other(&self.replacement, REPLACEMENT);
        if matches!(action, Lowercase | Uppercase | KeepEqual | DropEqual) {
            forbid(&[("replacement", replaced)])?;
        }
        if action == LabelMap {
            let replacement = self.replacement.as_deref().unwrap_or(REPLACEMENT);
            if !valid_template(replacement, dialect) {
                return Err(RuleError::MapReplacement { replacement: replacement.to_owned(), names });
            }
        }
        let separated = other(&self.separator, SEPARATOR);
        match action {
            // Even a `regex` that repeats the default is refused.
            KeepEqual | DropEqual => forbid(&[
                ("regex", self.regex.is_some()),
                ("modulus", modulus != 0),
                ("separator", separated),
            ]),
            // Even an empty list of `source_labels` is.
            LabelDrop | LabelKeep => forbid(&[
                ("source_labels", self.source_labels.is_some()),
                ("target_label", !target.is_empty()),
                ("modulus", modulus != 0),
                ("separator", separated),
                ("replacement", replaced),
            ]),
            _ => Ok(()),
        }
    }
}

/// Whether a text with variables may become a label name. Prometheus's legacy form is letters, digits, `_`, `$name`
/// and `${name}`, no digit first.
fn valid_template(text: &str, dialect: Dialect) -> bool {
    match dialect.names() {
        Names::Utf8 if dialect.at_least(3, 2) => return !text.is_empty(),
        // One release knew no variables here.
        Names::Legacy if dialect.at_least(3, 7) && !dialect.at_least(3, 8) => {
            return Names::Legacy.valid(text);
        }
        _ => {}
    }
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let mut rest = text.as_bytes();
    if rest.first().is_none_or(u8::is_ascii_digit) {
        return false;
    }
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first == b'$' {
            let braced = rest.strip_prefix(b"{");
            let inner = braced.unwrap_or(rest);
            let (name, after) = inner.split_at(inner.iter().take_while(|b| word(**b)).count());
            let after = if braced.is_some() { after.strip_prefix(b"}") } else { Some(after) };
            match after {
                Some(after) if !name.is_empty() => rest = after,
                _ => return false,
            }
        } else if !word(first) {
            return false;
        }
    }
    true
}

impl Action {
    /// Every action there is.
    pub const ALL: [Self; 11] = [
        Self::Replace,
        Self::Keep,
        Self::Drop,
        Self::KeepEqual,
        Self::DropEqual,
        Self::HashMod,
        Self::LabelMap,
        Self::LabelDrop,
        Self::LabelKeep,
        Self::Lowercase,
        Self::Uppercase,
    ];

    /// Reads the name of an action, in upper or lower case.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let mut lower = String::new();
        case::lower(text, &mut lower);
        let known = Self::ALL.into_iter().find(|action| action.name() == lower);
        known.ok_or_else(|| RuleError::UnknownAction { action: text.to_owned() })
    }

    /// Its name in a config.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::KeepEqual => "keepequal",
            Self::DropEqual => "dropequal",
            Self::HashMod => "hashmod",
            Self::LabelMap => "labelmap",
            Self::LabelDrop => "labeldrop",
            Self::LabelKeep => "labelkeep",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
        }
    }

    /// The version that first knew it, where not all do.
    fn since(self) -> Option<Version> {
        match self {
            Self::Lowercase | Self::Uppercase => Some(Version::new(2, 36)),
            Self::KeepEqual | Self::DropEqual => Some(Version::new(2, 41)),
            _ => None,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl RuleError {
    /// The field at fault, by its name in a config.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::UnknownAction { .. } | Self::ActionTooNew { .. } => "action",
            Self::SourceLabel { .. } => "source_labels",
            Self::Regex(_) => "regex",
            Self::Modulus => "modulus",
            Self::NoTarget { .. } | Self::Target { .. } => "target_label",
            Self::MapReplacement { .. } => "replacement",
            Self::Forbidden { field, .. } => field,
        }
    }

    /// Prometheus's rule behind it, in one sentence. Prometheus refuses to load a file that breaks it.
    #[must_use]
    pub fn why(&self) -> String {
        match self {
            Self::UnknownAction { .. } | Self::ActionTooNew { .. } => {
                "Prometheus takes only the actions it knows".to_owned()
            }
            Self::SourceLabel { names, .. } | Self::Target { names, .. } => {
                format!("label names are {names}")
            }
            Self::MapReplacement { names, .. } => {
                format!("`labelmap` makes label names of its `replacement`, and they are {names}")
            }
            Self::Regex(_) => "Prometheus compiles `regex` by RE2's rules when it loads the file".to_owned(),
            Self::Modulus => "`hashmod` writes the hash modulo `modulus`".to_owned(),
            Self::NoTarget { action } => format!("`{action}` works on the label named by `target_label`"),
            Self::Forbidden { action: action @ (Action::KeepEqual | Action::DropEqual), .. } => {
                format!("`{action}` compares `source_labels` with `target_label` and takes nothing else")
            }
            Self::Forbidden { action: action @ (Action::LabelDrop | Action::LabelKeep), .. } => {
                format!("`{action}` matches label names with `regex` and takes nothing else")
            }
            Self::Forbidden { action, .. } => format!("`{action}` makes the new value itself"),
        }
    }

    /// How to mend it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::UnknownAction { .. } => {
                format!("use one of {}", Action::ALL.map(Action::name).join(", "))
            }
            Self::ActionTooNew { since, .. } => format!("use Prometheus {since} or later, or another action"),
            Self::SourceLabel { .. } => "name the label as the target or series has it".to_owned(),
            Self::Regex(error) => error.help.unwrap_or("write the expression as RE2 reads it").to_owned(),
            Self::Modulus => "add `modulus: N`, where N is the number of shards".to_owned(),
            Self::NoTarget { .. } => "add `target_label: NAME`".to_owned(),
            Self::Target { action: Action::Replace, names: Names::Legacy, .. } => {
                "write a name, with `$1` or `${1}` where a group belongs".to_owned()
            }
            Self::Target { .. } => "write a plain label name".to_owned(),
            Self::MapReplacement { .. } => "write a name, such as `$1` or `label_$1`".to_owned(),
            Self::Forbidden { field, .. } => format!("remove `{field}`"),
        }
    }
}

fn show(text: &str) -> String {
    escape(&clip(text, 200)).into_owned()
}
