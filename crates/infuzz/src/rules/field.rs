//! Rules of a single field: range, resolution, enumerators, characters, references.

use super::structure::check_slots;
use super::{Cause, Found, Violation};
use crate::format::number::Written;
use crate::format::{Field, Format, RuleId, Shape, Step, TextShape, Value, Words, named_bits};
use crate::tree::{NodeId, Tables, Tree};

pub(super) fn check(tree: &Tree<'_>, tables: &Tables, node: NodeId, found: &mut Found<'_>) -> bool {
    let format = tree.format();
    let at = tree.node(node);
    if at.short || at.blank {
        return true;
    }
    let field = format.field(at.field);
    if let Shape::List { .. } = field.shape {
        if let Some(rule) = field.empty
            && tree.children(node).next().is_none()
            && !found(Violation::one(rule, node, Cause::Field))
        {
            return false;
        }
        return field.slots.as_ref().is_none_or(|slots| check_slots(tree, node, slots, found));
    }
    if field.has_instead(tree.span(node)) {
        return true;
    }
    if let Shape::Decimal { plain, .. } = field.shape
        && let Some(written) = written(tree, node)
        && !digits_rules(node, field, plain, written, found)
    {
        return false;
    }
    if let Some(Words { others: Some(text), .. }) = field.words() {
        return tree.number(node).is_some() || text_of(tree, node, text, found);
    }
    if let Some(rule) = value_rule(tree, node, field)
        && !found(Violation::one(rule, node, Cause::Field))
    {
        return false;
    }
    if let Some((most, rule)) = field.longest
        && tree.span(node).len() > most as usize
        && !found(Violation::one(rule, node, Cause::Field))
    {
        return false;
    }
    if field.range.is_some() || field.step.is_some() || field.refers.is_some() || field.outside.is_some() {
        return number_rules(tree, tables, node, field, found);
    }
    if let Shape::Text(text) = &field.shape {
        let left = |pad: u8| tree.span(node).iter().skip_while(move |byte| **byte != pad).any(move |byte| *byte != pad);
        if let (Some(pad), Some(rule)) = (text.pad, text.rules.padding)
            && left(pad)
            && !found(Violation::one(rule, node, Cause::Field))
        {
            return false;
        }
        return text_of(tree, node, text, found);
    }
    true
}

/// Calls `found` with each broken rule of a text, its escape sequences undone.
fn text_of(tree: &Tree<'_>, node: NodeId, text: &TextShape, found: &mut Found<'_>) -> bool {
    let format = tree.format();
    let raw = tree.text(node);
    let mut broken = |rule: RuleId| found(Violation::one(rule, node, Cause::Field));
    let record = tree.enclosing_record(node);
    if let Some(narrow) = &text.narrow
        && let (charset, unless, rule) = &**narrow
        && let Ok(content) = std::str::from_utf8(raw)
        && !content.chars().all(|c| format.charsets[*charset].contains(c))
        && !tree.holds(record, unless, None)
        && !broken(*rule)
    {
        return false;
    }
    let Some(escapes) = &text.escapes else { return text_rules(format, text, raw, broken) };
    if escapes.stands_for_itself(tree, record, raw) && !broken(escapes.delimiter) {
        return false;
    }
    match escapes.undo(tree, record, raw) {
        Some(content) => text_rules(format, text, &content, broken),
        None => broken(escapes.rule),
    }
}

/// The rule of the value itself, if it is broken.
fn value_rule(tree: &Tree<'_>, node: NodeId, field: &Field) -> Option<RuleId> {
    let rule = field.value_rule?;
    let holds = match &field.shape {
        Shape::Const(bytes) => tree.span(node) == bytes,
        Shape::Enum { of, .. } => tree.number(node).is_some_and(|n| tree.format().enums[*of].row(n).is_some()),
        Shape::Bits { names, .. } => tree.number(node).is_some_and(|n| n & !named_bits(names) == 0),
        Shape::Digits { hex: Some(case), .. } => {
            let digits = tree.span(node);
            if digits.iter().all(u8::is_ascii_hexdigit) && digits.iter().any(u8::is_ascii_lowercase) {
                return Some(*case);
            }
            digits.iter().all(u8::is_ascii_hexdigit)
        }
        Shape::Digits { hex: None, .. } => tree.span(node).iter().all(u8::is_ascii_digit),
        Shape::Decimal { .. } => written(tree, node).is_some(),
        _ => true,
    };
    let refused = field.refused.iter().any(|bytes| tree.span(node) == bytes);
    (!holds || refused).then_some(rule)
}

