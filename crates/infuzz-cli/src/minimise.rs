//! Makes an input smaller without changing what it shows.
//!
//! Records are taken out, optional fields left out, texts shortened; each step is undone unless
//! the judgement (expected outcome and rule) and the kinds of finding stay the same.

use crate::failure::Failure;
use crate::remote::{Came, Remote};
use crate::setting::Setting;
use infuzz::builtin::Builtin;
use infuzz::compose::encode_text;
use infuzz::conversation::{Conversation, Saying, Step};
use infuzz::finding::Kind;
use infuzz::format::{Format, Shape};
use infuzz::judgement::{Judge, Judgement};
use infuzz::session::Session;
use infuzz::shorten::fewer;
use infuzz::tree::{Edit, NodeId, Repair, Tree};
use std::collections::BTreeMap;
use std::sync::Arc;
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
    let (best, until) = (bytes.to_vec(), Instant::now() + MOST_TIME);
    let mut work = Minimiser { remote, judge, judgement, shown, best, within: None, came, until };
    match std::str::from_utf8(bytes)
        .ok()
        .filter(|_| Session::is_session(bytes))
        .and_then(|text| Session::parse(text).ok())
    {
        Some(session) => work.steps(session)?,
        None if Conversation::is_conversation(bytes) => work.conversation(bytes)?,
        None => while work.records(setting.format)? | work.optional(setting.format)? | work.texts(setting.format)? {},
    }
    Ok((work.best, work.came))
}

/// A conversation of these steps.
fn written(steps: &[Step]) -> Vec<u8> {
    Conversation { steps: steps.to_vec() }.to_string().into_bytes()
}

