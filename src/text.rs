//! Text from outside: what a host answers, what a file or a command holds.
//!
//! Whoever writes such text may want a terminal to obey it, a reader to take it for ours, a log to hold a
//! secret, or the memory to fill up. Here is the one rule for all of it: [`line()`] and `paragraphs` leave
//! printable characters in a bounded number, and [`Secrets`] masks what may not be repeated.
//!
//! Below all layers: must not know any of them.

use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

/// One line of at most `limit` characters. Whatever breaks lines becomes a space, every other character
/// that a terminal does not show becomes `U+FFFD`; what is left out is marked with `…`.
pub fn line(text: &str, limit: usize) -> String {
    bounded(text, limit).map(|c| if breaks_line(c) { ' ' } else { printable(c) }).collect()
}

/// The same with its line feeds and tabs, for texts that we have put together ourselves.
pub(crate) fn paragraphs(text: &str, limit: usize) -> String {
    bounded(text, limit).map(|c| if matches!(c, '\n' | '\t') { c } else { printable(c) }).collect()
}

fn bounded(text: &str, limit: usize) -> impl Iterator<Item = char> {
    let is_cut = text.char_indices().nth(limit).is_some();
    text.chars().take(limit).chain(is_cut.then_some('…'))
}

fn breaks_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn printable(c: char) -> char {
    if c.is_control() || is_invisible(c) { char::REPLACEMENT_CHARACTER } else { c }
}

/// The characters that Unicode assigns to formatting and separation (categories Cf, Zl, Zp), private use
/// aside: they show nothing, and change the order or the look of the text around them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
        | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Secrets in use, known by the hashes of their parts, to be masked in what a host says.
///
/// The whole secret is found, and at the latest any `FOUND` bytes of it in a row, as they are, in base64, in
/// hexadecimal, or any of these percent-encoded up to three times; the word around them is masked. Secrets below `SHORTEST` bytes
/// cannot be distinguished from ordinary words. A host that encodes what it was sent in a way of its own can repeat
/// it.
#[derive(Default)]
pub struct Secrets(Mutex<KnownSecrets>);

#[derive(Default)]
struct KnownSecrets {
    hasher: RandomState,
    /// Those that are used again and again; the newest last.
    lasting: VecDeque<Windows>,
    /// Those that are good for one request, apart: there are many, and none may crowd out a lasting one.
    passing: VecDeque<Windows>,
    /// How many secrets have a window with this length and hash.
    counts: HashMap<(usize, u64), usize>,
    /// How many windows have this length.
    lengths: HashMap<usize, usize>,
}

/// The hashes of one secret's windows, by which it is recognised.
#[derive(PartialEq, Eq)]
struct Windows(Vec<(usize, u64)>);

impl Secrets {
    /// From now on this text is masked. Of more than 128 the one that was not
    /// used for longest is forgotten.
    pub fn remember(&self, secret: &str) {
        self.remember_among(secret, |known| &mut known.lasting);
    }

    /// The same for a signature, which is good for one request.
    pub fn remember_passing(&self, secret: &str) {
        self.remember_among(secret, |known| &mut known.passing);
    }

    fn remember_among(&self, secret: &str, among: fn(&mut KnownSecrets) -> &mut VecDeque<Windows>) {
        if secret.len() >= SHORTEST {
            self.lock().remember(secret, among);
        }
    }

    /// The text with `***` for each word that holds a part of a secret.
    pub fn mask(&self, text: &str) -> String {
        let known = self.lock();
        if known.counts.is_empty() {
            return text.to_owned();
        }
        let mut masked = String::with_capacity(text.len());
        for word in text.split_inclusive(|c| !is_of_a_word(c)) {
            let end = word.trim_end_matches(|c| !is_of_a_word(c)).len();
            let (letters, separator) = word.split_at(end);
            masked.push_str(if known.holds(letters.as_bytes()) { MASK } else { letters });
            masked.push_str(separator);
        }
        masked
    }

    fn lock(&self) -> MutexGuard<'_, KnownSecrets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KnownSecrets {
    fn remember(&mut self, secret: &str, among: fn(&mut Self) -> &mut VecDeque<Windows>) {
        let windows = self.windows(secret);
        let secrets = among(self);
        if let Some(at) = secrets.iter().position(|known| *known == windows) {
            let again = secrets.remove(at);
            secrets.extend(again);
            return;
        }
        for (length, hash) in &windows.0 {
            *self.counts.entry((*length, *hash)).or_default() += 1;
            *self.lengths.entry(*length).or_default() += 1;
        }
        let secrets = among(self);
        secrets.push_back(windows);
        let oldest = if secrets.len() > KEPT { secrets.pop_front() } else { None };
        for (length, hash) in oldest.into_iter().flat_map(|windows| windows.0) {
            count_down(&mut self.counts, (length, hash));
            count_down(&mut self.lengths, length);
        }
    }

