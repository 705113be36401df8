//! Hands: how an office, a passport system or an alphabet writes a name. Written from the sources
//! and apart from the matcher's tables, as code instead of rows, so that a slip in the one shows in
//! the other.
//!
//! A hand has habits, bits of a number: what one office does and another does not. A document is
//! written by one habit throughout.

/// A people whose names are spelled by rules of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum People {
    Kazakh,
    Russian,
    Uzbek,
    Uyghur,
    German,
    Korean,
    Turkish,
}

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hand {
    /// The people's own spelling.
    Own,
    /// A Russian document.
    Russian,
    /// Kazakhstan's passport, from the people's own spelling.
    Passport,
    /// Kazakhstan's passport, from the Russian spelling.
    PassportFromRussian,
    /// ICAO 9303, from the Russian spelling.
    Icao,
    /// BGN/PCGN.
    Bgn,
    /// ICS-630-01.
    Ics,
    /// The Latin alphabet of 2021.
    Latin2021,
    /// QazAqparat.
    QazAqparat,
    /// The people's own Latin alphabet: Uzbek of 1995; Turkish in a machine-readable zone.
    OwnLatin,
}

impl Hand {
    /// Whether it is a table for maps, libraries or news, and none of documents.
    pub(super) fn is_table(self) -> bool {
        matches!(self, Hand::Bgn | Hand::Ics | Hand::QazAqparat)
    }
}

/// Habits that a hand can have: numbers below this.
pub(super) const HABITS: u32 = 8;

impl People {
    pub(super) fn hands(self) -> &'static [Hand] {
        use Hand::*;
        match self {
            People::Kazakh => {
                &[Own, Russian, Passport, PassportFromRussian, Icao, Bgn, Ics, Latin2021, QazAqparat]
            }
            People::Russian | People::German | People::Korean => &[Own, PassportFromRussian, Icao, Bgn],
            People::Uzbek => &[Own, Russian, PassportFromRussian, Icao, OwnLatin],
            People::Uyghur => &[Own, Russian, PassportFromRussian, Icao],
            People::Turkish => &[Own, OwnLatin, Russian, PassportFromRussian, Icao],
        }
    }
}

/// A name in small letters as a hand writes it. `irregular` is the Russian spelling where it has one
/// of its own.
pub(super) fn write(people: People, hand: Hand, habit: u32, name: &str, irregular: Option<&str>) -> String {
    let russian = || irregular.map_or_else(|| russian(people, habit, name), str::to_string);
    match hand {
        Hand::Own => name.to_string(),
        Hand::Russian => russian(),
        Hand::Passport => passport(name, habit),
        Hand::PassportFromRussian => passport(&russian(), habit),
        Hand::Icao => icao(&russian()),
        Hand::Bgn => bgn(name),
        Hand::Ics => ics(name),
        Hand::Latin2021 => latin2021(name),
        Hand::QazAqparat => qazaqparat(name),
        Hand::OwnLatin if people == People::Uzbek => uzbek_latin(name),
        Hand::OwnLatin => turkish_zone(name),
    }
}

fn is_vowel(c: char) -> bool {
    "аәеёиоөуұүыіэюяў".contains(c)
}

/// Goes letter by letter with the neighbours at hand.
fn each(text: &str, write: impl Fn(Option<char>, char, Option<char>) -> String) -> String {
    let letters: Vec<char> = text.chars().collect();
    let at = |i: Option<usize>| i.and_then(|i| letters.get(i)).copied().filter(|c| c.is_alphabetic());
    (0..letters.len()).map(|i| write(at(i.checked_sub(1)), letters[i], at(Some(i + 1)))).collect()
}

