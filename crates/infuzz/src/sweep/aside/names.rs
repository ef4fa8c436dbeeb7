//! Texts and digits that must differ between records: pairs that are equal once folded, and
//! pairs that are nearly so.

use super::{About, Cases, Refused, paths};
use crate::compose::encode_text;
use crate::format::{Charset, FieldId, Operand, Rule, RuleKind, Shape, TextShape};
use crate::tree::{Edit, NodeId, Tree};

const CLASS: &str = "nearly-equal";

/// Pairs of texts of which some count as equal and others do not.
const PAIRS: &[(&str, &str)] = &[
    ("A", "A"),
    ("A", "a"),
    ("A", "AA"),
    ("A", "B"),
    ("AB", "BA"),
    ("A B", "A  B"),
    ("A B", "AB"),
    ("A B", "a b"),
    (" A", "A"),
    ("A ", "A"),
    ("  A  ", "a"),
    (" A", "A "),
    ("A B ", " a B"),
    ("A-B", "AB"),
    ("A-B", "A B"),
    ("A.B", "AB"),
    ("A/B", "A-B"),
    ("A_B", "A-B"),
    ("A,B", "A.B"),
    ("(A)", "A"),
    ("A1", "A01"),
    ("1", "01"),
    ("1", "1.0"),
    ("A0", "AO"),
    ("ß", "ss"),
    ("ß", "SS"),
    ("Æ", "AE"),
    ("ĳ", "ij"),
    ("Œ", "OE"),
    ("µ", "u"),
    ("ÀÉÎ", "àéî"),
    ("ŠŽŸ", "šžÿ"),
];

/// Plain letters that a reader may take an accented one for.
const PLAIN: [char; 10] = ['a', 'c', 'e', 'i', 'n', 'o', 's', 'u', 'y', 'z'];

/// Rows of a table, and the one field that makes them unique.
struct Table<'a, 'f> {
    tree: &'a Tree<'f>,
    rule: &'a Rule,
    rows: Vec<NodeId>,
}

/// All of them.
pub(super) fn names<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>) {
    let format = tree.format();
    for rule in format.records.iter().flat_map(|record| &record.rules) {
        let RuleKind::Unique { table, key, .. } = &rule.kind else { continue };
        let [operand] = key.as_slice() else { continue };
        match &format.field(operand.field).shape {
            Shape::Text(text) => {
                let rows = rows(tree, *table, operand);
                let contents = contents(text, text.charset.map(|index| &format.charsets[index]));
                Table { tree, rule, rows }.texts(cases, text, &contents);
            }
            Shape::Digits { width, hex: None } => {
                let full = filled(cases, tree, *table);
                let full = full.as_ref().unwrap_or(tree);
                let rows = rows(full, *table, operand);
                Table { tree: full, rule, rows }.digits(cases, usize::from(*width));
            }
            _ => {}
        }
    }
}

/// The key fields of all records of a table.
fn rows(tree: &Tree<'_>, table: FieldId, operand: &Operand) -> Vec<NodeId> {
    let lists = tree.lists().iter().copied().filter(|list| tree.node(*list).field == table);
    lists.flat_map(|list| tree.children(list)).filter_map(|row| tree.locate(row, operand, None)).collect()
}

/// The library with the last list of a table filled up to its limit.
fn filled<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, table: FieldId) -> Option<Tree<'f>> {
    let filled = |list: &NodeId| tree.node(*list).field == table && tree.children(*list).next().is_some();
    let list = tree.lists().iter().copied().rfind(filled)?;
    let have = tree.children(list).count();
    let most = crate::sweep::planner::limit_of(tree, list)?.min(16) as usize;
    let last = tree.children(list).last()?;
    let copies: Vec<u8> = (have..most)
        .flat_map(|copy| super::fresh(tree, list, last, &super::Settings::default(), copy as u64))
        .collect();
    let edit = Edit::insert(tree, list, have, copies, most.saturating_sub(have) as i64);
    let bytes = cases.adapted(tree, &edit, &[])?;
    Some(Tree::decode(tree.format(), &bytes))
}

