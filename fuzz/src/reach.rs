//! Reach points: named places that a target must get to.

use infuzz::device::{Answer, Outcome};
use infuzz::format::{Format, Shape};
use infuzz::tree::Tree;

/// One place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReachPoint {
    /// `accepted KIND` or `refused RULE`.
    pub name: String,
    /// How often it was reached.
    pub hits: u64,
}

/// The reach points of a description: each record and each kind accepted, each reason given.
#[derive(Clone, Debug)]
pub struct Reach {
    points: Vec<ReachPoint>,
    rules: Vec<String>,
    /// Records in lists, by field, and enumerators of fields that decide what follows.
    records: Vec<u16>,
    kinds: Vec<(u16, u64)>,
}

impl Reach {
    /// The points of `format`.
    pub fn new(format: &Format) -> Self {
        let mut reach = Reach { points: Vec::new(), rules: Vec::new(), records: Vec::new(), kinds: Vec::new() };
        for rule in &format.rules {
            reach.add(format!("refused {}", rule.id));
            reach.rules.push(rule.id.clone());
        }
        for field in &format.fields {
            if let Shape::List { item, .. } = field.shape {
                reach.add(format!("accepted {}", format.field(item).path));
                reach.records.push(item.0);
            }
        }
        for field in &format.fields {
            let Shape::Enum { of, .. } = field.shape else { continue };
            let decides = format.fields.iter().any(|other| {
                let tested = other
                    .when
                    .iter()
                    .flat_map(|when| when.any.iter().flatten())
                    .any(|test| test.operand.field == field.id);
                let switched = matches!(&other.shape, Shape::Switch { on, .. } if on.field == field.id);
                tested || switched
            });
            if decides {
                for row in &format.enums[of].rows {
                    reach.add(format!("accepted {} {}", field.path, row.name));
                    reach.kinds.push((field.id.0, row.code));
                }
            }
        }
        reach
    }

    fn add(&mut self, name: String) {
        self.points.push(ReachPoint { name, hits: 0 });
    }

    /// Counts what an execution reached; gives the index of the first new point, if any.
    pub fn note(&mut self, tree: &Tree<'_>, answer: &Answer) -> Option<usize> {
        let mut fresh = None;
        let mut hit = |points: &mut Vec<ReachPoint>, index: usize| {
            if points[index].hits == 0 {
                fresh = Some(index);
            }
            points[index].hits += 1;
        };
        match answer.outcome {
            Outcome::Refused => {
                if let Some(reason) = &answer.reason
                    && let Some(index) = self.rules.iter().position(|rule| *rule == reason.rule)
                {
                    hit(&mut self.points, index);
                }
            }
            Outcome::Accepted => {
                for (id, node) in tree.nodes().iter().enumerate() {
                    if let Some(at) = self.records.iter().position(|field| *field == node.field.0) {
                        hit(&mut self.points, self.rules.len() + at);
                    }
                    if self.kinds.iter().any(|(field, _)| *field == node.field.0) {
                        let value = tree.number(id as u32);
                        if let Some(at) =
                            self.kinds.iter().position(|(field, code)| *field == node.field.0 && Some(*code) == value)
                        {
                            hit(&mut self.points, self.rules.len() + self.records.len() + at);
                        }
                    }
                }
            }
            Outcome::Silent => {}
        }
        fresh
    }

    /// All points.
    pub fn points(&self) -> &[ReachPoint] {
        &self.points
    }

    /// Names of the points not reached.
    pub fn missing(&self) -> Vec<String> {
        self.points.iter().filter(|p| p.hits == 0).map(|p| p.name.clone()).collect()
    }
}
