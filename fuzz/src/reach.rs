//! Reach points: named places that a target must get to.

use infuzz::conversation::Event;
use infuzz::device::{Answer, Outcome};
use infuzz::format::{Format, Shape};
use infuzz::tree::Tree;
use std::collections::HashMap;
use std::ops::Range;

/// One place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReachPoint {
    /// `accepted KIND` or `refused RULE`.
    pub name: String,
    /// How often it was reached.
    pub hits: u64,
}

/// How many of some points were reached, and the names of the others.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Those that were reached.
    pub reached: usize,
    /// All of them.
    pub total: usize,
    /// Those that were not.
    pub missing: Vec<String>,
}

/// The reach points of a description: each record and each kind accepted, each reason given.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    points: Vec<ReachPoint>,
    /// Those that the last execution reached, in no order and perhaps more than once.
    recent: Vec<usize>,
    rules: Vec<String>,
    /// What an occurrence of each field counts for, by its id.
    counted: Vec<Counted>,
    /// Places by name, of points that are counted by it.
    named: HashMap<String, usize>,
    /// The places of what became of messages, once they are looked up.
    events: HashMap<Event, [Option<usize>; 2]>,
    /// The first of the states of a conversation, which come after what is to be reached.
    states: Option<usize>,
}

/// The points that occurrences of a field reach.
#[derive(Clone, Debug)]
enum Counted {
    /// None.
    Nothing,
    /// A record in a list: this one.
    Record(usize),
    /// A field that decides what follows: one for each of these values.
    Kinds(Vec<(u64, usize)>),
}

impl Reach {
    /// The points of `format`.
    pub fn new(format: &Format) -> Self {
        let counted = vec![Counted::Nothing; format.fields.len()];
        let mut reach = Reach { counted, ..Reach::default() };
        // What a device does where a rule leaves it open is its own business.
        let silent = |id: &str| format.rule_named(id).is_some_and(|rule| format.says_nothing(rule));
        for rule in format.rules.iter().filter(|rule| !rule.open && !silent(&rule.id)) {
            reach.add(format!("refused {}", rule.id));
            reach.rules.push(rule.id.clone());
        }
        for field in &format.fields {
            if let Shape::List { item, .. } = field.shape {
                reach.counted[usize::from(item.0)] = Counted::Record(reach.points.len());
                reach.add(format!("accepted {}", format.field(item).path));
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
                let mut kinds = Vec::new();
                for row in &format.enums[of].rows {
                    kinds.push((row.code, reach.points.len()));
                    reach.add(format!("accepted {} {}", field.path, row.name));
                }
                reach.counted[usize::from(field.id.0)] = Counted::Kinds(kinds);
            }
        }
        reach
    }

    /// These points, and these states of conversations.
    pub fn of(names: Vec<String>, states: Vec<String>) -> Self {
        let all = names.len();
        let named = names.iter().chain(&states).cloned().zip(0..).collect();
        let points = names.into_iter().chain(states).map(|name| ReachPoint { name, hits: 0 }).collect();
        Reach { points, named, states: Some(all), ..Reach::default() }
    }

    /// Counts what became of a message of a conversation: the point and the state, if they are such.
    pub fn became(&mut self, event: &Event) {
        let named = &self.named;
        let places = self.events.entry(*event).or_insert_with(|| {
            let [_, kind, became] = event;
            let names = [format!("{kind} {became}"), infuzz_models::written(event)];
            names.map(|name| named.get(&name).copied())
        });
        for at in places.iter().flatten() {
            self.points[*at].hits += 1;
            self.recent.push(*at);
        }
    }

    fn add(&mut self, name: String) {
        self.points.push(ReachPoint { name, hits: 0 });
    }

    /// Counts what an execution reached; gives the index of the first new point, if any.
    pub fn note(&mut self, tree: &Tree<'_>, answer: &Answer) -> Option<usize> {
        let mut fresh = None;
        let recent = &mut self.recent;
        let mut hit = |points: &mut Vec<ReachPoint>, index: usize| {
            if points[index].hits == 0 {
                fresh = Some(index);
            }
            points[index].hits += 1;
            recent.push(index);
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
                    match &self.counted[usize::from(node.field.0)] {
                        Counted::Nothing => {}
                        Counted::Record(point) => hit(&mut self.points, *point),
                        Counted::Kinds(kinds) => {
                            let value = tree.number(id as u32);
                            if let Some((_, point)) = kinds.iter().find(|(code, _)| Some(*code) == value) {
                                hit(&mut self.points, *point);
                            }
                        }
                    }
                }
            }
            Outcome::Silent => {}
        }
        fresh
    }

    /// Forgets what was reached in the last execution, not what was reached at all.
    pub fn begin(&mut self) {
        self.recent.clear();
    }

    /// What was reached since [`Reach::begin`]: places in [`Reach::points`], some perhaps twice.
    pub fn recent(&self) -> &[usize] {
        &self.recent
    }

    /// All points.
    pub fn points(&self) -> &[ReachPoint] {
        &self.points
    }

    /// How many of the points are to be reached; those behind them are states.
    pub fn wanted(&self) -> usize {
        self.states.unwrap_or(self.points.len())
    }

    /// What of the points that are to be reached was, given by place.
    pub fn tally(&self, reached: impl Fn(usize) -> bool) -> Tally {
        self.counted(0..self.wanted(), reached)
    }

    /// The same of the states of conversations, where inputs are such.
    pub fn tally_of_states(&self, reached: impl Fn(usize) -> bool) -> Option<Tally> {
        self.states.map(|first| self.counted(first..self.points.len(), reached))
    }

    fn counted(&self, range: Range<usize>, reached: impl Fn(usize) -> bool) -> Tally {
        let total = range.len();
        let missing = range.filter(|at| !reached(*at)).map(|at| self.points[at].name.clone());
        let missing: Vec<String> = missing.collect();
        Tally { reached: total - missing.len(), total, missing }
    }
}