    fn windows(&self, secret: &str) -> Windows {
        let windows = forms(secret.as_bytes()).into_iter().flat_map(|form| {
            let (size, step) =
                if form.len() < FOUND { (form.len(), 1) } else { (WINDOW, FOUND - WINDOW + 1) };
            let hashes = form.windows(size.max(1)).step_by(step);
            hashes.map(|window| (size, self.hasher.hash_one(window))).collect::<Vec<_>>()
        });
        Windows(windows.collect())
    }

    /// Whether a secret is in the word, or in what the word is an encoding of.
    fn holds(&self, word: &[u8]) -> bool {
        let mut word = Cow::Borrowed(word);
        for _ in 0..MOST_ENCODINGS {
            if self.holds_as_it_is(&word) {
                return true;
            }
            let decoded: Vec<u8> = percent_encoding::percent_decode(&word).collect();
            if decoded == *word {
                return false;
            }
            word = Cow::Owned(decoded);
        }
        self.holds_as_it_is(&word)
    }

    fn holds_as_it_is(&self, word: &[u8]) -> bool {
        self.lengths.keys().any(|length| {
            let mut windows = word.windows(*length);
            windows.any(|window| self.counts.contains_key(&(*length, self.hasher.hash_one(window))))
        })
    }
}

fn count_down<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

/// What secrets, and what they are encoded in, are written with.
fn is_of_a_word(c: char) -> bool {
    c.is_ascii_graphic()
        && !matches!(c, '"' | '\'' | '[' | ']' | '(' | ')' | '{' | '}' | '<' | '>' | ',' | ';')
}

/// Each form in which a text may hold a secret, once it is percent-decoded.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    // A signature is hexadecimal itself, which means the same in either case.
    if secret.iter().all(u8::is_ascii_hexdigit) {
        forms.extend([secret.to_ascii_uppercase(), secret.to_ascii_lowercase()]);
    }
    // The text before it in the encoded text shifts it by none, one or two bytes.
    for before in 0..3 {
        let text = STANDARD_NO_PAD.encode([&vec![0; before], secret].concat());
        // The letters that no other byte has a part in.
        let letters = text.as_bytes().get((before * 8).div_ceil(6)..(before + secret.len()) * 8 / 6);
        forms.extend(letters.map(<[u8]>::to_vec));
    }
    forms
}

/// How often a text is percent-decoded in search of a secret.
const MOST_ENCODINGS: usize = 3;
/// What is shown in place of a secret.
const MASK: &str = "***";
/// As many bytes of a secret in a row are found wherever they begin.
const FOUND: usize = 19;
/// Secrets of fewer bytes are not known again.
const SHORTEST: usize = 8;
/// What is hashed: one window in each `FOUND - WINDOW + 1` bytes of a secret.
const WINDOW: usize = 12;
/// Of each term. A session of a member account has two secrets: more than are in use at a time.
const KEPT: usize = 128;

#[cfg(test)]
mod tests {
    use percent_encoding::NON_ALPHANUMERIC;
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "CAISxQJ1q6Ft5B2yfSjIr5fFAPHB3Zd0+9j/VrCQfRcNo1dg4yZ0ZGJhdHRlcnk=";

    #[test]
    fn lines_are_printable_and_single() {
        let text = "one\ttwo\r\nthree \u{1b}[2Jfour\u{7} \u{9b}1m \u{202e}evif\u{200f}\u{2028}\u{e0041} é 好";
        let shown = line(text, 100);
        let expected = "one two  three \u{fffd}[2Jfour\u{fffd} \u{fffd}1m \u{fffd}evif\u{fffd} \u{fffd} é 好";
        assert_eq!(shown, expected);
        assert_eq!(paragraphs("a\n\n\tb\r\u{2029}", 100), "a\n\n\tb\u{fffd}\u{fffd}");
    }

    proptest! {
        /// Whatever a text holds, a terminal shows it and does nothing else.
        #[test]
        fn any_text_is_printable_and_bounded(text: String, limit in 0..50_usize) {
            for (shown, allowed) in [(line(&text, limit), ""), (paragraphs(&text, limit), "\n\t")] {
                prop_assert!(shown.chars().count() <= limit + 1);
                prop_assert!(shown.chars().all(|c| allowed.contains(c) || !c.is_control() && !is_invisible(c)));
            }
        }

        /// However a secret is wrapped, [`FOUND`] bytes of it in a row are not left.
        #[test]
        fn no_part_of_a_secret_is_left(secret in "[A-Za-z0-9+/=._-]{19,200}", before: String, after: String) {
            let secrets = Secrets::default();
            secrets.remember(&secret);
            let masked = secrets.mask(&format!("{before}{secret}{after}"));
            for part in secret.as_bytes().windows(FOUND) {
                prop_assert!(!masked.contains(std::str::from_utf8(part).unwrap()));
            }
        }
    }

