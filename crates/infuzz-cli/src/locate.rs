//! Finds the place of a field path in a JSON text, for errors with line and column.

/// Line and column (in characters), from 1, of the value at a path such as
/// `setup[3].continuous.unit`; of the innermost value on the way to it that is there, if it is not.
/// The text must be valid JSON.
pub fn position(text: &str, path: &str) -> (usize, usize) {
    let mut cursor = Cursor { text: text.as_bytes(), at: 0 };
    cursor.space();
    let mut found = cursor.at;
    let mut rest = path;
    while let Some((step, after)) = step(rest) {
        let Some(at) = cursor.enter(step) else { break };
        found = at;
        cursor.at = at;
        rest = after;
    }
    let before = text.get(..found).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

fn step(path: &str) -> Option<(Step<'_>, &str)> {
    if let Some(rest) = path.strip_prefix('[') {
        let (index, rest) = rest.split_once(']')?;
        return Some((Step::Index(index.parse().ok()?), rest));
    }
    let path = path.strip_prefix('.').unwrap_or(path);
    let end = path.find(['.', '[']).unwrap_or(path.len());
    (end > 0).then(|| (Step::Name(&path[..end]), &path[end..]))
}

struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Where the member or item of the value here begins. Of members with the same name the last
    /// one counts, as it does when the text is read.
    fn enter(&mut self, step: Step<'_>) -> Option<usize> {
        let open = self.peek()?;
        let mut found = None;
        self.at += 1;
        for index in 0.. {
            self.space();
            if matches!(self.peek(), None | Some(b'}' | b']')) {
                break;
            }
            let mut name = None;
            if open == b'{' {
                let start = self.at;
                self.skip();
                name = self.text.get(start..self.at).and_then(|text| serde_json::from_slice::<String>(text).ok());
                self.space();
                self.at += 1;
                self.space();
            }
            let wanted = match step {
                Step::Name(wanted) => open == b'{' && name.as_deref() == Some(wanted),
                Step::Index(wanted) => open == b'[' && index == wanted,
            };
            if wanted {
                found = Some(self.at);
            }
            self.skip();
            self.space();
            if self.peek() == Some(b',') {
                self.at += 1;
            }
        }
        found
    }

    /// Passes over one value.
    fn skip(&mut self) {
        let mut depth = 0usize;
        loop {
            match self.peek() {
                None => return,
                Some(b'"') => self.string(),
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'}' | b']') => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                Some(b',' | b':') => self.at += 1,
                Some(byte) if byte.is_ascii_whitespace() => self.at += 1,
                Some(_) => {
                    while self.peek().is_some_and(|byte| !byte.is_ascii_whitespace() && !b",:{}[]\"".contains(&byte)) {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "{\n \"a\": [1, {\"b\": \"x,}]\\\"\", \"é\": {\"c\" : true}}, [ ]],\n\n \"d\": {}, \"d\": {\"e\":-1.5e3}\n}";

    fn at(path: &str) -> &str {
        let (line, column) = position(TEXT, path);
        let line = TEXT.lines().nth(line - 1).unwrap_or_default();
        &line[line.char_indices().nth(column - 1).map_or(0, |(at, _)| at)..]
    }

    #[test]
    fn finds_members_and_items() {
        assert!(at("a").starts_with("[1,"));
        assert!(at("a[0]").starts_with("1,"));
        assert!(at("a[1].b").starts_with("\"x,}]"));
        assert!(at("a[1].é.c").starts_with("true"));
        assert!(at("a[2]").starts_with("[ ]"));
    }

    #[test]
    fn of_two_members_with_one_name_the_last_counts() {
        assert!(at("d.e").starts_with("-1.5e3"));
    }

    #[test]
    fn what_is_missing_is_where_it_should_be() {
        assert!(at("a[1].z.y").starts_with("{\"b\""));
        assert!(at("a[7]").starts_with("[1,"));
        assert_eq!(position(TEXT, "nowhere"), (1, 1));
        assert_eq!(position(TEXT, ""), (1, 1));
    }
}