fn russian(people: People, habit: u32, name: &str) -> String {
    match people {
        People::Kazakh => russian_of_kazakh(name, habit),
        People::Uzbek => {
            let name = name.strip_prefix('ж').map_or(name.to_string(), |rest| format!("дж{rest}"));
            name.replace('ъ', "").replace('ў', "у").replace('ғ', "г").replace('қ', "к").replace('ҳ', "х")
        }
        People::Uyghur => {
            let name = name.replace('җ', "дж").replace('ғ', "г").replace('қ', "к").replace('ң', "н");
            name.replace('ә', "а").replace('ө', "о").replace('ү', "у").replace('һ', "х")
        }
        People::Turkish => turkish_in_russian(name),
        People::Russian | People::German | People::Korean => {
            if habit & 1 == 1 {
                name.replace('ё', "е")
            } else {
                name.to_string()
            }
        }
    }
}

fn russian_of_kazakh(name: &str, habit: u32) -> String {
    // Гүл- and a last -ел, -ил are soft in Russian: Гульнар, Асель.
    let mut soft = name.replace("гүл", if habit & 4 == 4 { "гюль" } else { "гүль" });
    if soft.ends_with("ел") || soft.ends_with("іл") {
        soft.push('ь');
    }
    if habit & 2 == 2 {
        soft = soft.replace("йы", "и").replace("йі", "и");
    }
    if habit & 1 == 1 && soft.starts_with('ж') {
        soft = format!("д{soft}");
    }
    if habit & 2 == 2 && soft.starts_with('ө') {
        soft = soft.replacen('ө', "у", 1);
    }
    each(&soft, |_, letter, _| {
        match letter {
            'ә' => "а",
            'ғ' => "г",
            'қ' => "к",
            'ң' => "н",
            'ө' => "о",
            'ұ' | 'ү' => "у",
            'һ' => "х",
            'і' => "и",
            other => return other.to_string(),
        }
        .into()
    })
}

fn passport(text: &str, habit: u32) -> String {
    each(text, |before, letter, after| {
        let open = before.is_none_or(is_vowel);
        match letter {
            'е' if open || before == Some('ь') => "ye",
            'с' if before.is_some_and(is_vowel) && after.is_some_and(is_vowel) && habit & 4 == 0 => "ss",
            'й' if habit & 2 == 2 => "i",
            'ё' => {
                if habit & 1 == 1 {
                    "e"
                } else {
                    "yo"
                }
            }
            'ә' => "a",
            'ғ' => "g",
            'қ' => "k",
            'ң' => "n",
            'ө' => "o",
            'ұ' | 'ү' => "u",
            'і' => "i",
            'һ' => "h",
            'щ' if habit & 1 == 1 => "sch",
            'й' | 'ы' => "y",
            'ю' => "yu",
            'я' => "ya",
            'ь' | 'ъ' => "",
            other => return common(other),
        }
        .into()
    })
}

/// What every English-looking system writes alike.
fn common(letter: char) -> String {
    match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'д' => "d",
        'е' | 'э' => "e",
        'ж' => "zh",
        'з' => "z",
        'и' => "i",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ф' => "f",
        'х' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        other => return other.to_string(),
    }
    .into()
}

fn icao(text: &str) -> String {
    each(text, |_, letter, _| {
        match letter {
            'ё' => "e",
            'й' => "i",
            'ы' => "y",
            'ъ' => "ie",
            'ь' => "",
            'ю' => "iu",
            'я' => "ia",
            other => return common(other),
        }
        .into()
    })
}

fn bgn(text: &str) -> String {
    each(text, |_, letter, _| {
        match letter {
            'ә' => "ä",
            'ғ' => "gh",
            'қ' => "q",
            'ң' => "ng",
            'ө' => "ö",
            'ү' => "ü",
            'ұ' => "u",
            'у' => "ū",
            'и' => "ī",
            'і' => "i",
            'һ' => "h",
            'й' | 'ы' => "y",
            'ё' => "yo",
            'э' => "ė",
            'ю' => "yu",
            'я' => "ya",
            'ъ' => "”",
            'ь' => "’",
            other => return common(other),
        }
        .into()
    })
}

