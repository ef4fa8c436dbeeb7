//! Conversations in few bytes, for engines' scratch and pipes. What is kept is kept as text.

use super::{Conversation, MOST_STEPS, Saying, Step};
use crate::device::Line;

/// More bytes than this are not read.
const LIMIT: usize = 128 << 10;

/// The bytes of a conversation; none if it is longer than can be read back.
pub fn write(conversation: &Conversation) -> Option<Vec<u8>> {
    bincode::serde::encode_to_vec(&conversation.steps, bincode::config::standard().with_limit::<LIMIT>()).ok()
}

/// The conversation that bytes stand for, whatever they are: those that are none are said on the
/// first of these paths, all at once.
pub fn read(bytes: &[u8], paths: &[&'static str]) -> Conversation {
    let config = bincode::config::standard().with_limit::<LIMIT>();
    match bincode::serde::decode_from_slice::<Vec<Step>, _>(bytes, config) {
        Ok((mut steps, used)) if used == bytes.len() && !steps.is_empty() => {
            steps.truncate(MOST_STEPS);
            // The name of a path is there already.
            for line in steps.iter_mut().filter_map(Step::line_mut) {
                if let Some(path) = paths.iter().find(|path| **path == line.path) {
                    line.path = (*path).into();
                }
            }
            Conversation { steps }
        }
        _ => {
            let (which, said) = bytes.split_first().map_or((0, bytes), |(first, rest)| (usize::from(*first), rest));
            let path = paths.get(which % paths.len().max(1)).copied().unwrap_or_default();
            let line = Line { path: path.into(), number: 0 };
            let saying = Saying { line, bytes: said.to_vec(), fills: Vec::new(), pieces: 0 };
            Conversation { steps: vec![saying.into()] }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_reads_back_and_other_bytes_are_said() {
        let line = Line { path: "bcc".into(), number: 3 };
        let saying = Saying { line: line.clone(), bytes: vec![1, 2], fills: vec![("a".into(), "b".into())], pieces: 1 };
        let steps = vec![Step::Connect(line), saying.into(), Step::Cut { writes: 3, torn: true }];
        let conversation = Conversation { steps };
        let bytes = write(&conversation).expect("short");
        assert_eq!(read(&bytes, &["bcc"]), conversation);
        for rubbish in [&[][..], &[0xFF; 40], &bytes[..bytes.len() - 1], &[&bytes[..], b"!"].concat()] {
            let read = read(rubbish, &["bcc", "order"]);
            assert!(matches!(&read.steps[..], [Step::Say(_)]), "{read:?}");
        }
        assert_eq!(read(b"\x01ab", &["bcc", "order"]).steps.len(), 1);
    }
}
