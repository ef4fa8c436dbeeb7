//! How much is answered at once: when it is too much the connection is closed, and nothing is sent.

use super::telling::travelling;
use super::{Bcc, Due, MOST_WAITING, arrival};
use infuzz::conversation::World;

impl Bcc<'_> {
    /// Whether more is to be answered to what was sent than may wait. Where a value may be one of
    /// several, or it is open whether a frame is a request, it may be.
    pub(super) fn is_too_much(&mut self, number: u8, sent: &[u8], world: &World) -> bool {
        let before = self.now.hosts.get(&number).cloned().unwrap_or_default();
        let choices = [before.rest.choices(), before.cycle.choices(), world.order_error.len()];
        let choices = choices.into_iter().max().unwrap_or(1);
        let too_much = (0..choices).any(|choice| {
            self.now.hosts.insert(number, before.clone());
            self.answers(number, sent, choice, world).is_none_or(|bytes| bytes > MOST_WAITING)
        });
        self.now.hosts.insert(number, before);
        too_much
    }

    /// How many bytes are answered, if each value that may be one of several is this one. None: a
    /// judgement is open.
    fn answers(&mut self, number: u8, sent: &[u8], choice: usize, world: &World) -> Option<usize> {
        let mut bytes = 0;
        for byte in sent {
            let host = self.now.hosts.entry(number).or_default();
            if let Some(arrival) = arrival(host, *byte) {
                let (kind, due) = self.arrived(number, arrival);
                bytes += self.answer(number, kind, &due, choice, world)?;
            }
        }
        Some(bytes)
    }

    /// How many bytes one answer has.
    fn answer(&mut self, number: u8, kind: &str, due: &Due, choice: usize, world: &World) -> Option<usize> {
        let seconds = self.now.up_ms / 1000;
        match due {
            Due::Acknowledged | Due::Version | Due::Block => self.begun(number, kind, 0, world),
            Due::Error(code) if *code != 68 => self.begun(number, kind, *code, world),
            _ => {}
        }
        let host = self.now.hosts.entry(number).or_default();
        let bytes = match due {
            Due::Nothing => return Some(0),
            Due::Again => return Some(host.last.len()),
            Due::Or68(_) => return None,
            Due::Acknowledged => travelling(&format!("{seconds},50100,GNACK,0")),
            Due::Version => travelling(&format!("{seconds},50100,V3.36")),
            Due::Error(code) => travelling(&format!("{seconds},50100,GNERR,{code}")),
            Due::Block => host.rest.skip(choice),
            Due::OfCycle => {
                let mut bytes = 0;
                let took = host.cycle.take(|report| {
                    bytes = report.skip(choice);
                    Ok(report.is_over())
                });
                took.ok()?;
                bytes
            }
        };
        host.last = vec![0; bytes];
        Some(bytes)
    }
}
