//! Selectors out of YAML.

use super::{Fault, Operator, Requirement, Selector};
use crate::base::span::Span;
use crate::k8s::name;
use crate::k8s::pairs::{Pairs, Placed, present};
use crate::yaml::{Kind as Shape, Node, Value};

/// What came of reading a selector.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// `None` when one of the faults makes Kubernetes refuse it.
    pub selector: Option<Selector>,
    pub faults: Vec<Placed<Fault>>,
}

const FIELDS: &[&str] = &["matchLabels", "matchExpressions"];

impl Selector {
    /// A `LabelSelector`: `matchLabels` and `matchExpressions`. Empty, `{}`, it chooses everything.
    #[must_use]
    pub fn read(node: Node<'_>) -> Reading {
        let mut reader = Reader::default();
        if node.kind() == Shape::Mapping {
            known_fields(node, "a label selector", FIELDS, &mut reader.faults);
            if let Some(labels) = present(node, "matchLabels") {
                reader.map(labels, "`matchLabels`");
            }
            let expressions = present(node, "matchExpressions");
            if let Some(expressions) = expressions {
                if expressions.kind() != Shape::Sequence {
                    reader.wrong(expressions.span(), "`matchExpressions`", "a list of requirements");
                }
                expressions.items().for_each(|item| reader.expression(item));
            }
        } else {
            reader.wrong(node.span(), "a label selector", "a mapping");
        }
        reader.end()
    }

    /// The plain map of labels that a Service has. An empty one, or none, selects nothing at all: that is for the
    /// caller to see, by [`Selector::requirements`].
    #[must_use]
    pub fn read_map(node: Node<'_>) -> Reading {
        let mut reader = Reader::default();
        reader.map(node, "a selector of labels");
        reader.end()
    }
}

/// Reports the fields of a mapping that it does not have.
pub(in crate::k8s) fn known_fields(
    node: Node<'_>,
    of: &'static str,
    known: &'static [&'static str],
    faults: &mut Vec<Placed<Fault>>,
) {
    let names = node.entries().filter_map(|entry| Some((entry.key.text()?, entry.key.span())));
    let unknown = names.filter(|(name, _)| !known.contains(name));
    faults.extend(
        unknown
            .map(|(name, span)| Placed::new(Fault::UnknownField { name: name.to_owned(), of, known }, span)),
    );
}

#[derive(Default)]
struct Reader {
    requirements: Vec<Requirement>,
    faults: Vec<Placed<Fault>>,
}

impl Reader {
    fn end(self) -> Reading {
        let fatal = self.faults.iter().any(|fault| fault.value.is_fatal());
        let selector = (!fatal).then_some(Selector { requirements: self.requirements });
        Reading { selector, faults: self.faults }
    }

    fn fault(&mut self, span: Span, fault: Fault) {
        self.faults.push(Placed::new(fault, span));
    }

    fn wrong(&mut self, span: Span, what: &'static str, needed: &'static str) {
        self.fault(span, Fault::Type { what, needed });
    }

    fn map(&mut self, node: Node<'_>, what: &'static str) {
        if node.kind() != Shape::Mapping {
            self.wrong(node.span(), what, "a mapping of strings");
        }
        for pair in Pairs::new(Some(node)).iter() {
            self.key(pair.key, pair.key_node.span());
            let Some(value) = pair.value() else {
                self.wrong(pair.node.span(), "the value of a label", "a string: put it in quotes");
                continue;
            };
            self.value(value, pair.node.span());
            let span = pair.key_node.span().to(pair.node.span());
            self.requirements.push(Requirement::new(pair.key, Operator::In, vec![value.to_owned()], span));
        }
    }

    fn expression(&mut self, node: Node<'_>) {
        if node.kind() != Shape::Mapping {
            return self.wrong(node.span(), "a requirement", "a mapping with `key` and `operator`");
        }
        known_fields(node, "a requirement", &["key", "operator", "values"], &mut self.faults);
        let Some(key) = self.string(node, "key") else { return };
        self.key(key.value, key.span);
        let Some(operator) = self.string(node, "operator") else { return };
        let values = self.values(node);
        let (operator, name, takes_values) = match operator.value {
            "In" => (Operator::In, "In", true),
            "NotIn" => (Operator::NotIn, "NotIn", true),
            "Exists" => (Operator::Exists, "Exists", false),
            "DoesNotExist" => (Operator::DoesNotExist, "DoesNotExist", false),
            other => return self.fault(operator.span, Fault::UnknownOperator(other.to_owned())),
        };
        let list = node.get("values");
        let values_at = list.map_or(node.span(), Node::span);
        match (takes_values, list.is_none_or(|list| list.items().next().is_none())) {
            (true, true) => self.fault(values_at, Fault::NoValues(name)),
            (false, false) => self.fault(values_at, Fault::Values(name)),
            _ => {}
        }
        self.requirements.push(Requirement::new(key.value, operator, values, node.span()));
    }

    fn string<'d>(&mut self, node: Node<'d>, field: &'static str) -> Option<Placed<&'d str>> {
        let found = Placed::of(node, field);
        match (&found, present(node, field)) {
            (None, Some(other)) => self.wrong(other.span(), "`key` and `operator`", "strings"),
            (None, None) => self.fault(node.span(), Fault::Missing(field)),
            _ => {}
        }
        found
    }

