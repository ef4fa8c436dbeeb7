//! What a person does at the bedside, as lines of text. Only the server's standard input takes them:
//! no port does.

use pump::network::NetworkPump;
use pump::{Alarm, Error, Storage};

/// What may be typed.
const HELP: &str = "show, confirm, reject, start ML/H ML, stop, resume, bolus ML/H ML, standby MIN, raise air|occlusion, \
                    acknowledge, activate";

/// A number with up to four decimals, in ten-thousandths.
fn number(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 4 {
        return None;
    }
    let fraction: u32 = format!("{fraction:0<4}").parse().ok()?;
    whole.parse::<u32>().ok()?.checked_mul(10_000)?.checked_add(fraction)
}

/// Shows a number of ten-thousandths.
fn shown(number: u32) -> String {
    format!("{}.{:04}", number / 10_000, number % 10_000)
}

fn show<S: Storage>(pump: &NetworkPump<S>) -> String {
    let inner = pump.pump();
    let (therapy, (state, error)) = (inner.therapy(), pump.order_status());
    let motion = match (therapy.is_running(), therapy.is_kvo()) {
        (false, _) => "stopped",
        (true, false) => "infusing",
        (true, true) => "kvo",
    };
    let order = pump.proposal().map_or("none".into(), |one| {
        let warnings: Vec<String> = one.warnings().map(|warning| format!("{warning:?}")).collect();
        format!("{:?} drug {} {} ml/h {} ml {warnings:?}", one.control, one.drug, shown(one.rate), shown(one.volume))
    });
    let library = inner.active().map_or("none".into(), |library| format!("{:?}", library.name()));
    format!(
        "{motion}, {} ml/h, {} of {} ml, alarms {}, library {library}, staged {}, order {order}, state {state}, error {error}",
        shown(therapy.flow()),
        shown(therapy.infused()),
        shown(therapy.vtbi()),
        inner.alarms().bits(),
        inner.staged().is_some(),
    )
}

/// Does what a line says, and gives what became of it, in one line.
pub fn run<S: Storage>(pump: &mut NetworkPump<S>, line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let said = |done: bool| if done { "done".to_string() } else { "refused".to_string() };
    let at = |pump: &mut NetworkPump<S>, rate: &str, volume: &str, bolus: bool| match (number(rate), number(volume)) {
        (Some(rate), Some(volume)) if bolus => said(pump.bedside().bolus(rate, volume)),
        (Some(rate), Some(volume)) => said(pump.bedside().start(rate, volume)),
        _ => "not understood: a number has up to four decimals".into(),
    };
    match words[..] {
        ["show"] => show(pump),
        ["confirm"] => match pump.confirm() {
            None => "refused: no order waits".into(),
            Some(Ok(_)) => "done".into(),
            Some(Err(failure)) => format!("refused: {} {failure}", failure.code()),
        },
        ["reject"] => {
            pump.reject();
            "done".into()
        }
        ["start", rate, volume] => at(pump, rate, volume, false),
        ["bolus", rate, volume] => at(pump, rate, volume, true),
        ["stop"] => {
            pump.bedside().stop();
            "done".into()
        }
        ["resume"] => said(pump.bedside().resume()),
        ["standby", minutes] => match minutes.parse() {
            Ok(minutes) => said(pump.bedside().standby(minutes)),
            Err(_) => "not understood: minutes are a whole number".into(),
        },
        ["raise", alarm @ ("air" | "occlusion")] => {
            pump.bedside().raise(if alarm == "air" { Alarm::Air } else { Alarm::Occlusion });
            "done".into()
        }
        ["acknowledge"] => {
            pump.bedside().acknowledge();
            "done".into()
        }
        ["activate"] => match pump.bedside().activate() {
            Ok(()) => "done".into(),
            Err(Error::Refused(refusal)) => format!("refused: {}", refusal.rule.id()),
            Err(error) => format!("refused: {error}"),
        },
        _ => format!("not understood: {HELP}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pump::MemoryStorage;
    use pump::network::Settings;
    use pump::transfer::Key;

    #[test]
    fn numbers_are_exact() {
        let all = ["0", "12.5", "0.0001", "429496.7295", "429496.7296", "1.00000", "1.", ".5", "-1", "1e3", ""];
        let read = all.map(number);
        assert_eq!(read[..4], [Some(0), Some(125_000), Some(1), Some(u32::MAX)]);
        assert!(read[4..].iter().all(Option::is_none), "{read:?}");
    }

    #[test]
    fn every_command_reaches_the_pump() {
        let mut pump = NetworkPump::power_on(MemoryStorage::new(), Key::from([7; 32]), [1; 32], Settings::default());
        for (line, said) in [
            ("confirm", "refused: no order waits"),
            ("bolus 1 1", "refused"),
            ("start 10 5", "done"),
            (
                "show",
                "infusing, 10.0000 ml/h, 0.0000 of 5.0000 ml, alarms 0, library none, staged false, order none, state 0, error 0",
            ),
            (" bolus  60 0.5 ", "done"),
            ("standby 1", "refused"),
            ("raise air", "done"),
            ("start 1 1", "refused"),
            ("resume", "refused"),
            ("acknowledge", "done"),
            ("resume", "done"),
            ("stop", "done"),
            ("standby 10", "done"),
            ("raise occlusion", "done"),
            ("reject", "done"),
            ("activate", "refused: activation.staged"),
            ("standby x", "not understood: minutes are a whole number"),
            ("start 1 x", "not understood: a number has up to four decimals"),
        ] {
            assert_eq!(run(&mut pump, line), said, "{line}");
        }
        assert!(run(&mut pump, "raise the roof").ends_with(HELP));
    }
}
