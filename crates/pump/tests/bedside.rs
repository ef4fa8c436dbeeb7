//! Orders come over a network, a person decides at the bedside, and hosts read what became of it.

mod common;

use common::examples::{dopamine, mllp, saline};
use common::orders::{draft, library};
use pump::bcc::{Mode, write_frame};
use pump::network::{Connection, Deed, NetworkPump, Path, Settings};
use pump::order::{Control, Failure};
use pump::transfer::Key;
use pump::{Alarm, MemoryStorage, Storage};

const ACK: u8 = 6;
/// One hour in milliseconds.
const HOUR: u32 = 3_600_000;

/// A pump with the library of the example orders in use, two senders of orders and a host.
struct Ward {
    pump: NetworkPump<MemoryStorage>,
    /// What the pump sent by itself.
    sent: Vec<(Path, u32, Vec<u8>)>,
}

fn bring(pump: &mut NetworkPump<impl Storage>, library: &[u8]) {
    let bedside = pump.bedside();
    bedside.begin(library.len() as u32).expect("begun");
    bedside.chunk(0, library).expect("taken");
    bedside.finish().expect("staged");
    bedside.activate().expect("activated");
}

impl Ward {
    fn with(settings: Settings) -> Self {
        let mut pump = NetworkPump::power_on(MemoryStorage::new(), Key::from([7; 32]), [1; 32], settings);
        bring(&mut pump, &library("Ward"));
        for (path, number) in [(Path::Order, 1), (Path::Order, 2), (Path::Bcc, 1)] {
            assert_eq!(pump.connect(path, number), Connection::Open);
        }
        Ward { pump, sent: Vec::new() }
    }

    fn new() -> Self {
        let mut settings = Settings::default();
        settings.bcc.most_per_block = 10_000;
        Self::with(settings)
    }

