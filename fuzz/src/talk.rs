//! Targets whose inputs are conversations: several steps on the paths of a networked pump.

use crate::body::{described, libraries};
use crate::table::Target;
use infuzz::conversation::{Conversation, Mutator, Ran, Runner, compact, crossover};
use infuzz::device::Device;
use infuzz::format::Format;
use infuzz::script::{Base, EditScript};
use infuzz_models::Formats;

/// The device.
#[cfg(not(feature = "tripwire"))]
type Pump = Box<dyn Device>;
#[cfg(feature = "tripwire")]
type Pump = Box<crate::tripwire::Tripwire>;

/// A networked pump held against the models of its protocols.
pub(crate) struct Talk {
    runner: Runner<'static, Pump>,
    mutator: Mutator<'static>,
    points: Vec<String>,
}

/// The descriptions of what travels on the paths.
fn formats(libraries: &'static Format) -> Result<Formats<'static>, String> {
    let (transfer, requests, answers) = (described("library-transfer")?, described("bcc")?, described("bcc-answer")?);
    Ok(Formats { libraries, transfer, requests, answers, orders: described("order")? })
}

impl Talk {
    /// Sets a device up. An error is a mistake in the built-in descriptions, or a device that does
    /// not accept the known-good libraries.
    pub(crate) fn new(device: Box<dyn Device>, target: &Target) -> Result<Self, String> {
        let (libraries, known) = libraries()?;
        let formats = formats(libraries)?;
        let (models, mut points) = formats.models(target.models, infuzz_devices::KEY);
        if !target.points.is_empty() {
            points = target.points.iter().map(|point| (*point).to_string()).collect();
        }
        #[cfg(feature = "tripwire")]
        let device = Box::new(crate::tripwire::Tripwire::around(device));
        let mut runner = Runner::new(device, models, known)?;
        if cfg!(fuzzing) {
            runner = runner.letting_panics_pass();
        }
        let seeds = infuzz_models::seeds(formats, &target.seeds());
        let seeds = seeds.into_iter().map(|(_, conversation)| conversation).collect();
        Ok(Talk { runner, mutator: Mutator::new(&formats.paths(), seeds), points })
    }

    /// Starting points, as text.
    pub(crate) fn seeds(&self) -> Vec<Vec<u8>> {
        self.mutator.seeds().iter().map(|conversation| conversation.to_string().into_bytes()).collect()
    }

    /// What can be reached: each answer to each kind of message.
    pub(crate) fn points(&self) -> Vec<String> {
        self.points.clone()
    }

    /// What there is of states, kinds of messages and verdicts on the target's paths: power cuts are
    /// the business of the target without orders.
    pub(crate) fn states(&self) -> Vec<String> {
        let whole = self.runner.paths().len() > 1;
        let states = infuzz_models::states().filter(|state| state.starts_with("power failed") != whole);
        states.map(Into::into).collect()
    }

    pub(crate) fn run(&mut self, conversation: &Conversation) -> Ran {
        self.runner.run(conversation)
    }

    /// The conversation that an engine's bytes stand for: a text, few bytes, or what is said.
    pub(crate) fn read(&self, data: &[u8]) -> Conversation {
        let text = std::str::from_utf8(data).ok().filter(|_| Conversation::is_conversation(data));
        match text.and_then(|text| Conversation::parse(text).ok()) {
            Some(conversation) => conversation,
            None => compact::read(data, &self.runner.paths()),
        }
    }

    pub(crate) fn mutate(&mut self, data: &mut Vec<u8>, max_size: usize, seed: u64) {
        let mut conversation = self.read(data);
        self.mutator.mutate(&mut conversation, seed);
        *data = written(conversation, max_size);
    }

    pub(crate) fn crossover(&self, first: &[u8], second: &[u8], max_size: usize, seed: u64) -> Vec<u8> {
        written(crossover(&self.read(first), &self.read(second), seed), max_size)
    }

    /// The conversation that a script comes to.
    pub(crate) fn scripted(&mut self, script: &EditScript, max_size: usize) -> Vec<u8> {
        if let (Base::Bytes(bytes), []) = (&script.base, &script.edits[..]) {
            return bytes.clone();
        }
        let seeds = self.mutator.seeds();
        let mut conversation = match &script.base {
            Base::Seed(seed) => seeds.get(usize::from(*seed) % seeds.len().max(1)).cloned().unwrap_or_default(),
            Base::Bytes(bytes) => self.read(bytes),
        };
        for edit in &script.edits {
            self.mutator.mutate(&mut conversation, *edit);
        }
        written(conversation, max_size)
    }

    pub(crate) fn observed(&mut self) -> String {
        format!("{:?}", self.runner.device().observe())
    }
}

/// A conversation in few bytes; its last steps are left out until it fits.
fn written(mut conversation: Conversation, max_size: usize) -> Vec<u8> {
    loop {
        match compact::write(&conversation).filter(|bytes| bytes.len() <= max_size) {
            Some(bytes) => return bytes,
            None if conversation.steps.pop().is_none() => return Vec::new(),
            None => {}
        }
    }
}
