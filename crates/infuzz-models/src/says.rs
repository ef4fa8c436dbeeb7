//! What hosts say: steps from which conversations are made. Messages are composed from their
//! descriptions, so that sizes, checks and stuffing are those of the formats.

use crate::{Bcc, Formats, Order, Transfer};
use infuzz::builtin::Builtin;
use infuzz::compose::compose;
use infuzz::conversation::{Saying, Step};
use infuzz::device::Line;
use infuzz::hex::Hex;
use infuzz::tree::{Edit, Repair, Tree};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A message on the first line of a path. One that the description cannot compose is nothing.
pub(crate) fn said(path: &'static str, bytes: Vec<u8>, fills: &[(&str, &str)]) -> Step {
    let fills = fills.iter().map(|(field, slot)| ((*field).to_string(), (*slot).to_string())).collect();
    Saying { line: Line { path: path.into(), number: 0 }, bytes, fills, pieces: 0 }.into()
}

/// The steps on another line of their path.
pub(crate) fn on(number: u8, mut steps: Vec<Step>) -> Vec<Step> {
    for step in &mut steps {
        if let Some(line) = step.line_mut() {
            line.number = number;
        }
    }
    steps
}

fn digits(bytes: &[u8]) -> String {
    Hex(bytes).to_string()
}

impl Formats<'_> {
    /// A request of a library transfer; the session is filled where one is named.
    fn transfer(&self, kind: &str, payload: &Value, fills: &[(&str, &str)]) -> Step {
        let opens = matches!(kind, "hello" | "proof");
        let session = if opens { json!(0) } else { json!(1) };
        let data = json!({ "kind": kind, "session": session, "payload": { kind: payload } });
        let bytes = compose(self.transfer, &data).unwrap_or_default();
        let named = [("session", "session")];
        let session = if opens { &[][..] } else { &named[..] };
        said(Transfer::PATH, bytes, &[session, fills].concat())
    }

    fn begin(&self, size: usize, digest: &[u8], chunk: u16) -> Step {
        let (id, digest) = (digits(&[0xA5; 16]), digits(digest));
        self.transfer("begin", &json!({ "id": id, "size": size, "digest": digest, "chunk_size": chunk }), &[])
    }

    fn chunk(&self, number: usize, data: &[u8], fills: &[(&str, &str)]) -> Step {
        self.transfer("chunk", &json!({ "number": number, "data": digits(data) }), fills)
    }

    fn commit(&self) -> Step {
        self.transfer("commit", &json!({ "mac": digits(&[0; 32]) }), &[("payload.commit.mac", "commit")])
    }

    /// A host that brings this library, in chunks of this size.
    pub(crate) fn brings(&self, library: &[u8], chunk: u16) -> Vec<Step> {
        let hello = json!({ "lowest": 1, "highest": 1, "client": "pharmacy", "nonce": digits(&[0x5A; 16]) });
        let mut steps = vec![
            Step::Connect(Line { path: Transfer::PATH.into(), number: 0 }),
            self.transfer("hello", &hello, &[]),
            self.transfer("proof", &json!({ "mac": digits(&[0; 32]) }), &[("payload.proof.mac", "proof")]),
            self.begin(library.len(), &Sha256::digest(library), chunk),
        ];
        let chunks = library.chunks(usize::from(chunk)).enumerate();
        steps.extend(chunks.map(|(number, data)| self.chunk(number, data, &[])));
        steps.push(self.commit());
        steps
    }

    /// An announcement of so many bytes.
    pub(crate) fn announces(&self, size: usize) -> Step {
        self.begin(size, &[1; 32], 64)
    }

    /// Requests about a transfer that is under way, or is not.
    pub(crate) fn asks_of_transfer(&self) -> Vec<Step> {
        let status = || self.transfer("status", &json!({}), &[]);
        let abort = || self.transfer("abort", &json!({ "reason": "operator" }), &[]);
        let chunk = || self.chunk(0, &[7; 64], &[("payload.chunk.number", "next")]);
        let none = [abort(), chunk(), self.commit()];
        let one = [self.announces(100), chunk(), status(), self.commit(), abort(), status()];
        none.into_iter().chain(one).collect()
    }

    /// A request over BCC; its bed id is filled when it is sent.
    pub(crate) fn asks(&self, information: &str) -> Step {
        self.request("1", information, &[("bed", "bed")])
    }

    /// A request over BCC with this bed id, whether it is a request or not.
    pub(crate) fn request(&self, bed: &str, information: &str, fills: &[(&str, &str)]) -> Step {
        let alive = Builtin::named("bcc").and_then(|builtin| builtin.seed(self.requests, "alive").ok());
        let tree = Tree::decode(self.requests, &alive.unwrap_or_default());
        let set = |path: &str, text: &str| match tree.find(path) {
            Some(node) => Edit::set(&tree, node, text.into()),
            None => Edit::default(),
        };
        let edit = set("bed", bed).and(set("information", information));
        said(Bcc::PATH, tree.apply(&edit, Repair::Affected), fills)
    }
}

/// A bare ACK or NAK.
pub(crate) fn bare(byte: u8) -> Step {
    said(Bcc::PATH, vec![byte], &[])
}

/// A unit of UCUM.
pub(crate) fn unit(name: &str) -> Value {
    json!({ "name": name, "system": "UCUM" })
}

fn observed(number: &str, id: &str, value: &str, of: &str) -> Value {
    let code = json!({ "number": number, "system": "MDC" });
    json!({ "set_id": id, "type": "NM", "code": code, "value": value, "unit": unit(of) })
}

/// A patient's weight in kg.
pub(crate) fn weight(kilograms: &str) -> Value {
    observed("68063", "2", kilograms, "kg")
}

/// The same in g.
pub(crate) fn grams(grams: &str) -> Value {
    observed("68063", "2", grams, "g")
}

/// A patient's surface in m2.
pub(crate) fn surface(square_metres: &str) -> Value {
    observed("188744", "3", square_metres, "m2")
}

/// A duration.
pub(crate) fn minutes(value: &str) -> Value {
    let span = json!({ "value": value, "unit": { "name": "min" } });
    json!({ "schedule": "|||||||||||", "duration": { "first": span } })
}

/// A new order for a large-volume pump.
pub(crate) fn order(pump: &str, give: &Value) -> Value {
    let header = json!({
        "parties": "HIS|Ward|PUMP|Bed 7|20260101|",
        "type": { "message": "RGV", "event": "O15", "structure": "RGV_O15" },
        "control_id": "7", "processing": { "id": "P" }, "version": { "id": "2.6" },
        "accept": "AL", "application": "AL", "profile": { "id": "1.3.6.1.4.1.19376.1.6.1.3.1" },
    });
    let order = json!({
        "common": { "control": "RE", "number": { "id": "1" } },
        "give": give,
        "route": { "route": { "id": "IV" }, "device": { "id": "IVP" } },
        "pump": { "set_id": "1", "code": { "number": "69986" }, "id": { "id": pump } },
        "observation": [],
    });
    let patient = json!({ "id": [{ "number": "1", "authority": "A" }] });
    json!({ "message": { "header": header, "patient": patient, "order": [order] } })
}

impl Formats<'_> {
    /// An order as it travels.
    pub(crate) fn orders(&self, message: &Value) -> Step {
        said(Order::PATH, compose(self.orders, message).unwrap_or_default(), &[])
    }
}
