//! A pattern in which `*` stands for any run of characters, in the words of either database: case counts, and
//! everything else is itself.

/// A pattern of a team's rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// For SQLite's GLOB; its LIKE does not tell upper from lower case.
    pub glob: String,
    /// For PostgreSQL's LIKE, with `\` as the escape.
    pub like: String,
}

impl Pattern {
    pub fn of(text: &str) -> Self {
        let (mut glob, mut like) = (String::with_capacity(text.len()), String::with_capacity(text.len()));
        for letter in text.chars() {
            match letter {
                '*' => {
                    glob.push('*');
                    like.push('%');
                }
                '?' | '[' => {
                    glob.extend(['[', letter, ']']);
                    like.push(letter);
                }
                '%' | '_' | '\\' => {
                    glob.push(letter);
                    like.extend(['\\', letter]);
                }
                _ => {
                    glob.push(letter);
                    like.push(letter);
                }
            }
        }
        Self { glob, like }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_star_is_more_than_itself() {
        let pattern = Pattern::of("sh?p_%[a]\\*");
        assert_eq!((pattern.glob.as_str(), pattern.like.as_str()), ("sh[?]p_%[[]a]\\*", "sh?p\\_\\%[a]\\\\%"));
    }
}
