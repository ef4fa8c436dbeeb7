//! Infusion orders: both examples of the source, each refusal of the pump, and the answers.

mod common;

use common::examples::{DOPAMINE, MSH, ORC, PID, PUMP, RXR, SALINE, WEIGHT, dopamine, mllp, saline};
use common::orders::library;
use pump::order::{
    Application, Bedside, Consumer, Control, Failure, Path, Proposal, Rule, Running, Warning, validate_order,
};
use pump::{Index, Library};

/// The library in use, with its index.
struct InUse {
    bytes: Vec<u8>,
    index: Index,
}

impl InUse {
    fn new() -> Self {
        let bytes = library("Ward");
        let index = pump::validate(&bytes).expect("a valid library");
        InUse { bytes, index }
    }

    fn bedside(&self) -> Bedside<'_> {
        Bedside { pump: "A0001", profile: "Ward", library: Some(Library::new(&self.bytes, &self.index)), running: None }
    }
}

fn program(message: &str, bedside: &Bedside<'_>) -> Result<Proposal, Failure> {
    let bytes = mllp(message);
    let valid = validate_order(&bytes).unwrap_or_else(|refusal| panic!("{refusal}"));
    pump::order::program(&valid, bedside)
}

/// What becomes of the first example after a change.
#[track_caller]
fn changed(from: &str, to: &str) -> Result<Proposal, Failure> {
    assert!(dopamine().contains(from), "{from}");
    program(&dopamine().replace(from, to), &InUse::new().bedside())
}

#[track_caller]
fn refused(message: &str, rule: Rule, path: &str) {
    let bytes = mllp(message);
    let refusal = validate_order(&bytes).map(|_| ()).expect_err("accepted");
    assert_eq!((refusal.rule.id(), refusal.path.to_string()), (rule.id(), path.to_string()));
}

#[test]
fn the_first_example_runs_at_31_88_ml_per_hour_exactly_rounded_to_even() {
    let proposal = changed("Dopamine", "Dopamine").expect("accepted");
    assert_eq!((proposal.drug, proposal.rate, proposal.volume), (1, 318_800, 2_500_000));
    assert_eq!(proposal.warnings().count(), 0);
}

#[test]
fn the_second_example_runs_as_it_stands() {
    let proposal = program(&saline(), &InUse::new().bedside()).expect("accepted");
    assert_eq!((proposal.drug, proposal.rate, proposal.volume), (2, 133_000, 5_000_000));
    assert_eq!(proposal.warnings().collect::<Vec<_>>(), [Warning::AboveSoftMaximum]);
}

#[test]
fn a_weight_in_grams_is_the_same_weight() {
    let grams = changed("85.0|kg^kg^UCUM^263875^MDC_DIM_KILO_G^MDC", "85000|g^g^UCUM").expect("accepted");
    assert_eq!(grams, changed("85.0", "85").expect("accepted"));
    assert_eq!(changed("85.0|kg^kg^UCUM^263875^MDC_DIM_KILO_G^MDC", "85|g^g^UCUM").map(|p| p.rate), Ok(300));
}

#[test]
fn limits_hold_one_step_below_at_and_above() {
    for (dose, expected) in [
        ("4.9999", Ok(vec![Warning::BelowSoftMinimum])),
        ("5", Ok(vec![])),
        ("5.0001", Ok(vec![])),
        ("19.999", Ok(vec![])),
        ("20", Ok(vec![])),
        ("20.001", Ok(vec![Warning::AboveSoftMaximum])),
        ("49.999", Ok(vec![Warning::AboveSoftMaximum])),
        ("50", Ok(vec![Warning::AboveSoftMaximum])),
        ("50.001", Err(Failure::RateLimits)),
    ] {
        let found = changed("|10|", &format!("|{dose}|")).map(|proposal| proposal.warnings().collect());
        assert_eq!(found, expected, "{dose}");
    }
    for (weight, expected) in [("149.9", None), ("150", None), ("150.0001", Some(Failure::WeightRange))] {
        assert_eq!(changed("|85.0|", &format!("|{weight}|")).err(), expected, "{weight} kg");
    }
    for (volume, expected) in [("9998.9", None), ("9999", None), ("9999.0001", Some(Failure::VolumeLimits))] {
        assert_eq!(changed("|250||", &format!("|{volume}||")).err(), expected, "{volume} ml");
    }
    for (rate, expected) in [("99.999", None), ("100", None), ("100.01", Some(Failure::RateLimits))] {
        let order = saline().replace("|13.3|", &format!("|{rate}|"));
        assert_eq!(program(&order, &InUse::new().bedside()).err(), expected, "{rate} ml/h");
    }
    assert_eq!(changed("|10|", "|0.0001|").map(|proposal| proposal.rate), Err(Failure::RateLimits), "0 when rounded");
}

