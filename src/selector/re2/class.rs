//! Character classes: Perl's and POSIX's, ASCII as in RE2, and Unicode's general categories and scripts.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};

type Ranges = &'static [(char, char)];

const DIGIT: Ranges = &[('0', '9')];
const WORD: Ranges = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
/// Without the vertical tab, which only `[[:space:]]` has.
const PERL_SPACE: Ranges = &[('\t', '\n'), ('\x0C', '\r'), (' ', ' ')];

const POSIX: [(&str, Ranges); 14] = [
    ("alnum", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
    ("alpha", &[('A', 'Z'), ('a', 'z')]),
    ("ascii", &[('\0', '\x7F')]),
    ("blank", &[('\t', '\t'), (' ', ' ')]),
    ("cntrl", &[('\0', '\x1F'), ('\x7F', '\x7F')]),
    ("digit", DIGIT),
    ("graph", &[('!', '~')]),
    ("lower", &[('a', 'z')]),
    ("print", &[(' ', '~')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("space", &[('\t', '\r'), (' ', ' ')]),
    ("upper", &[('A', 'Z')]),
    ("word", WORD),
    ("xdigit", &[('0', '9'), ('A', 'F'), ('a', 'f')]),
];

/// General categories by the short names that every Go release knows.
const CATEGORIES: [&str; 36] = [
    "C", "Cc", "Cf", "Co", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No",
    "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs", "Cs",
];

/// Scripts of Unicode 15 by the names Go has for them, in its spelling. Sorted.
const SCRIPTS: [&str; 163] = [
    "Adlam",
    "Ahom",
    "Anatolian_Hieroglyphs",
    "Arabic",
    "Armenian",
    "Avestan",
    "Balinese",
    "Bamum",
    "Bassa_Vah",
    "Batak",
    "Bengali",
    "Bhaiksuki",
    "Bopomofo",
    "Brahmi",
    "Braille",
    "Buginese",
    "Buhid",
    "Canadian_Aboriginal",
    "Carian",
    "Caucasian_Albanian",
    "Chakma",
    "Cham",
    "Cherokee",
    "Chorasmian",
    "Common",
    "Coptic",
    "Cuneiform",
    "Cypriot",
    "Cypro_Minoan",
    "Cyrillic",
    "Deseret",
    "Devanagari",
    "Dives_Akuru",
    "Dogra",
    "Duployan",
    "Egyptian_Hieroglyphs",
    "Elbasan",
    "Elymaic",
    "Ethiopic",
    "Georgian",
    "Glagolitic",
    "Gothic",
    "Grantha",
    "Greek",
    "Gujarati",
    "Gunjala_Gondi",
    "Gurmukhi",
    "Han",
    "Hangul",
    "Hanifi_Rohingya",
    "Hanunoo",
    "Hatran",
    "Hebrew",
    "Hiragana",
    "Imperial_Aramaic",
    "Inherited",
    "Inscriptional_Pahlavi",
    "Inscriptional_Parthian",
    "Javanese",
    "Kaithi",
    "Kannada",
    "Katakana",
    "Kawi",
    "Kayah_Li",
    "Kharoshthi",
    "Khitan_Small_Script",
    "Khmer",
    "Khojki",
    "Khudawadi",
    "Lao",
    "Latin",
    "Lepcha",
    "Limbu",
    "Linear_A",
    "Linear_B",
    "Lisu",
    "Lycian",
    "Lydian",
    "Mahajani",
    "Makasar",
    "Malayalam",
    "Mandaic",
    "Manichaean",
    "Marchen",
    "Masaram_Gondi",
    "Medefaidrin",
    "Meetei_Mayek",
    "Mende_Kikakui",
    "Meroitic_Cursive",
    "Meroitic_Hieroglyphs",
    "Miao",
    "Modi",
    "Mongolian",
    "Mro",
    "Multani",
    "Myanmar",
    "Nabataean",
    "Nag_Mundari",
    "Nandinagari",
    "New_Tai_Lue",
    "Newa",
    "Nko",
    "Nushu",
    "Nyiakeng_Puachue_Hmong",
    "Ogham",
    "Ol_Chiki",
    "Old_Hungarian",
    "Old_Italic",
    "Old_North_Arabian",
    "Old_Permic",
    "Old_Persian",
    "Old_Sogdian",
    "Old_South_Arabian",
    "Old_Turkic",
    "Old_Uyghur",
    "Oriya",
    "Osage",
    "Osmanya",
    "Pahawh_Hmong",
    "Palmyrene",
    "Pau_Cin_Hau",
    "Phags_Pa",
    "Phoenician",
    "Psalter_Pahlavi",
    "Rejang",
    "Runic",
    "Samaritan",
    "Saurashtra",
    "Sharada",
    "Shavian",
    "Siddham",
    "SignWriting",
    "Sinhala",
    "Sogdian",
    "Sora_Sompeng",
    "Soyombo",
    "Sundanese",
    "Syloti_Nagri",
    "Syriac",
    "Tagalog",
    "Tagbanwa",
    "Tai_Le",
    "Tai_Tham",
    "Tai_Viet",
    "Takri",
    "Tamil",
    "Tangsa",
    "Tangut",
    "Telugu",
    "Thaana",
    "Thai",
    "Tibetan",
    "Tifinagh",
    "Tirhuta",
    "Toto",
    "Ugaritic",
    "Vai",
    "Vithkuqi",
    "Wancho",
    "Warang_Citi",
    "Yezidi",
    "Yi",
    "Zanabazar_Square",
];

fn set(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|(low, high)| ClassUnicodeRange::new(*low, *high)))
}

/// Everything: what `.` matches under `s`.
pub(super) fn any() -> ClassUnicode {
    set(&[('\0', char::MAX)])
}

/// Code points from `low` to `high`. Surrogates are left out: RE2 takes them and no text has them.
pub(super) fn range(low: u32, high: u32) -> Option<ClassUnicodeRange> {
    let low = if (0xD800..0xE000).contains(&low) { 0xE000 } else { low };
    let high = if (0xD800..0xE000).contains(&high) { 0xD7FF } else { high };
    let (low, high) = (char::from_u32(low)?, char::from_u32(high)?);
    (low <= high).then(|| ClassUnicodeRange::new(low, high))
}

/// The class of `\d`, `\s` or `\w`, given the lower-case letter.
pub(super) fn perl(letter: char) -> Option<ClassUnicode> {
    match letter {
        'd' => Some(set(DIGIT)),
        's' => Some(set(PERL_SPACE)),
        'w' => Some(set(WORD)),
        _ => None,
    }
}

/// The class of `[:name:]`.
pub(super) fn posix(name: &str) -> Option<ClassUnicode> {
    POSIX.iter().find(|(known, _)| *known == name).map(|(_, ranges)| set(ranges))
}

/// The class of `\p{name}`: a general category by its short name, a script, or `Any`.
pub(super) fn unicode(name: &str) -> Option<ClassUnicode> {
    let property = match name {
        "Any" => return Some(any()),
        "Cs" => return Some(ClassUnicode::empty()),
        _ if CATEGORIES.contains(&name) => "gc",
        _ if SCRIPTS.binary_search(&name).is_ok() => "sc",
        _ => return None,
    };
    match regex_syntax::parse(&format!(r"\p{{{property}={name}}}")).ok()?.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        // A category of one character.
        HirKind::Literal(literal) => {
            let characters = std::str::from_utf8(&literal.0).ok()?.chars();
            Some(ClassUnicode::new(characters.map(|c| ClassUnicodeRange::new(c, c))))
        }
        _ => None,
    }
}

