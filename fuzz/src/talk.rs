//! Targets whose inputs are conversations: several steps on the paths of a networked pump.

use crate::body::{described, libraries};
use crate::table::Target;
use infuzz::conversation::{Conversation, Mutator, Ran, Runner, compact, crossover};
use infuzz::device::Device;
use infuzz::format::Format;
use infuzz::oracle::Meter;
use infuzz::script::{Base, EditScript};
use infuzz_models::Formats;
use std::cell::RefCell;

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
    /// What was read or written last, in turn: the same comes again and again.
    recent: RefCell<[(Vec<u8>, Conversation); 2]>,
}

/// The descriptions of what travels on the paths.
pub(crate) fn formats(libraries: &'static Format) -> Result<Formats<'static>, String> {
    let (transfer, requests, answers) = (described("library-transfer")?, described("bcc")?, described("bcc-answer")?);
    Ok(Formats { libraries, transfer, requests, answers, orders: described("order")? })
}

impl Talk {
    /// Sets a device up. An error is a mistake in the built-in descriptions, or a device that does
    /// not accept the known-good libraries.
    pub(crate) fn new(device: Box<dyn Device>, target: &Target, meter: Option<Meter>) -> Result<Self, String> {
        let (libraries, known) = libraries()?;
        let formats = formats(libraries)?;
        let (models, mut points) = formats.models(target.models, infuzz_devices::KEY);
        if !target.points.is_empty() {
            points = target.points.iter().map(|point| (*point).to_string()).collect();
        }
        #[cfg(feature = "tripwire")]
        let device = Box::new(crate::tripwire::Tripwire::around(device));
        let mut runner = Runner::new(device, models, known)?;
        if let Some(meter) = meter {
            runner = runner.with_meter(meter);
        }
        if cfg!(fuzzing) {
            runner = runner.letting_panics_pass();
        }
        let seeds = infuzz_models::seeds(formats, &target.seeds());
        let seeds = seeds.into_iter().map(|(_, conversation)| conversation).collect();
        Ok(Talk { runner, mutator: Mutator::new(&formats.paths(), seeds), points, recent: RefCell::default() })
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

    pub(crate) fn forget(&mut self) {
        self.runner.forget();
    }

    pub(crate) fn run(&mut self, conversation: &Conversation) -> Ran {
        // AFL++ wants an input to cover the same each time, and so its beginning too.
        if cfg!(all(fuzzing, feature = "afl")) {
            self.runner.forget();
        }
        self.runner.run(conversation)
    }

    /// The conversation that an engine's bytes stand for: a text, few bytes, or what is said.
    pub(crate) fn read(&self, data: &[u8]) -> Conversation {
        let mut recent = self.recent.borrow_mut();
        if let Some((_, conversation)) = recent.iter().find(|(known, _)| known == data && !data.is_empty()) {
            return conversation.clone();
        }
        let conversation = Conversation::read(data, &self.runner.paths());
        recent[0] = (data.to_vec(), conversation.clone());
        conversation
    }

    pub(crate) fn mutate(&mut self, data: &mut Vec<u8>, max_size: usize, seed: u64) {
        let mut conversation = self.read(data);
        self.mutator.mutate(&mut conversation, seed);
        *data = written(&mut conversation, max_size);
        self.recent.get_mut()[1] = (data.clone(), conversation);
    }

    pub(crate) fn crossover(&self, first: &[u8], second: &[u8], max_size: usize, seed: u64) -> Vec<u8> {
        written(&mut crossover(&self.read(first), &self.read(second), seed), max_size)
    }

    /// The conversation that a script comes to.
    pub(crate) fn scripted(&mut self, script: &EditScript, max_size: usize) -> Vec<u8> {
        match (&script.base, &script.edits[..]) {
            (Base::Bytes(bytes), []) => bytes.clone(),
            _ => written(&mut self.mutator.scripted(script), max_size),
        }
    }

    pub(crate) fn observed(&mut self) -> String {
        format!("{:?}", self.runner.device().observe())
    }
}

/// A conversation in few bytes; its last steps are left out until it fits.
fn written(conversation: &mut Conversation, max_size: usize) -> Vec<u8> {
    loop {
        match compact::write(conversation).filter(|bytes| bytes.len() <= max_size) {
            Some(bytes) => return bytes,
            None if conversation.steps.pop().is_none() => return Vec::new(),
            None => {}
        }
    }
}