#[test]
fn a_limit_is_held_against_the_value_before_it_is_rounded() {
    // 100.004 ml/h would run as 100.00.
    let order =
        saline().replace("|13.3|", "|2.4001|").replace("mL/h^UCUM^265266^MDC_DIM_MILLI_L_PER_HR^MDC", "mL/d^UCUM");
    let proposal = program(&order, &InUse::new().bedside()).expect("accepted");
    assert_eq!(proposal.rate, 1_000, "0.10000416 ml/h");
    let order = order.replace("|2.4001|", "|2400.1|");
    assert_eq!(program(&order, &InUse::new().bedside()), Err(Failure::RateLimits), "100.00416 ml/h");
}

#[test]
fn each_failure_has_its_cause() {
    let in_use = InUse::new();
    let bedside = in_use.bedside();
    let with = |bedside: Bedside<'_>| program(&dopamine(), &bedside).err();
    assert_eq!(with(Bedside { library: None, ..bedside }), Some(Failure::NoLibrary));
    assert_eq!(with(Bedside { profile: "War", ..bedside }), Some(Failure::NoProfile));
    assert_eq!(with(Bedside { pump: "A000", ..bedside }), Some(Failure::OtherPump));
    let unit = "263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM";
    for (from, to, failure) in [
        ("IVP", "PCA", Failure::NotSupported),
        ("IVP", "SYR", Failure::OtherModule),
        ("RXR|IV||IVP", "RXR|IV||IVP|IVPB", Failure::NoSecondary),
        ("1234^Dopamine", "12345^Dopamin", Failure::UnknownDrug),
        ("1234^Dopamine", "1234^Dopamin", Failure::UnknownName),
        ("1234^Dopamine", "123^Dopamine", Failure::UnknownCode),
        ("1234^Dopamine", "1234^Other", Failure::NameOfOther),
        ("1234^Dopamine", "10^Unused", Failure::NoSetup),
        ("|400|", "|800|", Failure::OtherConcentration),
        ("3475^ug/kg/min^UCUM^265619^MDC_DIM_MICRO_G_PER_KG_PER_MIN^MDC", "^mg/h^UCUM", Failure::ContinuousUnit),
        ("3475^ug/kg/min^UCUM^265619^MDC_DIM_MICRO_G_PER_KG_PER_MIN^MDC", "^mL/h^UCUM", Failure::ContinuousUnit),
        (
            "68063^MDC_ATTR_PT_WEIGHT^MDC||85.0|kg^kg^UCUM^263875^MDC_DIM_KILO_G^MDC",
            "188744||1.7|^m2^UCUM",
            Failure::NoWeight,
        ),
        (
            "68063^MDC_ATTR_PT_WEIGHT^MDC||85.0|kg^kg^UCUM^263875^MDC_DIM_KILO_G^MDC",
            "188744||2.6|^m2^UCUM",
            Failure::SurfaceRange,
        ),
    ] {
        assert_eq!(changed(from, to), Err(failure), "{from} to {to}");
    }
    let rate = "3475^ug/kg/min^UCUM^265619^MDC_DIM_MICRO_G_PER_KG_PER_MIN^MDC";
    let at_once = dopamine().replace(rate, "^ug/kg^UCUM").replace("RXR|", "TQ1|||||||||||||1^h\rRXR|");
    assert_eq!(program(&at_once, &bedside), Err(Failure::NotAllowed), "a dose where a rate is set");
    let give = "RXG|1|||9^Other|5||^mL^UCUM||||||||1|^mg/h^UCUM|1|^mg^UCUM|||||10|^mL^UCUM";
    let steady = saline().replace(SALINE, give);
    assert_eq!(program(&steady, &bedside), Err(Failure::NotAllowed), "a rate where a dose is set");
    let give = "RXG|1|||9^Other|||||||||||1|^mg/kg^UCUM|1|^mg^UCUM|||||10|^mL^UCUM";
    let per_kg = [MSH, PID, ORC, give, "TQ1|||||||||||||20^min", RXR, PUMP].join("\r");
    assert_eq!(program(&per_kg, &bedside), Err(Failure::IntermittentUnit));
    let two = [&dopamine(), ORC, DOPAMINE, RXR, PUMP, WEIGHT].map(str::to_string).join("\r");
    assert_eq!(program(&two, &bedside), Err(Failure::NotOneOrder));
    let no_concentration = saline().replace("5678^Normal Saline", "1234^Dopamine");
    assert_eq!(program(&no_concentration, &bedside), Err(Failure::NoConcentration));
    let without = saline().replace(&format!("|500||{unit}|"), "||||");
    let syringe_without = without.replace("RXR|IV||IVP", "TQ1|||||||||||||1^h\rRXR|IV||IVP");
    assert_eq!(program(&syringe_without, &bedside).map(|p| p.volume), Ok(133_000), "rate × duration");
    let disagree = saline().replace("RXR|IV||IVP", "TQ1|||||||||||||1^h\rRXR|IV||IVP");
    assert_eq!(program(&disagree, &bedside), Err(Failure::VolumeOfOther));
}

