//! Makes an input smaller without changing what it shows.
//!
//! Records are taken out, optional fields left out, texts shortened; each step is undone unless
//! the judgement (expected outcome and rule) and the kinds of finding stay the same.

use crate::failure::Failure;
use crate::remote::{Came, Remote};
use crate::setting::Setting;
use infuzz::compose::encode_text;
use infuzz::conversation::{Conversation, Saying, Step};
use infuzz::finding::Kind;
use infuzz::format::Shape;
use infuzz::judgement::{Judge, Judgement};
use infuzz::session::Session;
use infuzz::tree::{Edit, NodeId, Repair, Tree};
use std::time::{Duration, Instant};

/// Smaller inputs are looked for no longer than this.
const MOST_TIME: Duration = Duration::from_secs(20);

/// With more broken sizes, counts, offsets and checks an input is no library with a fault any more.
const MOST_BROKEN: usize = 8;

/// What must stay the same.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    kinds: Vec<Kind>,
    expected: Option<String>,
    rule: Option<String>,
    /// Where it crashed, without the message.
    place: Option<String>,
}

fn shown(came: &Came) -> Shown {
    let step = match came {
        Came::Through(replayed) => replayed.decisive().cloned(),
        Came::Fell(..) => None,
    };
    let (expected, rule) = step.map_or((None, None), |step| (step.expected, step.rule));
    let place = match came {
        Came::Through(_) => None,
        Came::Fell(_, why) => why.split(": ").next().map(str::to_string),
    };
    Shown { kinds: came.kinds(), expected, rule, place }
}

/// A smaller input that shows the same, and what it shows.
pub fn minimise(setting: Setting, remote: &mut Remote, bytes: &[u8]) -> Result<(Vec<u8>, Came), Failure> {
    let came = remote.ask(bytes)?;
    let mut judge = Judge::new(setting.format);
    let judgement = judge.judge(bytes);
    let shown = shown(&came);
    // Each try of a hang takes as long as the hang.
    if shown.kinds.contains(&Kind::Hang) {
        return Ok((bytes.to_vec(), came));
    }
    let mut work =
        Minimiser { remote, judge, judgement, shown, best: bytes.to_vec(), came, until: Instant::now() + MOST_TIME };
    match std::str::from_utf8(bytes)
        .ok()
        .filter(|_| Session::is_session(bytes))
        .and_then(|text| Session::parse(text).ok())
    {
        Some(session) => work.steps(session)?,
        None if Conversation::is_conversation(bytes) => work.conversation(bytes)?,
        None => while work.records(setting)? | work.optional(setting)? | work.texts(setting)? {},
    }
    Ok((work.best, work.came))
}

struct Minimiser<'r> {
    remote: &'r mut Remote,
    judge: Judge<'static>,
    judgement: Judgement,
    shown: Shown,
    best: Vec<u8>,
    came: Came,
    until: Instant,
}

