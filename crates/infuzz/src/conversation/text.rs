//! Conversations as text.

use super::{Conversation, FIRST_LINE, MOST_BYTES, MOST_STEPS, Saying, Step};
use crate::device::{Act, Line};
use crate::hex::{self, Hex};
use crate::session::SessionError;
use std::fmt;

/// The first words of steps, besides those at the bedside.
const WORDS: [&str; 6] = ["connect", "disconnect", "say", "wait", "restart", "cut"];

/// What a person does, by its word.
fn act(word: &str) -> Option<Act> {
    Act::ALL.iter().find(|(_, known)| *known == word).map(|(act, _)| *act)
}

impl fmt::Display for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self {
            Step::Connect(line) | Step::Disconnect(line) => write!(f, " {line}"),
            Step::Say(saying) => write!(f, " {saying}"),
            Step::Wait(milliseconds) => write!(f, " {milliseconds}"),
            Step::Act(_) | Step::Restart => Ok(()),
            Step::RestartCyclic => f.write_str(" cyclic"),
            Step::Cut { writes, torn } => write!(f, " {writes}{}", if *torn { " torn" } else { "" }),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.number)
    }
}

impl fmt::Display for Saying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.line)?;
        if self.bytes.is_empty() {
            f.write_str("-")?
        } else {
            write!(f, "{}", Hex(&self.bytes))?
        }
        for (field, slot) in &self.fills {
            write!(f, " {field}={slot}")?;
        }
        if self.pieces > 0 { write!(f, " in {}", self.pieces) } else { Ok(()) }
    }
}

impl Conversation {
    /// Whether a file is meant as a conversation.
    pub fn is_conversation(bytes: &[u8]) -> bool {
        bytes.starts_with(FIRST_LINE.as_bytes())
    }

    /// Reads a conversation.
    ///
    /// # Errors
    /// The first line that is no step.
    pub fn parse(text: &str) -> Result<Self, SessionError> {
        let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
        let fail = |line: usize, what: String| SessionError { line, what };
        match lines.next() {
            Some((_, first)) if first == FIRST_LINE => {}
            _ => return Err(fail(1, format!("the first line is `{FIRST_LINE}`"))),
        }
        let mut steps = Vec::new();
        for (at, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            if steps.len() >= MOST_STEPS {
                return Err(fail(at, format!("there are more than {MOST_STEPS} steps")));
            }
            steps.push(step(line).map_err(|why| fail(at, why))?);
        }
        Ok(Conversation { steps })
    }
}

fn step(line: &str) -> Result<Step, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    Ok(match words.as_slice() {
        ["connect", path, number] => Step::Connect(line_of(path, number)?),
        ["disconnect", path, number] => Step::Disconnect(line_of(path, number)?),
        ["say", path, number, bytes, rest @ ..] => saying(line_of(path, number)?, bytes, rest)?.into(),
        ["wait", milliseconds] => Step::Wait(number(milliseconds)?),
        ["restart"] => Step::Restart,
        ["restart", "cyclic"] => Step::RestartCyclic,
        ["cut", writes] => Step::Cut { writes: number(writes)?, torn: false },
        ["cut", writes, "torn"] => Step::Cut { writes: number(writes)?, torn: true },
        [word, rest @ ..]
            if let Some(act) = act(word)
                && rest.is_empty() =>
        {
            Step::Act(act)
        }
        [word, ..] if WORDS.contains(word) || act(word).is_some() => {
            return Err(format!("`{word}` has too few or too many words"));
        }
        _ => {
            let words = WORDS.into_iter().chain(Act::ALL.map(|(_, word)| word));
            return Err(format!("`{line}` is no step; steps are {}", words.collect::<Vec<_>>().join(", ")));
        }
    })
}

fn saying(line: Line, bytes: &str, rest: &[&str]) -> Result<Saying, String> {
    let bytes = match bytes {
        "-" => Vec::new(),
        digits => hex::read(digits).ok_or("what is said is pairs of hexadecimal digits, or `-`")?,
    };
    if bytes.len() > MOST_BYTES {
        return Err(format!("{} bytes are said, and {MOST_BYTES} are the most", bytes.len()));
    }
    let (fills, pieces) = match rest {
        [fills @ .., "in", size] => {
            (fills, u16::try_from(number(size)?).map_err(|_| "a piece has at most 65535 bytes")?)
        }
        fills => (fills, 0),
    };
    let fill = |word: &&str| match word.split_once('=') {
        Some((field, slot)) => Ok((field.to_string(), slot.to_string())),
        None => Err(format!("`{word}` is no `FIELD=SLOT`")),
    };
    Ok(Saying { line, bytes, fills: fills.iter().map(fill).collect::<Result<_, _>>()?, pieces })
}

fn line_of(path: &str, number: &str) -> Result<Line, String> {
    let number = number.parse().map_err(|_| format!("`{number}` is no number below 256"))?;
    Ok(Line { path: path.to_string().into(), number })
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number below 4294967296"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u8) -> Line {
        Line { path: "library-transfer".into(), number }
    }

    #[test]
    fn a_conversation_reads_back_as_it_was_written() {
        let saying = Saying { line: line(2), bytes: vec![0x4C, 0xFF], fills: Vec::new(), pieces: 0 };
        let fills = vec![("session".into(), "session".into()), ("payload.proof.mac".into(), "proof".into())];
        let conversation = Conversation {
            steps: vec![
                Step::Connect(line(0)),
                saying.clone().into(),
                Saying { bytes: Vec::new(), pieces: 3, ..saying.clone() }.into(),
                Saying { fills, pieces: 65535, ..saying }.into(),
                Step::Wait(70_000),
                Step::Act(Act::Start),
                Step::Act(Act::Acknowledge),
                Step::Cut { writes: 2, torn: true },
                Step::Cut { writes: 0, torn: false },
                Step::Restart,
                Step::RestartCyclic,
                Step::Disconnect(line(255)),
            ],
        };
        assert_eq!(Conversation::parse(&conversation.to_string()), Ok(conversation));
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line) in [
            ("", 1),
            ("infuzz session 1\n", 1),
            ("infuzz session 2\nsay bcc 1 4\n", 2),
            ("infuzz session 2\n\n# why\nsay bcc 1 4G\n", 4),
            ("infuzz session 2\nsay bcc 1 - x\n", 2),
            ("infuzz session 2\nsay bcc 1 - in 65536\n", 2),
            ("infuzz session 2\nconnect bcc 256\n", 2),
            ("infuzz session 2\nrestart now\n", 2),
            ("infuzz session 2\njump\n", 2),
        ] {
            assert_eq!(Conversation::parse(text).expect_err(text).line, line, "{text:?}");
        }
        let long = format!("{FIRST_LINE}\n{}", "stop\n".repeat(MOST_STEPS + 1));
        assert_eq!(Conversation::parse(&long).expect_err("long").line, MOST_STEPS + 2);
    }
}