struct Minimiser<'r> {
    remote: &'r mut Remote,
    judge: Judge<'static>,
    judgement: Judgement,
    shown: Shown,
    best: Vec<u8>,
    /// The conversation that is made smaller in one of its messages.
    within: Option<(Conversation, usize)>,
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
        if self.take_part(tree.apply(edit, Repair::Affected))? {
            return Ok(true);
        }
        let wrong = |node: &NodeId| tree.number(*node).is_some() && tree.expected(*node) != tree.number(*node);
        let broken: Vec<NodeId> = tree.relations().iter().copied().filter(wrong).collect();
        if broken.is_empty() || broken.len() > MOST_BROKEN {
            return Ok(false);
        }
        let edit =
            broken.into_iter().fold(edit.clone(), |edit, node| edit.leave_broken(node, tree.span(node).to_vec()));
        self.take_part(tree.apply(&edit, Repair::Affected))
    }

    /// Leaves out steps of a session.
    fn steps(&mut self, session: Session) -> Result<(), Failure> {
        fewer(session.steps, |steps| {
            let less = Session { steps: steps.to_vec() };
            self.take(less.to_string().into_bytes(), false)
        })?;
        Ok(())
    }

    /// Leaves out steps of a conversation, then what is not needed of each step, which is its pieces and
    /// its slots, and at last what is not needed within each message.
    fn conversation(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Ok(whole) = Conversation::parse(&String::from_utf8_lossy(bytes)) else { return Ok(()) };
        let steps = fewer(whole.steps, |steps| self.take(written(steps), false))?;
        let mut best = Conversation { steps };
        for at in 0..best.steps.len() {
            let Step::Say(saying) = &best.steps[at] else { continue };
            let whole = Saying { pieces: 0, ..Saying::clone(saying) };
            let fewer = (0..saying.fills.len()).rev().map(|fill| {
                let mut fewer = whole.clone();
                fewer.fills.remove(fill);
                fewer
            });
            for saying in std::iter::once(whole.clone()).chain(fewer) {
                let mut less = best.clone();
                less.steps[at] = saying.into();
                if self.take(less.to_string().into_bytes(), false)? {
                    best = less;
                }
            }
        }
        let mut formats = BTreeMap::new();
        for at in 0..best.steps.len() {
            let Step::Say(saying) = &best.steps[at] else { continue };
            let (line, bytes) = (&saying.line, saying.bytes.clone());
            let load = |path: &str| Builtin::named(path).and_then(|builtin| builtin.load().ok());
            let format = formats.entry(line.path.clone()).or_insert_with_key(|path| load(path));
            let Some(format) = format else { continue };
            self.within = Some((best, at));
            // There may be several messages in it, or none.
            fewer(bytes, |bytes| self.take_part(bytes.to_vec()))?;
            while self.records(format)? | self.optional(format)? | self.texts(format)? {}
            let Some((smaller, _)) = self.within.take() else { return Ok(()) };
            best = smaller;
        }
        Ok(())
    }

    /// What is made smaller: the input, or a message within it.
    fn part(&self) -> &[u8] {
        match self.within.as_ref().map(|(whole, at)| &whole.steps[*at]) {
            Some(Step::Say(saying)) => &saying.bytes,
            _ => &self.best,
        }
    }

    /// Takes a smaller input, or message, if it shows the same.
    fn take_part(&mut self, bytes: Vec<u8>) -> Result<bool, Failure> {
        let Some((whole, at)) = &self.within else { return self.take(bytes, true) };
        let (mut less, at) = (whole.clone(), *at);
        let Step::Say(saying) = &mut less.steps[at] else { return Ok(false) };
        Arc::make_mut(saying).bytes = bytes;
        let taken = self.take(less.to_string().into_bytes(), false)?;
        if taken {
            self.within = Some((less, at));
        }
        Ok(taken)
    }

    /// Takes records out of every list, from the end: first many at once, then one by one.
    fn records(&mut self, format: &Format) -> Result<bool, Failure> {
        let mut smaller = false;
        let lists = Tree::decode(format, self.part()).lists().len();
        for list in (0..lists).rev() {
            let length = |tree: &Tree<'_>| tree.lists().get(list).map_or(0, |node| tree.children(*node).count());
            let mut chunk = length(&Tree::decode(format, self.part()));
            while chunk > 0 {
                let mut end = length(&Tree::decode(format, self.part()));
                while end > 0 && !self.is_late() {
                    let start = end.saturating_sub(chunk);
                    let tree = Tree::decode(format, self.part());
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
    fn optional(&mut self, format: &Format) -> Result<bool, Failure> {
        let optional = |tree: &Tree<'_>, node: NodeId| tree.format().field(tree.node(node).field).when.is_some();
        self.each(format, optional, |tree, node| Some(Edit::make_absent(tree, node)))
    }

    /// Shortens texts to their first character, or to nothing.
    fn texts(&mut self, format: &Format) -> Result<bool, Failure> {
        let text =
            |tree: &Tree<'_>, node: NodeId| matches!(tree.format().field(tree.node(node).field).shape, Shape::Text(_));
        let shorter = |tree: &Tree<'_>, node: NodeId, characters: usize| {
            let Shape::Text(shape) = &tree.format().field(tree.node(node).field).shape else { return None };
            let content: String = std::str::from_utf8(tree.text(node)).ok()?.chars().take(characters).collect();
            Some(Edit::set(tree, node, encode_text(shape, content.as_bytes())?))
        };
        let mut smaller = self.each(format, text, |tree, node| shorter(tree, node, 0))?;
        smaller |= self.each(format, text, |tree, node| shorter(tree, node, 1))?;
        Ok(smaller)
    }

    /// Tries an edit on every node that qualifies, from the end.
    fn each(
        &mut self,
        format: &Format,
        which: impl Fn(&Tree<'_>, NodeId) -> bool,
        edit: impl Fn(&Tree<'_>, NodeId) -> Option<Edit>,
    ) -> Result<bool, Failure> {
        let mut smaller = false;
        let mut tree = Tree::decode(format, self.part());
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
                tree = Tree::decode(format, self.part());
            }
        }
        Ok(smaller)
    }
}