#[test]
fn a_dose_over_time_is_a_volume_over_that_time() {
    let over_time = |dose: &str, minutes: &str| {
        let give = format!("RXG|1|||9^Other|||||||||||{dose}|^mg^UCUM|1|^mg^UCUM|||||10|^mL^UCUM");
        let timing = format!("TQ1|||||||||||||{minutes}");
        let message = [MSH, PID, ORC, &give, &timing, RXR, PUMP].join("\r");
        program(&message, &InUse::new().bedside())
    };
    let proposal = over_time("1.5", "20^min").expect("accepted");
    assert_eq!((proposal.rate, proposal.volume, proposal.warnings().count()), (450_000, 150_000, 0));
    assert_eq!(over_time("1.5", "10^min~600^s"), Ok(proposal), "repetitions add up");
    assert_eq!(over_time("1.5", "4.9999^min"), Err(Failure::DurationLimits));
    let warned = |minutes: &str| over_time("1.5", minutes).map(|p| p.warnings().collect::<Vec<_>>());
    assert_eq!(warned("5^min"), Ok(vec![Warning::ShorterThanSoftMinimum]));
    assert_eq!(warned("31^min"), Ok(vec![Warning::LongerThanSoftMaximum]));
    assert_eq!(over_time("3.0001", "20^min"), Err(Failure::RateLimits));
}

#[test]
fn a_change_needs_something_to_change() {
    let in_use = InUse::new();
    let change = dopamine().replace("|RE|", "|XO|").replace("|250||263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM|", "||||");
    let at = |running| program(&change, &Bedside { running, ..in_use.bedside() });
    let running = Running { drug: 1, rate: 100_000, left: 123_400 };
    assert_eq!(at(None), Err(Failure::NothingToChange));
    assert_eq!(at(Some(running)).map(|p| (p.rate, p.volume)), Ok((318_800, 123_400)));
    assert_eq!(at(Some(Running { drug: 2, ..running })), Err(Failure::NothingToChange));
    assert_eq!(at(Some(Running { rate: 318_800, ..running })), Err(Failure::SameAsBefore));
}

#[test]
fn units_in_both_forms_agree() {
    let other = "3475^ug/kg/min^UCUM^265619^MDC_DIM_MICRO_G_PER_KG_PER_MIN^MDC";
    assert!(changed(other, "^^^265619^MDC_DIM_MICRO_G_PER_KG_PER_MIN^MDC").is_ok(), "the second form alone");
    refused(
        &dopamine().replace("ug/kg/min^UCUM", "ug/kg/h^UCUM"),
        Rule::UnitAlternate,
        "message.order[0].give.rate_unit",
    );
}

