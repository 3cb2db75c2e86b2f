//! What can be wrong with a selector.

use crate::k8s::name::NameError;

/// Why Kubernetes refuses a selector, or reads another one than was meant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    #[error("{what} must be {needed}")]
    Type { what: &'static str, needed: &'static str },
    /// It is dropped without a word, and the selector is read without it.
    #[error("`{name}` is no field of {of}, which has {}", list(.known))]
    UnknownField { name: String, of: &'static str, known: &'static [&'static str] },
    #[error("`{key}` cannot be the key of a label: {reason}")]
    Key { key: String, reason: NameError },
    #[error("`{value}` cannot be the value of a label: {reason}")]
    Value { value: String, reason: NameError },
    #[error("the requirement has no `{0}`")]
    Missing(&'static str),
    #[error("`{0}` is no operator of a label selector, which has `In`, `NotIn`, `Exists`, `DoesNotExist`")]
    UnknownOperator(String),
    #[error("`{0}` needs at least one value")]
    NoValues(&'static str),
    #[error("`{0}` takes no values")]
    Values(&'static str),
    #[error("`{0}` is no integer, and `<` and `>` compare integers")]
    NoInteger(String),
    /// Of a selector in one line.
    #[error("expected {expected}, found {found}")]
    Syntax { expected: &'static str, found: String },
}

impl Fault {
    /// Whether the selector is refused, and often the whole object with it; otherwise it is read without what is wrong.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Self::UnknownField { .. })
    }

    /// How to mend it, where that can be said.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::UnknownField { name, known, .. } => match (name.as_str(), *known) {
                ("matchNames", [.., "matchExpressions"]) => Some(
                    "to select namespaces by name, put `kubernetes.io/metadata.name` under `matchExpressions`, with operator `In`"
                        .to_owned(),
                ),
                ("any", [.., "matchExpressions"]) => {
                    Some("an empty selector, `{}`, selects all".to_owned())
                }
                ("matchLabels" | "matchExpressions", ["any", ..]) => {
                    Some("name the namespaces under `matchNames`, or set `any: true`".to_owned())
                }
                (_, known) => crate::base::suggest::nearest(name, known.iter().copied())
                    .map(|meant| format!("did you mean `{meant}`?")),
            },
            Self::UnknownOperator(found) => {
                let known = ["In", "NotIn", "Exists", "DoesNotExist"];
                let same = known.iter().find(|name| name.eq_ignore_ascii_case(found));
                same.map(|name| format!("write `{name}`"))
            }
            Self::NoValues(_) => Some("list at least one under `values`".to_owned()),
            _ => None,
        }
    }
}

fn list(names: &[&str]) -> String {
    format!("`{}`", names.join("` and `"))
}