/// The number that digits of any width stand for.
fn written(tree: &Tree<'_>, node: NodeId) -> Option<Written> {
    Written::of(&tree.format().field(tree.node(node).field).shape, tree.span(node))
}

/// What is stated of digits of any width besides the number that they stand for.
fn digits_rules(node: NodeId, field: &Field, plain: Option<RuleId>, written: Written, found: &mut Found<'_>) -> bool {
    let beyond = field.range.filter(|_| written.number.is_none()).map(|(.., rule)| rule);
    let unusual = plain.filter(|_| !written.plain);
    let finer = field.step.as_ref().filter(|_| written.finer).map(|(_, rule)| *rule);
    [beyond, unusual, finer].into_iter().flatten().all(|rule| found(Violation::one(rule, node, Cause::Field)))
}

fn number_rules(tree: &Tree<'_>, tables: &Tables, node: NodeId, field: &Field, found: &mut Found<'_>) -> bool {
    let Some(number) = tree.number(node) else { return true };
    if let Some((low, high, rule)) = field.range
        && !(low..=high).contains(&number)
        && !found(Violation::one(rule, node, Cause::Field))
    {
        return false;
    }
    if let Some((step, rule)) = &field.step
        && let Some(step) = step_of(tree, node, step)
        && number % step != 0
        && !found(Violation::one(*rule, node, Cause::Field))
    {
        return false;
    }
    if let Some(reference) = &field.refers
        && reference.none != Some(number)
        && tables.find(reference.table, number).is_none()
        && !found(Violation::one(reference.rule, node, Cause::Reference))
    {
        return false;
    }
    if let Some(outside) = &field.outside
        && outside.none != Some(number)
        && tree.format().used_outside(outside).is_some_and(|used| number >= used)
        && !found(Violation::one(outside.rule, node, Cause::Reference))
    {
        return false;
    }
    true
}

/// The resolution that applies to a node; none if its unit is unknown.
pub(crate) fn step_of(tree: &Tree<'_>, node: NodeId, step: &Step) -> Option<u64> {
    match step {
        Step::Fixed(step) => Some(*step),
        Step::By(operand) => match tree.value_of(tree.enclosing_record(node), operand, None)? {
            Value::Number(step) => Some(step).filter(|step| *step > 0),
            Value::Symbol(_) => None,
        },
    }
}

/// Calls `found` with each broken rule of a text.
pub(crate) fn text_rules(
    format: &Format,
    text: &TextShape,
    bytes: &[u8],
    mut found: impl FnMut(RuleId) -> bool,
) -> bool {
    if bytes.len() > text.max_bytes as usize && !found(text.rules.length) {
        return false;
    }
    let charset = text.charset.map(|index| &format.charsets[index]);
    let common = text.usual.map(|(index, _)| &format.charsets[index]);
    let (mut chars, mut lines, mut readable, mut allowed, mut usual) = (0u32, 1u32, false, true, true);
    if bytes.is_ascii() {
        chars = bytes.len() as u32;
        for byte in bytes {
            lines += u32::from(*byte == b'\n');
            readable |= *byte != b' ' && *byte != b'\n';
            allowed &= charset.is_none_or(|set| set.has_ascii(*byte));
            usual &= common.is_none_or(|set| set.has_ascii(*byte));
        }
    } else {
        let Ok(content) = std::str::from_utf8(bytes) else { return found(text.rules.utf8) };
        for c in content.chars() {
            chars += 1;
            lines += u32::from(c == '\n');
            readable |= c != ' ' && c != '\n';
            allowed &= charset.is_none_or(|set| set.contains(c));
            usual &= common.is_none_or(|set| set.contains(c));
        }
    }
    (chars <= text.max_chars || found(text.rules.characters))
        && (allowed || found(text.rules.charset))
        && (usual || text.usual.is_none_or(|(_, rule)| found(rule)))
        && (readable || text.may_be_blank || found(text.rules.blank))
        && (text.max_lines.is_none_or(|most| lines <= most) || found(text.rules.lines))
}
