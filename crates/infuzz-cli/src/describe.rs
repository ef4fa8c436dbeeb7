//! Fields in plain words: values with their units, broken rules, what lies where.

use infuzz::format::number::format_scaled;
use infuzz::format::{RuleId, Shape};
use infuzz::rules::Violation;
use infuzz::tree::{NodeId, Tree};
use serde::Serialize;

/// One field of an input, as `explain` reports it.
#[derive(Clone, Debug, Serialize)]
pub struct Span {
    /// Its path; none for bytes that belong to no field.
    pub field: Option<String>,
    /// First byte.
    pub offset: u32,
    /// Bytes.
    pub length: u32,
    /// What it says, with its unit; none for what is not a single field.
    pub value: Option<String>,
    /// The rule it breaks.
    pub rule: Option<String>,
    /// That rule in words.
    pub why: Option<String>,
}

/// How the value of a field is told that the input ends in.
const CUT: &str = "cut short";

/// The path of a node; the whole input is called by its name in the description.
pub fn path(tree: &Tree<'_>, node: NodeId) -> String {
    let path = tree.path(node);
    if path.is_empty() { tree.format().field(tree.format().root).name.clone() } else { path }
}

/// What a leaf says, with its unit.
pub fn value(tree: &Tree<'_>, node: NodeId) -> String {
    let format = tree.format();
    let field = format.field(tree.node(node).field);
    let bytes = tree.span(node);
    if tree.node(node).short {
        return if bytes.is_empty() { format!("{CUT}, nothing left") } else { format!("{CUT}: {}", raw(bytes)) };
    }
    let unit = field.unit.as_ref().map_or_else(String::new, |unit| format!(" {unit}"));
    match (&field.shape, tree.number(node)) {
        (Shape::Enum { of, .. }, Some(number)) => match format.enums[*of].row(number) {
            Some(row) => row.name.clone(),
            None => format!("{number} (no such name)"),
        },
        (Shape::Bits { width, names, .. }, Some(number)) => {
            let bits = (0..u32::from(*width) * 8).filter(|bit| number >> bit & 1 == 1);
            let names: Vec<String> =
                bits.map(|bit| names.get(bit as usize).cloned().unwrap_or_else(|| format!("bit {bit}"))).collect();
            if names.is_empty() { "none".into() } else { names.join(" + ") }
        }
        (Shape::Int { width, .. }, Some(number)) => {
            let free = 64 - 8 * u32::from(*width).min(8);
            let signed = (number << free) as i64 >> free;
            let sign = if signed < 0 { "-" } else { "" };
            format!("{sign}{}{unit}", format_scaled(signed.unsigned_abs(), field.decimals))
        }
        (Shape::Uint { .. }, Some(number)) => {
            let text = field.show(number);
            match &field.refers {
                Some(reference) if reference.none == Some(number) => "none".into(),
                Some(reference) => format!("{} {text}", format.field(reference.table).name),
                None if field.relation.is_some()
                    && matches!(
                        field.relation.as_ref().map(|r| &r.kind),
                        Some(infuzz::format::RelationKind::Check { .. })
                    ) =>
                {
                    format!("0x{number:0width$X}", width = 2 * bytes.len())
                }
                None => format!("{text}{unit}"),
            }
        }
        (Shape::Text(_) | Shape::Decimal { .. } | Shape::Digits { .. }, _) => {
            format!("\"{}\"", String::from_utf8_lossy(tree.text(node)).escape_debug())
        }
        (Shape::Const(_), _) if bytes.iter().all(u8::is_ascii_graphic) => {
            format!("\"{}\"", String::from_utf8_lossy(bytes))
        }
        _ => raw(bytes),
    }
}

fn raw(bytes: &[u8]) -> String {
    const MOST: usize = 32;
    let pairs: String = bytes.iter().take(MOST).map(|byte| format!("{byte:02X}")).collect();
    if bytes.len() > MOST { format!("{pairs}… ({} bytes)", bytes.len()) } else { pairs }
}

/// The id and the words of a rule.
pub fn rule(tree: &Tree<'_>, rule: RuleId) -> (String, String) {
    let rule = &tree.format().rules[usize::from(rule.0)];
    (rule.id.clone(), rule.words.clone())
}

/// The broken rule that comes first in the bytes.
pub fn first_in_bytes<'v>(tree: &Tree<'_>, violations: &'v [Violation]) -> Option<&'v Violation> {
    violations.iter().min_by_key(|violation| tree.node(violation.node).start)
}

/// Every leaf in order, what is broken in records and lists, and bytes that belong to no field.
/// A field that breaks several rules stands there once for each. Where the input ends too early,
/// the fields that are wholly missing are told with the first that is cut.
pub fn spans(tree: &Tree<'_>, violations: &[Violation]) -> Vec<Span> {
    let format = tree.format();
    let mut spans = Vec::new();
    let mut covered = 0;
    let mut missing = 0usize;
    let loose = |from: u32, to: u32, spans: &mut Vec<Span>| {
        if from < to {
            let value = raw(&tree.bytes()[from as usize..to as usize]);
            spans.push(Span {
                field: None,
                offset: from,
                length: to - from,
                value: Some(value),
                rule: None,
                why: None,
            });
        }
    };
    for (id, node) in tree.nodes().iter().enumerate() {
        let id = id as NodeId;
        let leaf = format.field(node.field).is_leaf() || node.blank;
        if node.short && node.start == node.end && missing > 0 {
            missing += 1;
            continue;
        }
        missing += usize::from(node.short);
        let mut broken = violations
            .iter()
            .filter(|violation| violation.node == id)
            .map(|violation| rule(tree, violation.rule))
            .peekable();
        if !leaf && broken.peek().is_none() {
            continue;
        }
        if leaf {
            loose(covered, node.start, &mut spans);
            covered = covered.max(node.end);
        }
        let value = leaf.then(|| value(tree, id));
        let mut push = |broken: Option<(String, String)>| {
            let (rule, why) = broken.unzip();
            spans.push(Span {
                field: Some(path(tree, id)),
                offset: node.start,
                length: node.end - node.start,
                value: value.clone(),
                rule,
                why,
            });
        };
        match broken.next() {
            None => push(None),
            first => {
                push(first);
                broken.for_each(|one| push(Some(one)));
            }
        }
    }
    loose(covered, tree.bytes().len() as u32, &mut spans);
    let cut = spans.iter_mut().filter_map(|span| span.value.as_mut()).find(|value| value.starts_with(CUT));
    if let Some(value) = cut
        && missing > 1
    {
        value.push_str(&format!(", and {} after it not there", crate::output::count(missing - 1, "field")));
    }
    spans
}
