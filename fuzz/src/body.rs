//! What one execution of a target does.

use crate::reach::Reach;
use crate::table::{Input, Target};
use crate::talk::Talk;
use arbitrary::Unstructured;
use infuzz::builtin::Builtin;
use infuzz::conversation::{Conversation, Ran};
use infuzz::device::{Device, Outcome};
use infuzz::finding::{Kind, Raised};
use infuzz::format::Format;
use infuzz::judgement::Judgement;
use infuzz::mutate::{Mutation, crossover};
use infuzz::oracle::{Bench, BenchError, CaseResult, Meter, STATES};
use infuzz::script::EditScript;
use infuzz::session::Session;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The device of the targets.
#[cfg(not(feature = "tripwire"))]
type Pump = Box<dyn Device>;
#[cfg(feature = "tripwire")]
type Pump = crate::tripwire::Tripwire;

fn pump(device: Box<dyn Device>) -> Pump {
    #[cfg(feature = "tripwire")]
    let device = crate::tripwire::Tripwire::around(device);
    device
}

/// Most libraries in a row for a target of edits.
const MAX_DELIVERIES: usize = 8;

/// A finding of an execution, with what was delivered.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What went wrong.
    pub raised: Raised,
    /// The rule that the last input breaks.
    pub rule: Option<String>,
    /// The deliveries, the last of which showed it.
    pub deliveries: Vec<Vec<u8>>,
}

/// A target set up to be executed many times.
pub struct Body {
    target: &'static Target,
    format: &'static Format,
    work: Work,
    seeds: Vec<Vec<u8>>,
    reach: Reach,
    accepted: bool,
}

/// What a target's inputs are, and what they run on.
enum Work {
    /// Inputs as on the wire, on a bench.
    Cases(Box<Bench<'static, Pump>>, Box<Mutation<'static>>),
    /// Conversations.
    Talk(Box<Talk>),
}