    #[test]
    fn what_is_left_out_is_marked() {
        for (text, shown) in [("", ""), ("好好", "好好"), ("好好好", "好好…"), ("abcdef", "ab…")]
        {
            assert_eq!(line(text, 2), shown);
        }
    }

    #[test]
    fn secrets_are_masked_in_every_form_and_part() {
        let secrets = Secrets::default();
        secrets.remember(TOKEN);
        let once = percent_encoding::percent_encode(TOKEN.as_bytes(), NON_ALPHANUMERIC).to_string();
        let hex: String = TOKEN.bytes().map(|byte| format!("{byte:02x}")).collect();
        let mut texts = vec![
            TOKEN.to_owned(),
            once.clone(),
            percent_encoding::percent_encode(once.as_bytes(), NON_ALPHANUMERIC).to_string(),
            hex.to_uppercase(),
            hex,
        ];
        // However it is spelled: every letter, or every other one.
        let all: String = TOKEN.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let every_other = TOKEN.chars().enumerate().map(|(at, c)| match at % 2 {
            0 => c.to_string(),
            _ => format!("%{:02X}", u32::from(c)),
        });
        texts.extend([all, every_other.collect()]);
        let before = ["", "a", "id"].map(|before| STANDARD_NO_PAD.encode(format!("{before}{TOKEN}")));
        texts.extend(before);
        texts.extend((0..=TOKEN.len() - FOUND).map(|at| TOKEN[at..at + FOUND].to_owned()));
        for text in texts {
            let masked = secrets.mask(&format!("token [x-acs-security-token:{text}]: refused"));
            assert_eq!(masked, "token [***]: refused", "{text}");
        }
    }

    #[test]
    fn ordinary_words_are_not_masked() {
        let secrets = Secrets::default();
        for secret in ["", "short", TOKEN] {
            secrets.remember(secret);
        }
        let text = "The role AliyunServiceRoleForMssp does not exist in short. ~ 好 CAISxQJ1q6F";
        assert_eq!(secrets.mask(text), text);
    }

    #[test]
    fn a_short_secret_is_masked_as_a_whole() {
        let secrets = Secrets::default();
        secrets.remember("hush-hush");
        assert_eq!(secrets.mask("key=hush-hush, hush-hus"), "***, hush-hus");
    }

    #[test]
    fn hexadecimal_is_masked_in_either_case() {
        let secrets = Secrets::default();
        secrets.remember_passing("9a86f9646df645b0a9f4b69d619ff8e5");
        assert_eq!(secrets.mask("Signature=9A86F9646DF645B0A9F4B69D619FF8E5"), MASK);
    }

    #[test]
    fn no_number_of_signatures_crowds_out_a_token() {
        let secrets = Secrets::default();
        secrets.remember(TOKEN);
        let signature = |number: usize| format!("{number:08x}{:056x}", 7);
        (0..=KEPT).for_each(|number| secrets.remember_passing(&signature(number)));
        assert_eq!(secrets.mask(TOKEN), MASK);
        assert_eq!(secrets.mask(&signature(KEPT)), MASK);
        assert_eq!(secrets.lock().passing.len(), KEPT);
    }

    #[test]
    fn the_oldest_secret_is_forgotten() {
        let secrets = Secrets::default();
        let name = |number: usize| format!("secret-number-{number:08}-of-many");
        secrets.remember(&name(0));
        (1..KEPT).for_each(|number| secrets.remember(&name(number)));
        secrets.remember(&name(0));
        secrets.remember(&name(KEPT));
        let of_oldest = [0, 1, 2, KEPT].map(|number| secrets.mask(&name(number)));
        assert_eq!(secrets.lock().lasting.len(), KEPT);
        assert_eq!(of_oldest[0], MASK, "used again, and so not the oldest");
        assert_eq!(of_oldest[3], MASK);
        let known = secrets.lock();
        let windows: usize = known.lasting.iter().map(|secret| secret.0.len()).sum();
        assert_eq!(known.counts.values().sum::<usize>(), windows);
        assert_eq!(known.lengths.values().sum::<usize>(), windows);
    }
}