#[test]
fn escapes_character_sets_and_delimiters_are_those_of_the_message() {
    let name = |text: &str, charset: &str| {
        let message = dopamine().replace("Dopamine", text).replace("|ASCII|", charset);
        let bytes = mllp(&message);
        validate_order(&bytes).map(|message| message.orders[0].give.name.decode()).map_err(|refusal| refusal.rule)
    };
    assert_eq!(name(r"Müller \T\ Co", "|UNICODE UTF-8|").as_deref(), Ok("Müller & Co"));
    assert_eq!(name(r"Müller \T\ Co", "|ASCII|"), Err(Rule::TextAscii));
    assert_eq!(name(r"Muller \T\ Co", "||").as_deref(), Ok("Muller & Co"));
    assert_eq!(name("x", "|UNICODE|"), Err(Rule::HeaderCharset));
    assert_eq!(name(r"\E\T\E\", "|ASCII|").as_deref(), Ok(r"\T\"), "undone once");
    let other = dopamine().replace('|', "#").replace('^', "|").replace('\\', "!").replace("Dopamine", "A!S!B!F!C^~");
    let bytes = mllp(&other.replace("|~!&", "|*!&"));
    let message = validate_order(&bytes).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(message.orders[0].give.name.decode(), "A|B#C^~");
    assert_eq!(message.orders[0].control, Control::New);
    assert_eq!(message.header.application, Application::OnError);
}

#[test]
fn no_message_makes_the_reader_panic() {
    let whole = mllp(&dopamine());
    for end in 0..whole.len() {
        assert!(validate_order(&whole[..end]).is_err(), "cut at {end}");
        let mut wrong = whole.clone();
        for byte in [0, b'|', b'^', b'\r', 0x1C, 0xFF] {
            wrong[end] = byte;
            let _ = validate_order(&wrong);
        }
    }
    let refusal = validate_order(b"\x0bMSH|\r\x1c\r").map(|_| ()).expect_err("refused");
    assert_eq!((refusal.rule, refusal.path), (Rule::HeaderDelimiter, Path { root: "message", ..Path::default() }));
}

/// A pump and the only connection to it.
#[derive(Default)]
struct Line {
    consumer: Consumer,
    receiver: pump::order::mllp::Receiver,
}

impl Line {
    fn receive(&mut self, bytes: &[u8], bedside: &Bedside<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        self.receiver.receive(bytes, |message| self.consumer.message(message, bedside, &mut out));
        out
    }
}

/// The answers in a stream, each as text without its envelope.
fn answers(bytes: &[u8]) -> Vec<String> {
    let mut receiver = pump::order::mllp::Receiver::new();
    let mut all = Vec::new();
    receiver.receive(bytes, |message| {
        all.push(String::from_utf8_lossy(&message[1..message.len() - 3]).replace('\r', "\n"));
    });
    all
}

#[test]
fn answers_say_what_became_of_an_order() {
    let in_use = InUse::new();
    let mut pump = Line::default();
    let good = answers(&pump.receive(&mllp(&dopamine()), &in_use.bedside()));
    assert_eq!(
        good,
        [
            r"MSH|^~\&|IOCVENDOR^6543210000000001^EUI-64|IOCVENDOR|IOPVENDOR^1234560000000001^EUI-64|IOPVENDOR|20080101123456-0600||ACK^O15^ACK|1|P|2.5|||NE|NE||ASCII
MSA|CA|1"
        ],
        "ER: nothing else to tell"
    );
    let busy = answers(&pump.receive(&mllp(&saline()), &in_use.bedside()));
    assert_eq!(busy.len(), 2);
    assert!(busy[1].contains("RRG^O16^RRG_O16|3|"), "{}", busy[1]);
    assert!(busy[1].ends_with(
        "MSA|AE|2\nERR|||207^Application internal error^HL70357|E|1044^Another order waits for confirmation"
    ));
    pump.consumer.reject();
    let unknown = dopamine().replace("1234^Dopamine", "1^None").replace("|ER|", "|AL|");
    let unknown = answers(&pump.receive(&mllp(&unknown), &in_use.bedside()));
    assert!(unknown[1].ends_with("|9010^Unable to match medication to drug library"), "{}", unknown[1]);
    let always = answers(&pump.receive(&mllp(&dopamine().replace("|ER|", "|AL|")), &in_use.bedside()));
    assert!(always[1].ends_with("MSA|AA|1"), "{}", always[1]);
    let broken = answers(&pump.receive(&mllp(&dopamine().replace("|2.5|", "|2.3|")), &in_use.bedside()));
    assert!(broken[0].contains("MSA|CR|1\nERR|||203^"), "{}", broken[0]);
    let never = dopamine().replace("|ER|", "|NE|");
    assert_eq!(answers(&pump.receive(&mllp(&never), &in_use.bedside())).len(), 1);
}

#[test]
fn answers_repeat_nothing_that_would_not_be_legal_there() {
    let in_use = InUse::new();
    let mut pump = Line::default();
    for (from, to) in [("|1|P|", "|1^MSA&AA|P|"), ("|1|P|", "|\x011|P|"), ("|1|P|", r"|1\|P|")] {
        let told = answers(&pump.receive(&mllp(&dopamine().replace(from, to)), &in_use.bedside()));
        assert!(told[0].contains("\nMSA|CE|\nERR|"), "{}", told[0]);
    }
    let escaped = dopamine().replace("|1|P|", r"|a\F\b|P|");
    assert!(answers(&pump.receive(&mllp(&escaped), &in_use.bedside()))[0].ends_with(r"MSA|CA|a\F\b"));
    pump.consumer.reject();
    let other = dopamine().replace('|', "#");
    assert!(answers(&pump.receive(&mllp(&other), &in_use.bedside()))[0].ends_with("MSA#CA#1"));
    let told = answers(&pump.receive(b"\x0bMSH|\r\x1c\r", &in_use.bedside()));
    assert!(told[0].starts_with(r"MSH|^~\&|"), "{}", told[0]);
}

#[test]
fn a_proposal_starts_nothing_and_is_confirmed_once() {
    let in_use = InUse::new();
    let mut pump = Line::default();
    assert_eq!(pump.consumer.confirm(&in_use.bedside()), None);
    pump.receive(&mllp(&dopamine()), &in_use.bedside());
    let proposal = *pump.consumer.proposal().expect("waits");
    assert_eq!(pump.consumer.confirm(&in_use.bedside()), Some(Ok(proposal)));
    assert_eq!(pump.consumer.proposal(), None);
    assert_eq!(pump.consumer.confirm(&in_use.bedside()), None);
    pump.receive(&mllp(&dopamine()), &in_use.bedside());
    let elsewhere = Bedside { profile: "Elsewhere", ..in_use.bedside() };
    assert_eq!(pump.consumer.confirm(&elsewhere), Some(Err(Failure::NoProfile)), "the pump was set to another profile");
    assert_eq!(pump.consumer.proposal(), None);
}

#[test]
fn messages_are_told_apart_in_a_stream() {
    let in_use = InUse::new();
    let mut pump = Line::default();
    let (one, two) = (mllp(&dopamine()), mllp(&saline()));
    let stream = [b"noise".as_slice(), &one, b"\r\n", &two, &one[..40]].concat();
    let mut told = Vec::new();
    for piece in stream.chunks(7) {
        told.extend(pump.receive(piece, &in_use.bedside()));
    }
    assert_eq!(answers(&told).len(), 3, "CA; CA and AE, since one waits");
    let (head, tail) = one.split_at(40);
    assert!(head.len() < one.len());
    pump.receiver.tick(pump::order::mllp::PATIENCE);
    assert!(pump.receive(tail, &in_use.bedside()).is_empty(), "the rest of what was dropped");
    let mut receiver = pump::order::mllp::Receiver::new();
    receiver.receive(&[&[0x0B][..], &vec![b'A'; 100_000], &one].concat(), |message| assert_eq!(message, one));
    assert_eq!(receiver.dropped(), 1);
}
