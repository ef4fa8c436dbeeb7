//! The glue stays small, and the parser knows nothing of infuzz.

#[test]
fn the_glue_has_at_most_sixty_lines() {
    let lines = include_str!("../src/glue.rs").lines().map(str::trim);
    let code = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
    assert!(code <= 60, "{code} lines that are neither blank nor a comment");
}

#[test]
fn the_parser_knows_nothing_of_infuzz() {
    let mut code = include_str!("../src/parser.rs").lines().filter(|line| !line.trim().starts_with("//"));
    assert_eq!(code.find(|line| line.contains("infuzz")), None);
}
