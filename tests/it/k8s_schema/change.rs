//! Changes of an object: a seed says which.

use serde_json::{Value, json};

/// The nodes of the tables, as words.
struct Tables {
    nodes: Vec<Vec<&'static str>>,
    root: usize,
}

pub(super) struct Changes {
    tables: Tables,
    random: u64,
}

impl Changes {
    pub(super) fn new(example: &Value) -> Self {
        let text = include_str!("../../../src/k8s/schema/tables.txt");
        let is_kind = |line: &&str| line.starts_with("core ") || line.starts_with("custom");
        let is_node = |line: &&str| {
            !is_kind(line) && !["#", "operator", "pattern"].contains(&line.split(' ').next().unwrap())
        };
        let nodes = text.lines().filter(is_node).map(|line| line.split(' ').collect()).collect();
        let wanted =
            format!("{} {} ", example["apiVersion"].as_str().unwrap(), example["kind"].as_str().unwrap());
        let kind = text.lines().filter(is_kind).find(|line| line.contains(&format!(" {wanted}"))).unwrap();
        Self { tables: Tables { nodes, root: kind.rsplit(' ').next().unwrap().parse().unwrap() }, random: 0 }
    }

    /// What is changed, and the object with it.
    pub(super) fn make(&mut self, example: &Value, seed: u64) -> Option<(String, Value)> {
        self.random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (example.to_string().len() as u64);
        let mut object = example.clone();
        let places = places(&object);
        let pointer = places[self.below(places.len())].clone();
        let name = pointer.rsplit('/').next()?.to_owned();
        let what = match self.below(10) {
            0 | 1 => {
                let value = self.value();
                let what = format!("{pointer} becomes {value}");
                *object.pointer_mut(&pointer)? = value;
                what
            }
            2 => {
                *object.pointer_mut(&pointer)? = Value::Null;
                format!("{pointer} becomes null")
            }
            3 => {
                remove(&mut object, &pointer)?;
                format!("{pointer} is left out")
            }
            4 => {
                let value = remove(&mut object, &pointer)?;
                let (parent, _) = pointer.rsplit_once('/')?;
                let mut typo = name.clone();
                typo.insert(self.below(name.len() + 1), 'x');
                object.pointer_mut(parent)?.as_object_mut()?.insert(typo.clone(), value);
                format!("{pointer} is renamed to {typo}")
            }
            5 => {
                let text = object.pointer_mut(&pointer)?;
                let changed = match &*text {
                    Value::String(text) => {
                        [format!("{text} !"), String::new(), text.to_uppercase(), format!("{text}{text}")]
                            [self.below(4)]
                        .clone()
                        .into()
                    }
                    Value::Number(number) => json!(
                        [-1, 0, 70_000, 3_000_000_000_i64, number.as_i64()?.saturating_mul(1000)]
                            [self.below(5)]
                    ),
                    Value::Array(items) => items.iter().chain(items).cloned().collect(),
                    _ => return None,
                };
                let what = format!("{pointer} becomes {changed}");
                *text = changed;
                what
            }
            _ => {
                let node = self.tables.at(&pointer)?;
                let fields: Vec<&str> = self.tables.nodes[node]
                    .iter()
                    .skip(1)
                    .filter(|word| word.contains(':'))
                    .copied()
                    .collect();
                if fields.is_empty() || pointer.starts_with("/metadata") {
                    return None;
                }
                let (name, rest) = fields[self.below(fields.len())].split_once(':')?;
                let id = rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
                let value = self.grown(id, 0);
                let what = format!("{pointer} gets {name}: {value}");
                object.pointer_mut(&pointer)?.as_object_mut()?.insert(name.to_owned(), value);
                what
            }
        };
        // The server answers these otherwise than by validation.
        let keeps = |key: &str| object.get(key) == example.get(key);
        let meta = |key: &str| object["metadata"].get(key) == example["metadata"].get(key);
        (keeps("apiVersion") && keeps("kind") && meta("namespace") && object != *example)
            .then_some((what, object))
    }

    fn below(&mut self, count: usize) -> usize {
        // xorshift64*
        self.random |= 1;
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % count.max(1)
    }

    fn value(&mut self) -> Value {
        let values = json!(["x", "", 7, -1, 1.5, 3_000_000_000_i64, true, "true", "5", [], {}, {"a": 1}, ["a"], [{}], [null], {"a": null}, "1Gi", "30s"]);
        values[self.below(18)].clone()
    }

    /// A value for a node; now and then one that does not fit.
    fn grown(&mut self, id: usize, depth: usize) -> Value {
        if self.below(12) == 0 {
            return self.value();
        }
        let words = self.tables.nodes[id].clone();
        let inner = words.get(1).and_then(|word| word.parse::<usize>().ok());
        match words[0] {
            "bool" => json!(self.below(2) == 0),
            "int" | "num" => json!([0, 1, 5, 100, -1][self.below(5)]),
            "ios" | "quantity" => {
                [json!(1), json!("10%"), json!("1Gi"), json!("a"), json!(0.5)][self.below(5)].clone()
            }
            "str" => {
                let choices = words
                    .iter()
                    .find_map(|word| word.strip_prefix('{'))
                    .map(|choices| choices.trim_end_matches('}'));
                if let Some(choices) = choices.filter(|_| self.below(4) > 0) {
                    let choices: Vec<&str> = choices.split('|').collect();
                    return choices[self.below(choices.len())].split(['<', '>']).next().unwrap().into();
                }
                ["a", "30s", "https://example.com", "2026-01-02T03:04:05Z", "1Gi", "", "aGk="][self.below(7)]
                    .into()
            }
            "list" => (0..self.below(3)).map(|_| self.grown(inner.unwrap(), depth + 1)).collect(),
            "map" => json!({"key": self.grown(inner.unwrap(), depth + 1)}),
            "obj" => {
                let mut object = serde_json::Map::new();
                for word in &words[1..] {
                    let Some((name, rest)) = word.split_once(':') else { continue };
                    let wanted = rest.contains('!') && self.below(10) > 0 || self.below(3 + 3 * depth) == 0;
                    let id = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
                    if wanted && depth < 6 {
                        let value = self.grown(id, depth + 1);
                        object.insert(name.to_owned(), value);
                    }
                }
                object.into()
            }
            _ => json!({"any": 1}),
        }
    }
}

impl Tables {
    /// The node of a place.
    fn at(&self, pointer: &str) -> Option<usize> {
        pointer.split('/').skip(1).try_fold(self.root, |node, step| {
            let words = &self.nodes[node];
            match words[0] {
                "list" | "map" => words[1].parse().ok(),
                "obj" => {
                    let field = words.iter().find_map(|word| word.strip_prefix(step)?.strip_prefix(':'))?;
                    field.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
                }
                _ => None,
            }
        })
    }
}

/// JSON pointers to all that is below the root.
fn places(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
        }
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| (name.replace('~', "~0").replace('/', "~1"), field)).collect()
        }
        _ => Vec::new(),
    };
    let below = |(name, child): (String, &Value)| {
        std::iter::once(format!("/{name}"))
            .chain(places(child).into_iter().map(move |place| format!("/{name}{place}")))
            .collect::<Vec<_>>()
    };
    children.into_iter().flat_map(below).collect()
}

fn remove(object: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, name) = pointer.rsplit_once('/')?;
    object.pointer_mut(parent)?.as_object_mut()?.remove(&name.replace("~1", "/").replace("~0", "~"))
}