/// Whether `c` is a letter, a digit or `_` to Go (Unicode 15): what a variable's name in a template is made of.
pub(crate) fn is_word(c: char) -> bool {
    static WORDS: LazyLock<ClassUnicode> = LazyLock::new(|| {
        let class = match regex_syntax::parse(r"[_\p{L}\p{Nd}&&\p{age:15.0}]").map(Hir::into_kind) {
            Ok(HirKind::Class(Class::Unicode(class))) => Some(class),
            _ => None,
        };
        class.expect("a fixed expression")
    });
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    let ranges = WORDS.ranges();
    let at = ranges.partition_point(|range| range.end() < c);
    ranges.get(at).is_some_and(|range| range.start() <= c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_tables_is_known_below() {
        assert!(SCRIPTS.is_sorted());
        for name in SCRIPTS.iter().chain(&CATEGORIES) {
            assert!(unicode(name).is_some(), "{name}");
        }
        assert!(unicode("Greek").is_some_and(|class| !class.ranges().is_empty()));
        assert_eq!(unicode("greek"), None);
        assert_eq!(unicode("Letter"), None);
    }

    #[test]
    fn words_are_letters_and_digits_of_unicode_15() {
        for (c, word) in
            [('a', true), ('_', true), ('7', true), ('é', true), ('٧', true), ('²', false), ('-', false)]
        {
            assert_eq!(is_word(c), word, "{c}");
        }
        assert!(!is_word('\u{A7CB}'), "a letter since Unicode 16");
        assert!(!is_word('\u{301}'), "a mark");
    }

    #[test]
    fn ranges_leave_surrogates_out() {
        assert_eq!(range(0xD800, 0xDFFF), None);
        assert_eq!(range(0xD700, 0xD900), Some(ClassUnicodeRange::new('\u{D700}', '\u{D7FF}')));
        assert_eq!(range(0xDC00, 0xE001), Some(ClassUnicodeRange::new('\u{E000}', '\u{E001}')));
    }
}
