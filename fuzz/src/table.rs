//! The one list of targets.

use infuzz::builtin::Builtin;

/// Memory limit of a target's process in MiB. What the engine keeps is in it, and up to 256 MiB that
/// AddressSanitizer holds back of what was freed; what a device may take is the oracle's business.
pub const MEMORY_LIMIT_MIB: u32 = 2048;

/// How a target turns the engine's bytes into deliveries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// One file is one library as on the wire.
    File,
    /// The bytes drive `Arbitrary`: several edited libraries in a row.
    Edits,
    /// The bytes are a conversation: as readable text, or as few bytes between engines.
    Conversation,
}

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Name of the binary, the corpus folder and the dictionary.
    pub name: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// The path into the device that is fuzzed.
    pub path: &'static str,
    /// The device.
    pub device: &'static str,
    /// The description, by its name.
    pub format: &'static str,
    /// The paths whose models a conversation is held against; none for a single file.
    pub models: &'static [&'static str],
    /// How inputs are made.
    pub input: Input,
    /// Named seeds of the description that fuzzing starts from; none: all of them.
    seeds: &'static [&'static str],
    /// What a target of conversations is to reach; none: all that can become of each kind of message.
    pub points: &'static [&'static str],
    /// The largest input.
    pub max_len: usize,
    /// Time limit of one execution in milliseconds.
    pub time_limit_ms: u32,
}

impl Target {
    /// The named seeds that fuzzing starts from.
    pub fn seeds(&self) -> Vec<&'static str> {
        match (self.seeds, Builtin::named(self.format)) {
            (seeds, _) if self.input == Input::Conversation => seeds.to_vec(),
            ([], Some(builtin)) => builtin.libraries().collect(),
            (seeds, _) => seeds.to_vec(),
        }
    }

    /// The oracles of a target whose inputs are libraries.
    pub const ORACLES: &'static [&'static str] = &[
        "crash",
        "hang",
        "over-budget",
        "invalid-accepted",
        "valid-refused",
        "not-recovered",
        "state-changed",
        "silent",
        "wrong-reason",
    ];
}

/// All targets.
pub static TARGETS: &[Target] = &[
    Target {
        name: "drug_library",
        title: "one drug library as on the wire",
        path: "drug library",
        device: "in-process pump",
        format: "drug-library",
        models: &[],
        input: Input::File,
        seeds: &["minimal", "every-kind"],
        points: &[],
        max_len: 4096,
        time_limit_ms: 2000,
    },
    Target {
        name: "drug_library_edits",
        title: "up to eight edited drug libraries in a row",
        path: "drug library",
        device: "in-process pump",
        format: "drug-library",
        models: &[],
        input: Input::Edits,
        seeds: &["minimal", "every-kind"],
        points: &[],
        max_len: 4096,
        time_limit_ms: 4000,
    },
    Target {
        name: "miva_library",
        title: "one MIVA library, an image of 17 flash pages",
        path: "drug library",
        device: "in-process reader of MIVA libraries",
        format: "miva-library",
        models: &[],
        input: Input::File,
        seeds: &["minimal", "fuller", "crowded"],
        points: &[],
        max_len: 69_700,
        time_limit_ms: 4000,
    },
    Target {
        name: "miva_order",
        title: "one MIVA order, judged by itself",
        path: "order",
        device: "in-process reader of MIVA orders",
        format: "miva-order",
        models: &[],
        input: Input::File,
        seeds: &[],
        points: &[],
        max_len: 1024,
        time_limit_ms: 2000,
    },
    Target {
        name: "miva_frame",
        title: "one frame of the MIVA serial line, a command or an answer",
        path: "serial line",
        device: "in-process reader of MIVA frames",
        format: "miva-frame",
        models: &[],
        input: Input::File,
        seeds: &[],
        points: &[],
        max_len: 256,
        time_limit_ms: 2000,
    },
    Target {
        name: "bcc_device",
        title: "one frame of the BCC protocol that a pump station receives, a request",
        path: "reporting",
        device: "in-process reader of BCC requests",
        format: "bcc",
        models: &[],
        input: Input::File,
        seeds: &[],
        points: &[],
        max_len: 256,
        time_limit_ms: 2000,
    },
    Target {
        name: "bcc_host",
        title: "one frame of the BCC protocol that a host receives, a block of an answer",
        path: "reporting",
        device: "in-process reader of BCC answers",
        format: "bcc-answer",
        models: &[],
        input: Input::File,
        seeds: &[],
        points: &[],
        max_len: 4096,
        time_limit_ms: 2000,
    },
    Target {
        name: "order",
        title: "one infusion order of PCD-03, judged by itself",
        path: "order",
        device: "in-process pump",
        format: "order",
        models: &[],
        input: Input::File,
        seeds: &[],
        points: &[],
        max_len: 4096,
        time_limit_ms: 2000,
    },
    Target {
        name: "library_transfer",
        title: "one request of a library transfer over a network",
        path: "library transfer",
        device: "in-process pump",
        format: "library-transfer",
        models: &[],
        input: Input::File,
        seeds: &[],
        points: &[],
        max_len: 2048,
        time_limit_ms: 2000,
    },
    Target {
        name: "pump_session",
        title: "a conversation with a pump on a network: steps on all its paths",
        path: "all paths",
        device: "in-process networked pump",
        format: "library-transfer",
        models: &["library-transfer", "bcc", "order"],
        input: Input::Conversation,
        seeds: infuzz_models::SEEDS,
        points: &[],
        max_len: 16_384,
        time_limit_ms: 4000,
    },
    Target {
        name: "power_cut",
        title: "library transfers during which the power fails",
        path: "library transfer",
        device: "in-process networked pump",
        format: "library-transfer",
        models: &["library-transfer"],
        input: Input::Conversation,
        seeds: infuzz_models::POWER_SEEDS,
        points: &[
            "cut at once as it was",
            "cut at once the library before",
            "cut at once the new library",
            "cut after 1 write as it was",
            "cut after 1 write the library before",
            "cut after 1 write the new library",
            "cut after 2 writes as it was",
            "cut after 2 writes the library before",
            "cut after 2 writes the new library",
            "cut after 3 writes as it was",
            "cut after 3 writes the library before",
            "cut after 3 writes the new library",
            "cut after 4 writes as it was",
            "cut after 4 writes the library before",
            "cut after 4 writes the new library",
            "cut after 5 writes as it was",
            "cut after 5 writes the library before",
            "cut after 5 writes the new library",
            "cut later as it was",
            "cut later the library before",
            "cut later the new library",
            "begin storage",
            "chunk storage",
            "commit storage",
        ],
        max_len: 32_768,
        time_limit_ms: 4000,
    },
];

/// The target with this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