impl Minimiser<'_> {
    fn is_late(&self) -> bool {
        Instant::now() > self.until
    }

    /// Takes a smaller input if it shows the same.
    fn take(&mut self, bytes: Vec<u8>, judged: bool) -> Result<bool, Failure> {
        if bytes.len() >= self.best.len() || self.is_late() {
            return Ok(false);
        }
        // Cheap, and most tries end here.
        if judged && self.judge.judge(&bytes) != self.judgement {
            return Ok(false);
        }
        let came = self.remote.ask(&bytes)?;
        let same = shown(&came) == self.shown;
        if same {
            (self.best, self.came) = (bytes, came);
        }
        Ok(same)
    }

    /// Tries an edit with what follows from it repaired, and with what was broken left so.
    fn edited(&mut self, tree: &Tree<'_>, edit: &Edit) -> Result<bool, Failure> {
        if self.take(tree.apply(edit, Repair::Affected), true)? {
            return Ok(true);
        }
        let wrong = |node: &NodeId| tree.number(*node).is_some() && tree.expected(*node) != tree.number(*node);
        let broken: Vec<NodeId> = tree.relations().iter().copied().filter(wrong).collect();
        if broken.is_empty() || broken.len() > MOST_BROKEN {
            return Ok(false);
        }
        let edit =
            broken.into_iter().fold(edit.clone(), |edit, node| edit.leave_broken(node, tree.span(node).to_vec()));
        self.take(tree.apply(&edit, Repair::Affected), true)
    }

    /// Leaves out steps of a session, from the end: first many at once, then one by one.
    fn steps(&mut self, mut session: Session) -> Result<(), Failure> {
        let mut chunk = session.steps.len();
        while chunk > 0 {
            let mut end = session.steps.len();
            while end > 0 && !self.is_late() {
                let start = end.saturating_sub(chunk);
                let mut less = session.clone();
                less.steps.drain(start..end);
                if self.take(less.to_string().into_bytes(), false)? {
                    session = less;
                }
                end = start.min(session.steps.len());
            }
            chunk /= 2;
        }
        Ok(())
    }

    /// Leaves out steps of a conversation, likewise, and then what is not needed of each step: its
    /// pieces and its slots.
    fn conversation(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Ok(mut best) = Conversation::parse(&String::from_utf8_lossy(bytes)) else { return Ok(()) };
        let mut chunk = best.steps.len();
        while chunk > 0 {
            let mut end = best.steps.len();
            while end > 0 && !self.is_late() {
                let start = end.saturating_sub(chunk);
                let mut less = best.clone();
                less.steps.drain(start..end);
                if self.take(less.to_string().into_bytes(), false)? {
                    best = less;
                }
                end = start.min(best.steps.len());
            }
            chunk /= 2;
        }
        for at in 0..best.steps.len() {
            let Step::Say(saying) = &best.steps[at] else { continue };
            let whole = Saying { pieces: 0, ..saying.clone() };
            let fewer = (0..saying.fills.len()).rev().map(|fill| {
                let mut fewer = whole.clone();
                fewer.fills.remove(fill);
                fewer
            });
            for saying in std::iter::once(whole.clone()).chain(fewer) {
                let mut less = best.clone();
                less.steps[at] = Step::Say(saying);
                if self.take(less.to_string().into_bytes(), false)? {
                    best = less;
                }
            }
        }
        Ok(())
    }

    /// Takes records out of every list, from the end: first many at once, then one by one.
    fn records(&mut self, setting: Setting) -> Result<bool, Failure> {
        let mut smaller = false;
        let lists = Tree::decode(setting.format, &self.best).lists().len();
        for list in (0..lists).rev() {
            let length = |tree: &Tree<'_>| tree.lists().get(list).map_or(0, |node| tree.children(*node).count());
            let mut chunk = length(&Tree::decode(setting.format, &self.best));
            while chunk > 0 {
                let mut end = length(&Tree::decode(setting.format, &self.best));
                while end > 0 && !self.is_late() {
                    let start = end.saturating_sub(chunk);
                    let tree = Tree::decode(setting.format, &self.best);
                    let Some(node) = tree.lists().get(list) else { break };
                    let items = tree.children(*node).skip(start).take(end - start);
                    let edit = items.fold(Edit::default(), |edit, item| edit.and(Edit::delete(&tree, item)));
                    smaller |= self.edited(&tree, &edit)?;
                    end = start;
                }
                chunk /= 2;
            }
        }
        Ok(smaller)
    }

    /// Leaves optional fields out.
    fn optional(&mut self, setting: Setting) -> Result<bool, Failure> {
        let optional = |tree: &Tree<'_>, node: NodeId| tree.format().field(tree.node(node).field).when.is_some();
        self.each(setting, optional, |tree, node| Some(Edit::make_absent(tree, node)))
    }

    /// Shortens texts to their first character, or to nothing.
    fn texts(&mut self, setting: Setting) -> Result<bool, Failure> {
        let text =
            |tree: &Tree<'_>, node: NodeId| matches!(tree.format().field(tree.node(node).field).shape, Shape::Text(_));
        let shorter = |tree: &Tree<'_>, node: NodeId, characters: usize| {
            let Shape::Text(shape) = &tree.format().field(tree.node(node).field).shape else { return None };
            let content: String = std::str::from_utf8(tree.text(node)).ok()?.chars().take(characters).collect();
            Some(Edit::set(tree, node, encode_text(shape, content.as_bytes())?))
        };
        let mut smaller = self.each(setting, text, |tree, node| shorter(tree, node, 0))?;
        smaller |= self.each(setting, text, |tree, node| shorter(tree, node, 1))?;
        Ok(smaller)
    }

    /// Tries an edit on every node that qualifies, from the end.
    fn each(
        &mut self,
        setting: Setting,
        which: impl Fn(&Tree<'_>, NodeId) -> bool,
        edit: impl Fn(&Tree<'_>, NodeId) -> Option<Edit>,
    ) -> Result<bool, Failure> {
        let mut smaller = false;
        let mut tree = Tree::decode(setting.format, &self.best);
        for node in (0..tree.nodes().len() as NodeId).rev() {
            if self.is_late() {
                break;
            }
            if node as usize >= tree.nodes().len() || !which(&tree, node) {
                continue;
            }
            if let Some(edit) = edit(&tree, node)
                && self.edited(&tree, &edit)?
            {
                smaller = true;
                tree = Tree::decode(setting.format, &self.best);
            }
        }
        Ok(smaller)
    }
}