fn ics(text: &str) -> String {
    each(&text.replace("шш", "ш"), |_, letter, _| {
        match letter {
            'ә' => "a",
            'ғ' => "gh",
            'қ' => "q",
            'ң' => "ng",
            'ө' => "o",
            'ү' | 'ұ' => "u",
            'і' => "i",
            'һ' => "h",
            'й' | 'ы' => "y",
            'ё' => "yo",
            'ю' => "yu",
            'я' => "ya",
            'ь' | 'ъ' => "",
            other => return common(other),
        }
        .into()
    })
}

fn latin2021(text: &str) -> String {
    each(text, |_, letter, _| {
        match letter {
            'ә' => "ä",
            'ғ' => "ğ",
            'ж' => "j",
            'қ' => "q",
            'ң' => "ñ",
            'ө' => "ö",
            'ұ' => "ū",
            'ү' => "ü",
            'х' | 'һ' => "h",
            'ш' => "ş",
            'щ' => "şç",
            'й' | 'і' => "i",
            'ы' => "y",
            'ё' => "yo",
            'ю' => "yu",
            'я' => "ya",
            'ь' | 'ъ' => "",
            other => return common(other),
        }
        .into()
    })
}

fn qazaqparat(text: &str) -> String {
    each(text, |_, letter, _| {
        match letter {
            'ә' => "ä",
            'ғ' => "ğ",
            'ж' => "j",
            'и' => "ï",
            'й' => "y",
            'қ' => "q",
            'ң' => "ñ",
            'ө' => "ö",
            'у' => "w",
            'ұ' => "u",
            'ү' => "ü",
            'х' => "x",
            'һ' => "h",
            'ц' => "c",
            'ч' => "ç",
            'ш' => "ş",
            'щ' => "şş",
            'ы' => "ı",
            'і' => "i",
            'э' => "é",
            'ё' => "yo",
            'ю' => "yu",
            'я' => "ya",
            'ь' | 'ъ' => "",
            other => return common(other),
        }
        .into()
    })
}

fn uzbek_latin(text: &str) -> String {
    each(text, |before, letter, _| {
        match letter {
            'ў' => "o‘",
            'ғ' => "g‘",
            'қ' => "q",
            'ҳ' => "h",
            'х' => "x",
            'ж' => "j",
            'е' if before.is_none_or(is_vowel) => "ye",
            'й' => "y",
            'ё' => "yo",
            'ю' => "yu",
            'я' => "ya",
            'ъ' => "’",
            'ь' => "",
            other => return common(other),
        }
        .into()
    })
}

/// The machine-readable zone of a Turkish passport: no letters but A to Z.
fn turkish_zone(text: &str) -> String {
    each(text, |_, letter, _| {
        match letter {
            'ş' => "s",
            'ç' => "c",
            'ğ' => "g",
            'ö' => "o",
            'ü' => "u",
            'ı' => "i",
            other => return other.to_string(),
        }
        .into()
    })
}

fn turkish_in_russian(text: &str) -> String {
    let text = text.replace("ya", "я").replace("yu", "ю").replace("yü", "ю");
    each(&text, |before, letter, _| {
        match letter {
            'a' => "а",
            'b' => "б",
            'c' => "дж",
            'ç' => "ч",
            'd' => "д",
            'e' if before.is_none() => "э",
            'e' => "е",
            'f' => "ф",
            'g' | 'ğ' => "г",
            'h' => "х",
            'ı' => "ы",
            'i' => "и",
            'j' => "ж",
            'k' => "к",
            'l' => "л",
            'm' => "м",
            'n' => "н",
            'o' | 'ö' => "о",
            'p' => "п",
            'r' => "р",
            's' => "с",
            'ş' => "ш",
            't' => "т",
            'u' => "у",
            'ü' if before.is_none() => "у",
            'ü' => "ю",
            'v' => "в",
            'y' => "й",
            'z' => "з",
            other => return other.to_string(),
        }
        .into()
    })
}