    fn says(&mut self, path: Path, number: u32, bytes: &[u8]) -> String {
        let mut out = Vec::new();
        assert_eq!(self.pump.receive(path, number, bytes, &mut out), Connection::Open);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// What an order is answered, from MSA on.
    fn orders(&mut self, number: u32, message: &str) -> Vec<String> {
        let said = self.says(Path::Order, number, &mllp(message));
        let answers = said.split('\u{b}').skip(1);
        answers.map(|answer| answer[answer.find("MSA").expect("an answer")..].replace('\r', " ")).collect()
    }

    /// What a host reads of one parameter.
    fn reads(&mut self, name: &str) -> String {
        let mut request = Vec::new();
        for (bed, command) in [("1", "ADMIN:ALIVE"), ("Bed7", "MEM:GETSLOT#11")] {
            write_frame(bed.as_bytes(), command.as_bytes(), true, true, &mut request).expect("can be written");
        }
        let said = self.says(Path::Bcc, 1, &request);
        let frame = said.split_inclusive('\u{4}').nth(1).expect("two answers");
        let plain = pump::bcc::Frame::read(frame.as_bytes(), true).expect("a frame");
        let told = String::from_utf8(plain.information().to_vec()).expect("text");
        let value = told.split('\u{1e}').find_map(|part| part.split_once(&format!(",50111,{name},")));
        value.map(|(_, value)| value.to_string()).unwrap_or_else(|| panic!("{name} is not reported: {told}"))
    }

    /// AUTOPROGSTATE, LASTAUTOPROGERR.
    fn order(&mut self) -> (String, String) {
        (self.reads("AUTOPROGSTATE"), self.reads("LASTAUTOPROGERR"))
    }

    #[track_caller]
    fn is(&mut self, state: &str, error: &str) {
        assert_eq!(self.order(), (state.to_string(), error.to_string()));
    }

    fn tick(&mut self, milliseconds: u32) {
        let sent = &mut self.sent;
        self.pump.tick(milliseconds, &mut |path, number, deed| {
            if let Deed::Sends(bytes) = deed {
                sent.push((path, number, bytes.to_vec()));
            }
        });
    }

    fn therapy(&self) -> (bool, u32, u32, u32) {
        let therapy = self.pump.pump().therapy();
        (therapy.is_running(), therapy.rate(), therapy.vtbi(), therapy.infused())
    }
}

/// The change of the first example to another dose.
fn change(dose: &str) -> String {
    let volume = "|250||263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM|";
    dopamine().replace("|RE|", "|XO|").replace(volume, "||||").replace("|10|", &format!("|{dose}|"))
}

#[test]
fn an_order_starts_nothing_until_a_person_confirms_it() {
    let mut ward = Ward::new();
    ward.is("0", "0");
    assert_eq!(ward.orders(1, &dopamine()), ["MSA|CA|1 \u{1c} "]);
    ward.is("1", "0");
    ward.tick(HOUR);
    assert_eq!(ward.therapy(), (false, 0, 0, 0));
    assert_eq!(ward.reads("INSOL"), "_NV");
    let proposal = *ward.pump.proposal().expect("waits");
    assert_eq!((proposal.control, proposal.rate, proposal.volume), (Control::New, 318_800, 2_500_000));
    assert_eq!(ward.pump.confirm(), Some(Ok(proposal)));
    ward.is("4", "0");
    assert_eq!(ward.therapy(), (true, 318_800, 2_500_000, 0));
    assert_eq!(ward.pump.pump().therapy().drug(), Some(1));
    for (name, value) in [
        ("RUNSTATE", "2"),
        ("INRT", "31.88"),
        ("INVTB", "250.0"),
        ("INSOL", "Dopamine"),
        ("INSOLSN", "short"),
        ("INSOLID", "1234"),
        ("CAREUNIT", "Ward"),
    ] {
        assert_eq!(ward.reads(name), value, "{name}");
    }
    assert_eq!((ward.pump.confirm(), ward.pump.proposal()), (None, None));
}

#[test]
fn the_second_example_runs_too_and_in_place_of_the_first() {
    let mut ward = Ward::new();
    ward.orders(1, &dopamine());
    ward.pump.confirm().expect("waited").expect("confirmed");
    ward.tick(HOUR);
    assert_eq!(ward.orders(2, &saline()), ["MSA|CA|2 \u{1c} "]);
    assert_eq!(ward.therapy(), (true, 318_800, 2_500_000, 318_800), "it goes on");
    ward.pump.confirm().expect("waited").expect("confirmed");
    assert_eq!(ward.therapy(), (true, 133_000, 5_000_000, 0));
    assert_eq!(ward.reads("INSOLID"), "5678");
}

#[test]
fn an_answer_goes_to_the_connection_that_asked() {
    let mut ward = Ward::new();
    let (first, second) = (mllp(&dopamine()), mllp(&saline()));
    assert_eq!(ward.says(Path::Order, 1, &first[..100]), "");
    assert!(ward.says(Path::Order, 2, &second).contains("MSA|CA|2"), "framing is that of each connection");
    let busy = ward.says(Path::Order, 1, &first[100..]);
    assert!(busy.contains("MSA|CA|1") && busy.contains("1044^Another order waits for confirmation"), "{busy}");
    ward.is("1", "1044");
    assert_eq!(ward.pump.proposal().map(|proposal| proposal.drug), Some(2));
    ward.pump.confirm().expect("waited").expect("confirmed");
    ward.is("4", "0");
}

#[test]
fn a_failed_order_leaves_everything_as_it_is_but_what_is_said_of_it() {
    let mut ward = Ward::new();
    ward.orders(1, &saline());
    ward.pump.confirm().expect("waited").expect("confirmed");
    let before = ward.therapy();
    for (message, code) in [
        (dopamine().replace("^^A0001", "^^A0002"), "1028"),
        (dopamine().replace("1234^Dopamine", "1^None"), "1"),
        (dopamine().replace("|10|", "|50.001|"), "1010"),
        (dopamine().replace("|2.5|", "|2.3|"), "1000"),
        (change("11"), "1025"),
    ] {
        ward.orders(1, &message);
        ward.is("6", code);
        assert_eq!((ward.pump.proposal(), ward.therapy()), (None, before));
    }
    assert_eq!(ward.reads("INSOLID"), "5678");
    ward.orders(1, &dopamine());
    ward.is("1", "0");
    ward.orders(1, &dopamine().replace("|2.5|", "|2.3|"));
    ward.is("1", "1000");
}

#[test]
fn a_rejected_order_is_gone() {
    let mut ward = Ward::new();
    ward.pump.reject();
    ward.is("0", "0");
    ward.orders(1, &dopamine());
    ward.pump.reject();
    ward.is("5", "0");
    assert_eq!((ward.pump.confirm(), ward.therapy()), (None, (false, 0, 0, 0)));
}

#[test]
fn a_change_keeps_what_has_been_infused_and_takes_what_is_left_when_it_is_confirmed() {
    let mut ward = Ward::new();
    ward.orders(1, &dopamine());
    ward.pump.confirm().expect("waited").expect("confirmed");
    ward.tick(HOUR);
    assert_eq!(ward.orders(2, &change("20")), ["MSA|CA|1 \u{1c} "]);
    assert_eq!(ward.pump.proposal().map(|one| (one.rate, one.volume)), Some((637_500, 2_181_200)));
    ward.tick(HOUR);
    let changed = ward.pump.confirm().expect("waits").expect("confirmed");
    assert_eq!((changed.control, changed.volume), (Control::Change, 1_862_400), "what is left now");
    assert_eq!(ward.therapy(), (true, 637_500, 2_500_000, 637_600));
    ward.orders(2, &change("20"));
    ward.is("6", "1026");
    ward.orders(2, &change("10"));
    ward.pump.bedside().stop();
    assert_eq!(ward.pump.confirm(), Some(Err(Failure::NothingToChange)), "it was stopped meanwhile");
    ward.is("6", "1025");
    assert_eq!(ward.therapy(), (false, 637_500, 2_500_000, 637_600));
}

#[test]
fn an_order_is_withdrawn_when_another_library_is_put_to_use() {
    let mut ward = Ward::new();
    ward.orders(1, &dopamine());
    ward.pump.confirm().expect("waited").expect("confirmed");
    ward.pump.bedside().stop();
    ward.orders(1, &saline());
    let mut other = draft("Ward");
    other.revision += 1;
    bring(&mut ward.pump, &other.write());
    assert_eq!(ward.pump.proposal(), None);
    ward.is("5", "0");
    assert_eq!(ward.pump.confirm(), None);
    assert_eq!(ward.reads("INSOL"), "_NV", "the ids of the library before mean nothing any more");
    ward.orders(1, &saline());
    ward.is("1", "0");
}

#[test]
fn a_therapy_started_by_hand_has_no_drug_and_leaves_an_order_waiting() {
    let mut ward = Ward::new();
    ward.orders(1, &dopamine());
    ward.pump.confirm().expect("waited").expect("confirmed");
    ward.pump.bedside().start(10_000, 10_000);
    ward.is("0", "0");
    assert_eq!(ward.reads("INSOL"), "_NV");
    assert!(ward.orders(1, &change("20"))[1].contains("1025"), "it is not the order's");
    ward.orders(1, &dopamine());
    ward.pump.bedside().start(20_000, 10_000);
    ward.pump.bedside().stop();
    ward.is("1", "0");
    ward.pump.confirm().expect("waits").expect("confirmed");
    assert_eq!(ward.therapy(), (true, 318_800, 2_500_000, 0));
    ward.pump.bedside().stop();
    ward.is("4", "0");
}

#[test]
fn no_order_survives_a_restart() {
    let mut ward = Ward::new();
    ward.orders(1, &dopamine());
    ward.orders(1, &saline());
    let storage = ward.pump.into_storage();
    let pump = NetworkPump::power_on(storage, Key::from([7; 32]), [2; 32], Settings::default());
    let mut ward = Ward { pump, sent: Vec::new() };
    ward.pump.connect(Path::Bcc, 1);
    assert_eq!(ward.pump.proposal(), None);
}

#[test]
fn the_pump_is_set_to_a_care_area_and_has_an_id() {
    let mut settings = Settings { pump: "B2".into(), ..Settings::default() };
    settings.bcc.most_per_block = 10_000;
    let mut ward = Ward::with(settings.clone());
    ward.orders(1, &dopamine());
    ward.is("6", "1028");
    ward.orders(1, &dopamine().replace("^^A0001", "^^B2"));
    ward.is("1", "0");
    let mut ward = Ward::with(Settings { profile: Some("Elsewhere".into()), ..settings });
    ward.orders(1, &dopamine().replace("^^A0001", "^^B2"));
    ward.is("6", "111");
    assert_eq!(ward.reads("CAREUNIT"), "Elsewhere");
}

#[test]
fn connections_of_a_path_do_not_keep_others_out() {
    let mut ward = Ward::new();
    for number in 3..=8 {
        assert_eq!(ward.pump.connect(Path::Order, number), Connection::Open);
    }
    assert_eq!(ward.pump.connect(Path::Order, 9), Connection::Closed);
    assert_eq!(ward.pump.connect(Path::Bcc, 9), Connection::Open);
    ward.pump.disconnect(Path::Order, 8);
    assert_eq!(ward.pump.connect(Path::Order, 9), Connection::Open);
    ward.pump.disconnect(Path::Order, 9);
    assert_eq!(ward.pump.receive(Path::Order, 9, &mllp(&dopamine()), &mut Vec::new()), Connection::Closed);
    ward.is("0", "0");
}

#[test]
fn numbers_that_a_parameter_cannot_have_are_not_reported() {
    let mut ward = Ward::new();
    for (rate, vtbi, inrt, invtb) in [
        (18_000_099, 99_999_999, "1800.00", "9999.9"),
        (18_000_100, 100_000_000, "_NV", "_NV"),
        (u32::MAX, u32::MAX, "_NV", "_NV"),
    ] {
        ward.pump.bedside().start(rate, vtbi);
        assert_eq!((ward.reads("INRT").as_str(), ward.reads("INVTB").as_str()), (inrt, invtb));
    }
}

#[test]
fn the_vein_is_kept_open_at_the_rate_of_the_care_area() {
    let mut ward = Ward::new();
    ward.orders(1, &dopamine());
    ward.pump.confirm().expect("waits").expect("confirmed");
    ward.tick(7 * HOUR);
    assert_eq!((ward.reads("RUNSTATE").as_str(), ward.reads("STATUS1").as_str()), ("2", "00000001"));
    ward.orders(1, &change("20"));
    ward.tick(HOUR);
    for (name, value) in
        [("RUNSTATE", "14"), ("INRT", "0.10"), ("ALARM1", "00000004"), ("STATUS1", "00000002"), ("INVTB", "250.0")]
    {
        assert_eq!(ward.reads(name), value, "{name}");
    }
    assert_eq!(ward.pump.confirm(), Some(Err(Failure::NothingToChange)), "its volume has been infused");
    ward.tick(HOUR);
    let therapy = *ward.pump.pump().therapy();
    // 250 ml take 7 h 50 min 31.418 s.
    assert_eq!((therapy.infused(), therapy.left()), (2_500_000 + 1_158, 0), "0.1 ml/h since");
    ward.pump.bedside().acknowledge();
    assert_eq!(ward.reads("RUNSTATE"), "10");
    ward.pump.bedside().stop();
    assert_eq!(ward.reads("RUNSTATE"), "1");
    assert!(!ward.pump.bedside().resume(), "nothing is left");
    ward.pump.bedside().start(500, 100);
    ward.tick(HOUR);
    assert_eq!(ward.reads("INRT"), "0.05", "never faster than the infusion was");

    let mut other = Ward::with(Settings { profile: Some("Elsewhere".into()), ..Settings::default() });
    other.pump.bedside().start(500, 100);
    other.tick(HOUR);
    assert!(!other.pump.pump().therapy().is_running(), "no care area, no rate");
}

#[test]
fn nothing_is_begun_while_air_or_an_occlusion_is_not_seen_to() {
    for (alarm, bits) in [(Alarm::Air, "00000001"), (Alarm::Occlusion, "00000002")] {
        let mut ward = Ward::new();
        ward.orders(1, &dopamine());
        ward.pump.confirm().expect("waits").expect("confirmed");
        ward.orders(1, &saline());
        ward.pump.bedside().raise(alarm);
        assert_eq!((ward.reads("RUNSTATE").as_str(), ward.reads("ALARM1").as_str()), ("5", bits));
        assert_eq!(ward.pump.confirm(), Some(Err(Failure::Alarm)));
        ward.is("1", "125");
        assert!(!ward.pump.bedside().start(1, 1) && !ward.pump.bedside().resume());
        assert_eq!(ward.therapy(), (false, 318_800, 2_500_000, 0));
        ward.pump.bedside().acknowledge();
        assert_eq!(ward.therapy(), (false, 318_800, 2_500_000, 0));
        assert!(ward.pump.bedside().resume());
        assert_eq!(ward.reads("RUNSTATE"), "2");
        ward.pump.confirm().expect("waits").expect("confirmed");
        ward.is("4", "0");
    }
    let mut ward = Ward::new();
    ward.pump.bedside().raise(Alarm::Air);
    assert_eq!(ward.pump.confirm(), None);
    ward.is("0", "0");
}

#[test]
fn a_bolus_is_reported_while_it_is_given() {
    let mut ward = Ward::new();
    ward.pump.bedside().start(10_000, 100_000);
    assert!(ward.pump.bedside().bolus(1_200_000, 20_000));
    let bolus =
        |ward: &mut Ward| ["INBORT", "INBOVAL", "BOLTYPE", "BOCNT", "STATUS1", "INRT"].map(|name| ward.reads(name));
    assert_eq!(bolus(&mut ward), ["120.00", "2.00", "2", "1", "00000009", "1.00"]);
    ward.tick(HOUR / 60);
    assert_eq!(bolus(&mut ward), ["_NV", "_NV", "0", "1", "00000001", "1.00"]);
    assert_eq!(ward.reads("INVI"), "2.0");
}

#[test]
fn a_standby_is_counted_down() {
    let mut ward = Ward::new();
    assert!(ward.pump.bedside().standby(2));
    assert_eq!((ward.reads("INSTBY").as_str(), ward.reads("STATUS1").as_str()), ("2", "00000004"));
    ward.tick(60_001);
    assert_eq!(ward.reads("INSTBY"), "1");
    ward.tick(59_999);
    assert_eq!((ward.reads("INSTBY").as_str(), ward.reads("ALARM1").as_str()), ("0", "00000008"));
    assert_eq!(ward.reads("RUNSTATE"), "5");
}

/// A pump that reports by itself every 5 s.
fn cyclic() -> Ward {
    let mut settings = Settings::default();
    settings.bcc.most_per_block = 10_000;
    settings.bcc.mode = Mode::CYCLIC;
    Ward::with(settings)
}

#[test]
fn in_cyclic_mode_the_pump_is_reported_each_period_and_when_something_changes() {
    let mut ward = cyclic();
    ward.pump.bedside().start(10_000, 10_000_000);
    ward.tick(60_000);
    assert_eq!(ward.sent.len(), 0, "the link is not open");
    ward.reads("INRT");
    ward.tick(4_999);
    assert_eq!(ward.sent.len(), 0, "nothing has changed since it was opened");
    ward.tick(1);
    assert_eq!(ward.sent.len(), 1);
    assert!(ward.says(Path::Bcc, 1, &[ACK]).is_empty());
    ward.orders(1, &dopamine());
    ward.tick(10);
    assert_eq!(ward.sent.len(), 2, "an order waits");
    ward.pump.confirm().expect("waits").expect("confirmed");
    ward.tick(10);
    assert_eq!(ward.sent.len(), 2, "the last block is not acknowledged");
    assert!(ward.says(Path::Bcc, 1, &[ACK]).contains("AUTOPROGSTATEE,4"));
    assert!(ward.says(Path::Bcc, 1, &[ACK]).is_empty());
    ward.tick(10);
    assert_eq!(ward.sent.len(), 2, "the volume infused is no reason");
    ward.pump.bedside().stop();
    ward.tick(10);
    assert_eq!(ward.sent.len(), 3, "it was stopped");
    assert!(ward.sent.iter().all(|(path, number, _)| (*path, *number) == (Path::Bcc, 1)));
}

#[test]
fn a_host_that_acknowledges_nothing_is_dropped() {
    let mut ward = cyclic();
    ward.reads("INRT");
    let mut closed = Vec::new();
    for _ in 0..1_000 {
        ward.pump.tick(5_000, &mut |path, number, deed| {
            if deed == Deed::Closes {
                closed.push((path, number));
            }
        });
    }
    assert_eq!(closed, [(Path::Bcc, 1)]);
    assert_eq!(ward.pump.receive(Path::Bcc, 1, &[ACK], &mut Vec::new()), Connection::Closed);
}