/// A built-in description, loaded once for as long as the process lives.
fn description(name: &'static str, builtin: &Builtin) -> Result<&'static Format, String> {
    static LOADED: Mutex<BTreeMap<&str, &Format>> = Mutex::new(BTreeMap::new());
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(format) = loaded.get(name) {
        return Ok(format);
    }
    let format: &'static Format = Box::leak(Box::new(builtin.load().map_err(|e| e.to_string())?));
    loaded.insert(name, format);
    Ok(format)
}

/// The description of drug libraries, and the two that are known good.
pub(crate) fn libraries() -> Result<(&'static Format, [Vec<u8>; 2]), String> {
    let builtin = Builtin::named("drug-library").ok_or("there are no drug libraries")?;
    let format = description("drug-library", builtin)?;
    let seed = |name: &str| builtin.seed(format, name).map_err(|e| e.to_string());
    Ok((format, [seed("known-good-a")?, seed("known-good-b")?]))
}

/// The description with this name.
pub(crate) fn described(name: &'static str) -> Result<&'static Format, String> {
    description(name, Builtin::named(name).ok_or_else(|| format!("there is no format {name}"))?)
}

impl Body {
    /// Sets a target up on the device that is built in for it.
    pub fn new(target: &'static Target, meter: Option<Meter>) -> Result<Self, String> {
        let device = match target.input {
            Input::Conversation => Box::new(infuzz_devices::Networked::new()),
            _ => infuzz_devices::built_in(Self::description_of(target)?),
        };
        Self::on(device, target, meter)
    }

    fn talking(
        device: Box<dyn Device>,
        target: &'static Target,
        format: &'static Format,
        meter: Option<Meter>,
    ) -> Result<Self, String> {
        let talk = Talk::new(device, target, meter)?;
        let seeds = talk.seeds();
        let reach = Reach::of(talk.points(), talk.states());
        Ok(Body { target, format, work: Work::Talk(Box::new(talk)), seeds, reach, accepted: false })
    }

    /// The description of a target's inputs.
    pub fn description_of(target: &'static Target) -> Result<&'static Format, String> {
        let builtin = Builtin::named(target.format).ok_or_else(|| format!("there is no format {}", target.format))?;
        description(target.format, builtin)
    }

    /// Sets a target up on a device. An error is a mistake in the built-in descriptions or seeds, or a device
    /// that does not accept the known-good libraries.
    pub fn on(device: Box<dyn Device>, target: &'static Target, meter: Option<Meter>) -> Result<Self, String> {
        let builtin = Builtin::named(target.format).ok_or_else(|| format!("there is no format {}", target.format))?;
        let format = description(target.format, builtin)?;
        if target.input == Input::Conversation {
            return Self::talking(device, target, format, meter);
        }
        let seed = |name: &str| builtin.seed(format, name).map_err(|e| e.to_string());
        let of_libraries = builtin.of_libraries();
        let libraries = description(of_libraries.name, of_libraries)?;
        let known = |name: &str| of_libraries.seed(libraries, name).map_err(|e| e.to_string());
        let known_good = [known("known-good-a")?, known("known-good-b")?];
        let mut bench = builtin.bench(format, libraries, known_good, pump(device)).map_err(|e| e.to_string())?;
        if let Some(meter) = meter {
            bench = bench.with_meter(meter);
        }
        let seeds = target.seeds().into_iter().map(seed).collect::<Result<Vec<_>, _>>()?;
        let mutation = Box::new(Mutation::new(format, seeds.clone()));
        let work = Work::Cases(Box::new(bench), mutation);
        Ok(Body { target, format, work, seeds, reach: Reach::new(format), accepted: false })
    }

    /// The target.
    pub fn target(&self) -> &'static Target {
        self.target
    }

    /// The description.
    pub fn format(&self) -> &'static Format {
        self.format
    }

    /// What was reached so far.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Whether the last delivery was accepted.
    pub fn accepted(&self) -> bool {
        self.accepted
    }

    /// Starting points.
    pub fn seeds(&self) -> &[Vec<u8>] {
        &self.seeds
    }

    /// The libraries that the engine's bytes stand for; a conversation is one delivery, as text.
    pub fn deliveries(&mut self, data: &[u8]) -> Vec<Vec<u8>> {
        match &mut self.work {
            Work::Talk(talk) => vec![talk.read(data).to_string().into_bytes()],
            Work::Cases(..) if self.target.input != Input::Edits => vec![data.to_vec()],
            Work::Cases(_, mutation) => {
                let mut u = Unstructured::new(data);
                let count = u.int_in_range(1..=MAX_DELIVERIES).unwrap_or(1);
                let scripts: Vec<EditScript> = (0..count).map_while(|_| u.arbitrary().ok()).collect();
                scripts.iter().map(|script| script.bytes(mutation, self.target.max_len)).collect()
            }
        }
    }

    /// The place in [`STATES`] of what the device is doing when the deliveries come: the input
    /// itself decides.
    pub fn state(deliveries: &[Vec<u8>]) -> usize {
        deliveries.first().map_or(0, |first| first.len() % STATES.len())
    }

    /// One execution: reset, deliver, compare, known-good library. Gives the first finding.
    pub fn execute(&mut self, data: &[u8]) -> Option<Fault> {
        if let Work::Talk(talk) = &mut self.work {
            let conversation = talk.read(data);
            return self.talk(&conversation).0;
        }
        let deliveries = self.deliveries(data);
        self.run(&deliveries)
    }

    /// The conversation that the engine's bytes stand for, where the target's inputs are such.
    pub fn conversation(&self, data: &[u8]) -> Option<Conversation> {
        match &self.work {
            Work::Talk(talk) => Some(talk.read(data)),
            Work::Cases(..) => None,
        }
    }

    /// One execution of what a script comes to, for engines whose own mutation knows no structure.
    pub fn execute_script(&mut self, script: &EditScript) -> Option<Fault> {
        let bytes = self.scripted(script);
        self.execute(&bytes)
    }

    /// The input that a script comes to.
    pub fn scripted(&mut self, script: &EditScript) -> Vec<u8> {
        match &mut self.work {
            Work::Talk(talk) => talk.scripted(script, self.target.max_len),
            Work::Cases(_, mutation) => script.bytes(mutation, self.target.max_len),
        }
    }

    /// Forgets what came of the beginnings of conversations: the next one is run from the very beginning.
    pub fn forget(&mut self) {
        if let Work::Talk(talk) = &mut self.work {
            talk.forget();
        }
    }

    /// Runs a conversation: the first finding, and what came of each step.
    pub fn talk(&mut self, conversation: &Conversation) -> (Option<Fault>, Ran) {
        let Work::Talk(talk) = &mut self.work else { return (None, Ran::default()) };
        self.reach.begin();
        let ran = talk.run(conversation);
        ran.events.iter().for_each(|event| self.reach.became(event));
        self.accepted = ran.raised.is_none();
        let fault = ran.raised.as_ref().map(|(_, raised)| {
            let deliveries = vec![conversation.to_string().into_bytes()];
            Fault { raised: raised.clone(), rule: None, deliveries }
        });
        (fault, ran)
    }

    /// Looks at everything in every way, as a regression must be: a kept input is another one
    /// than that which was found, once it is minimised.
    pub fn thorough(mut self) -> Self {
        if let Work::Cases(bench, mutation) = self.work {
            self.work = Work::Cases(Box::new(bench.thorough()), mutation);
        }
        self
    }

    /// Replays a kept file, an input or a session as readable text, in every state of the device
    /// that it may come in. An error is a text that is no session.
    pub fn replay(&mut self, bytes: &[u8]) -> Result<Option<Fault>, String> {
        if let Work::Talk(talk) = &mut self.work {
            let conversation = match Conversation::is_conversation(bytes) {
                true => Conversation::parse(&String::from_utf8_lossy(bytes)).map_err(|error| error.to_string())?,
                false => talk.read(bytes),
            };
            return Ok(self.talk(&conversation).0);
        }
        if !Session::is_session(bytes) {
            let deliveries = self.deliveries(bytes);
            return Ok((0..STATES.len()).find_map(|state| self.run_in(state, &deliveries).0));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let session = Session::parse(text).map_err(|error| error.to_string())?;
        // What else it does is only right in the state that it begins in.
        let states = if session.only_sends() { 0..STATES.len() } else { 0..1 };
        for state in states {
            let Work::Cases(bench, _) = &mut self.work else { break };
            bench.reset().map_err(|error| error.to_string())?;
            if session.only_sends() {
                bench.prepare(state);
            }
            let result = bench.session(&session);
            let mut judgement = None;
            for step in result.steps {
                judgement = step.judgement.or(judgement);
                if let Some(fault) = self.fault(step.raised, judgement, bytes) {
                    return Ok(Some(fault));
                }
            }
            if let Some(fault) = self.fault(result.raised, judgement, bytes) {
                return Ok(Some(fault));
            }
        }
        Ok(None)
    }

    fn fault(&self, raised: Vec<Raised>, judgement: Option<Judgement>, bytes: &[u8]) -> Option<Fault> {
        let rule = judgement.and_then(|judgement| judgement.rule()).map(|rule| self.format.rule(rule).to_string());
        let raised = raised.into_iter().next()?;
        Some(Fault { raised, rule, deliveries: vec![bytes.to_vec()] })
    }

    /// The same for given deliveries.
    pub fn run(&mut self, deliveries: &[Vec<u8>]) -> Option<Fault> {
        self.run_all(deliveries).0
    }

    /// The same, with what came of each delivery.
    pub(crate) fn run_all(&mut self, deliveries: &[Vec<u8>]) -> (Option<Fault>, Vec<CaseResult>) {
        self.run_in(Self::state(deliveries), deliveries)
    }

    fn run_in(&mut self, state: usize, deliveries: &[Vec<u8>]) -> (Option<Fault>, Vec<CaseResult>) {
        let Work::Cases(bench, mutation) = &mut self.work else {
            return (deliveries.first().and_then(|only| self.execute(only)), Vec::new());
        };
        // A device in this process is restored, which cannot fail.
        if let Err(error) = bench.reset() {
            let raised = match error {
                BenchError::Fell(raised) => raised,
                error => Raised::new(Kind::NotRecovered, error.to_string()),
            };
            return (Some(Fault { raised, rule: None, deliveries: deliveries.to_vec() }), Vec::new());
        }
        bench.prepare(state);
        if let [only] = deliveries {
            bench.judge().decode_like(mutation.tree(), only);
        }
        self.reach.begin();
        let results: Vec<CaseResult> = bench.cases(deliveries);
        let mut fault = None;
        for (result, bytes) in results.iter().zip(deliveries) {
            let tree = bench.judged(bytes);
            self.reach.note(tree, &result.answer);
            if fault.is_none()
                && let Some(raised) = result.raised.first()
            {
                let rule = result.judgement.rule().map(|rule| self.format.rule(rule).to_string());
                fault = Some(Fault { raised: raised.clone(), rule, deliveries: deliveries.to_vec() });
            }
        }
        self.accepted = results.last().is_some_and(|result| result.answer.outcome == Outcome::Accepted);
        std::hint::black_box(&results);
        (fault, results)
    }

    /// What can be seen of the device now.
    pub(crate) fn observed(&mut self) -> String {
        match &mut self.work {
            Work::Cases(bench, _) => format!("{:?}", bench.device().observe()),
            Work::Talk(talk) => talk.observed(),
        }
    }

    /// Mutates an input in place; structure-aware for files, plain for edit scripts.
    pub fn mutate(&mut self, data: &mut Vec<u8>, max_size: usize, seed: u64) -> &'static str {
        match &mut self.work {
            Work::Cases(bench, mutation) => mutation.mutate_like(bench.judge().last(), data, max_size, seed),
            Work::Talk(talk) => {
                talk.mutate(data, max_size, seed);
                "conversation"
            }
        }
    }

    /// Combines two inputs.
    pub fn crossover(&mut self, first: &[u8], second: &[u8], max_size: usize, seed: u64) -> Vec<u8> {
        match &mut self.work {
            Work::Cases(_, mutation) => crossover(mutation, first, second, max_size, seed),
            Work::Talk(talk) => talk.crossover(first, second, max_size, seed),
        }
    }
}