/// The pairs that a field's length and characters allow.
fn contents(text: &TextShape, charset: Option<&Charset>) -> Vec<(String, String)> {
    let allowed = |c: char| charset.is_none_or(|set| set.contains(c));
    let mut pairs: Vec<(String, String)> = PAIRS.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
    let around = |c: char| format!("N{c}Q");
    let letters: Vec<char> = (0x21..0x250).filter_map(char::from_u32).filter(|c| allowed(*c)).collect();
    for (at, &letter) in letters.iter().enumerate() {
        let mut lower = letter.to_lowercase();
        if let (Some(small), None) = (lower.next(), lower.next())
            && small != letter
        {
            pairs.push((around(letter), around(small)));
            pairs.push((around(small), around(letter)));
        }
        // Characters that a fold by the bits of their codes would make equal.
        let code = u32::from(letter);
        let near = [code ^ 0x20, code ^ 0x01, code ^ 0x80].into_iter().filter_map(char::from_u32);
        pairs.extend(near.filter(|other| allowed(*other)).map(|other| (around(letter), around(other))));
        if let Some(next) = letters.get(at + 1) {
            pairs.push((around(letter), around(*next)));
        }
        if !letter.is_ascii() && letter.is_lowercase() {
            pairs.extend(PLAIN.iter().map(|plain| (around(letter), around(*plain))));
        }
    }
    let most = text.max_chars.min(text.max_bytes).min(255) as usize;
    let long = "K".repeat(most);
    pairs.push((long.clone(), long.to_lowercase()));
    for at in 0..most {
        for other in ["L", "k"] {
            let mut changed = long.clone();
            changed.replace_range(at..=at, other);
            pairs.push((long.clone(), changed));
        }
        if at > 0 {
            pairs.push((long.clone(), long.get(..at).unwrap_or_default().into()));
        }
    }
    let fits = |content: &String| {
        content.chars().all(allowed)
            && content.chars().count() <= text.max_chars as usize
            && content.len() <= text.max_bytes as usize
    };
    pairs.retain(|(a, b)| fits(a) && fits(b));
    pairs
}

impl<'f> Table<'_, 'f> {
    fn texts(&self, cases: &mut Cases<'f>, text: &TextShape, contents: &[(String, String)]) {
        let [first, .., last] = self.rows.as_slice() else { return };
        for (number, (a, b)) in contents.iter().enumerate() {
            let (Some(x), Some(y)) = (encode_text(text, a.as_bytes()), encode_text(text, b.as_bytes())) else {
                continue;
            };
            self.pair(cases, (*first, x.clone()), (*last, y.clone()), &format!("{a:?} and {b:?}"));
            // The plain pairs also in neighbours, and the other way round.
            if number < PAIRS.len()
                && let [.., before, last] = self.rows.as_slice()
            {
                self.pair(cases, (*before, y.clone()), (*last, x.clone()), &format!("{b:?} and {a:?}"));
                self.pair(cases, (*first, y), (*last, x), &format!("{b:?} and {a:?}"));
            }
        }
    }

    fn digits(&self, cases: &mut Cases<'f>, width: usize) {
        let [first, .., last] = self.rows.as_slice() else { return };
        for fill in [b'0', b'1', b'9'] {
            let one = vec![fill; width];
            self.pair(cases, (*first, one.clone()), (*last, one.clone()), &format!("both {}", char::from(fill)));
            for at in 0..width {
                for digit in b'0'..=b'9' {
                    let mut other = one.clone();
                    other[at] = digit;
                    let label = format!("{} and digit {at} {}", char::from(fill), char::from(digit));
                    self.pair(cases, (*first, one.clone()), (*last, other), &label);
                }
            }
        }
        for (at, a) in self.rows.iter().enumerate() {
            for b in &self.rows[at + 1..] {
                let same = self.tree.span(*a).to_vec();
                self.pair(cases, (*a, same.clone()), (*b, same), &format!("as {}", self.tree.path(*a)));
            }
        }
    }

    /// Two records with these keys.
    fn pair(&self, cases: &mut Cases<'f>, a: (NodeId, Vec<u8>), b: (NodeId, Vec<u8>), label: &str) {
        let tree = self.tree;
        let kept = paths(tree, [a.0, b.0]);
        let about = About::node(tree, b.0, CLASS, label);
        let edit = Edit::set(tree, a.0, a.1).and(Edit::set(tree, b.0, b.1));
        if cases.refuse(tree, &edit, self.rule.id, &kept, about.clone()) == Refused::Not {
            cases.accept(tree, &edit, &kept, about);
        }
    }
}