    fn values(&mut self, node: Node<'_>) -> Vec<String> {
        let Some(list) = present(node, "values") else { return Vec::new() };
        if list.kind() != Shape::Sequence {
            self.wrong(list.span(), "`values`", "a list of strings");
        }
        let mut values = Vec::new();
        for item in list.items() {
            match item.value() {
                Some(Value::Str(text)) => {
                    self.value(text, item.span());
                    values.push(text.to_owned());
                }
                Some(Value::Null) => values.push(String::new()),
                _ => self.wrong(item.span(), "each of `values`", "a string: put it in quotes"),
            }
        }
        values
    }

    fn key(&mut self, key: &str, span: Span) {
        if let Err(reason) = name::label_key(key) {
            self.fault(span, Fault::Key { key: key.to_owned(), reason });
        }
    }

    fn value(&mut self, value: &str, span: Span) {
        if let Err(reason) = name::label_value(value) {
            self.fault(span, Fault::Value { value: value.to_owned(), reason });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Budget, File};

    /// The selector in kubectl's form (`-` when it is refused), and each fault with the text it is about.
    #[track_caller]
    fn check_with(read: fn(Node<'_>) -> Reading, text: &str, expect: &str, faults: &[(&str, &str)]) {
        let file = File::parse(text, &Budget::default());
        let root = file.documents()[0].root().expect("a root");
        let reading = read(root);
        let shown = reading.selector.map_or_else(|| "-".to_owned(), |selector| selector.to_string());
        assert_eq!(shown, expect);
        let found: Vec<(String, &str)> =
            reading.faults.iter().map(|fault| (fault.value.to_string(), fault.span.of(text))).collect();
        let found: Vec<(&str, &str)> = found.iter().map(|(fault, text)| (fault.as_str(), *text)).collect();
        assert_eq!(found, faults);
    }

    #[track_caller]
    fn check(text: &str, expect: &str, faults: &[(&str, &str)]) {
        check_with(Selector::read, text, expect, faults);
    }

    #[test]
    fn labels_and_expressions_are_requirements() {
        check("{}", "", &[]);
        check("{matchLabels: , matchExpressions: }", "", &[]);
        check("{matchLabels: {b: c, a: }}", "b=c,a=", &[]);
        check(
            "matchExpressions:\n- {key: a, operator: In, values: [c, b, c]}\n- {key: b, operator: NotIn, values: [x]}\n- {key: c, operator: Exists}\n- {key: d, operator: DoesNotExist, values: []}\n",
            "a in (b,c),b!=x,c,!d",
            &[],
        );
    }

    #[test]
    fn fields_of_another_selector_are_dropped() {
        let fields = "which has `matchLabels` and `matchExpressions`";
        let unknown = |name| format!("`{name}` is no field of a label selector, {fields}");
        check("{any: true}", "", &[(&unknown("any"), "any")]);
        check("{matchNames: [a], matchLabels: {a: b}}", "a=b", &[(&unknown("matchNames"), "matchNames")]);
        check("{app: web}", "", &[(&unknown("app"), "app")]);
    }

    #[test]
    fn what_kubernetes_refuses_is_placed() {
        check("[]", "-", &[("a label selector must be a mapping", "[]")]);
        check(
            "{matchLabels: {a: 1, 'b c': 'x y'}}",
            "-",
            &[
                ("the value of a label must be a string: put it in quotes", "1"),
                (
                    "`b c` cannot be the key of a label: ` ` is not allowed, only letters, digits, `-`, `_` and `.`",
                    "'b c'",
                ),
                (
                    "`x y` cannot be the value of a label: ` ` is not allowed, only letters, digits, `-`, `_` and `.`",
                    "'x y'",
                ),
            ],
        );
        let expression = |text: &str, fault: &str, at: &str| {
            check(&format!("{{matchExpressions: [{text}]}}"), "-", &[(fault, at)]);
        };
        expression("{key: a, operator: In, values: []}", "`In` needs at least one value", "[]");
        expression(
            "{key: a, operator: NotIn}",
            "`NotIn` needs at least one value",
            "{key: a, operator: NotIn}",
        );
        expression("{key: a, operator: Exists, values: [b]}", "`Exists` takes no values", "[b]");
        expression(
            "{key: a, operator: in, values: [b]}",
            "`in` is no operator of a label selector, which has `In`, `NotIn`, `Exists`, `DoesNotExist`",
            "in",
        );
        expression(
            "{operator: In, values: [b]}",
            "the requirement has no `key`",
            "{operator: In, values: [b]}",
        );
        expression(
            "{key: a, operator: In, values: [1]}",
            "each of `values` must be a string: put it in quotes",
            "1",
        );
        expression("a", "a requirement must be a mapping with `key` and `operator`", "a");
    }

    #[test]
    fn a_service_has_a_plain_map() {
        check_with(Selector::read_map, "{app: web, tier: a}", "app=web,tier=a", &[]);
        check_with(Selector::read_map, "{}", "", &[]);
        check_with(
            Selector::read_map,
            "a",
            "-",
            &[("a selector of labels must be a mapping of strings", "a")],
        );
    }

    #[test]
    fn help_says_how_namespaces_are_selected() {
        let help = |text: &str| {
            let file = File::parse(text, &Budget::default());
            let reading = Selector::read(file.documents()[0].root().expect("a root"));
            reading.faults.first().and_then(|fault| fault.value.help()).unwrap_or_default()
        };
        assert_eq!(help("{any: true}"), "an empty selector, `{}`, selects all");
        assert!(help("{matchNames: [a]}").contains("kubernetes.io/metadata.name"));
        assert_eq!(help("{matchLabel: {}}"), "did you mean `matchLabels`?");
        assert_eq!(help("{matchExpressions: [{key: a, operator: notin, values: [b]}]}"), "write `NotIn`");
    }
}
