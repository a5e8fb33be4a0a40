//! Words that give away what people keep to themselves: a small list of our own in several languages.
//!
//! That a term holds such a word says what stands in the term, and nothing about the person: one reads of an illness
//! for a friend, for school, by mistake. So a match is only ever reported as "contains words from the category X".
//! The categories are those of the General Data Protection Regulation, Article 9(1), which may not be processed without
//! an exception, and a few that the law does not name but people do not want told either. Biometric and genetic data
//! are not recognised by words. The list is for recognising, not for completeness: a miss says nothing.

use std::collections::BTreeSet;

/// A category and the words that belong to it.
#[derive(Debug, PartialEq, Eq)]
pub struct Category {
    /// Name for programs.
    pub name: &'static str,
    /// Words for a person.
    pub words: &'static str,
    /// Whether it is one of the special categories of GDPR Art. 9(1).
    pub special: bool,
    /// Lower case, without diacritics; `*` at the end stands for any ending. English, German, French, Spanish,
    /// Polish, Lithuanian, Russian, Chinese.
    listed: &'static str,
}

/// All categories.
pub static CATEGORIES: &[Category] = &[
    Category {
        name: "health",
        words: "health",
        special: true,
        listed: "abortion* abtreibung* avortement* aborcj* abortas* аборт* 堕胎 \
                 pregnan* schwanger* enceinte embaraz* ciaz* nestum* беременн* 怀孕 \
                 menopaus* menopauz* wechseljahr* климакс* 更年期 \
                 cancer* krebs krebsvorsorge nowotwor* rak vezys vezio рак онколог* 癌症 tumor* tumeur* \
                 diabet* cukrzyc* диабет* 糖尿病 hiv aids вич 艾滋病 \
                 depress* depresj* depresij* депресси* 抑郁 anxiety angststorung* suicid* selbstmord* samobojst* \
                 savizudyb* самоубийств* 自杀 therapist* psychotherap* psychiat* psycholog* психолог* \
                 symptom* objaw* simptom* симптом* 症状 illness* krankheit* maladie* enfermedad* chorob* choroby \
                 infertil* unfruchtbar* nieplodn* ivf contracept* verhutung* antykoncep* \
                 alcoholi* alkoholi* addiction* abhangigkeit* uzaleznien* overdose* \
                 migraine* migrane migren* insomni* epilep* asthma* astma* \
                 chest-pain klatce insulin* antidepress* ssri* methadon* chemotherap* chemioterap* \
                 clinic* klinik* klinika hospital* krankenhaus* hopital* szpital* ligonin* больниц* 医院",
    },
    Category {
        name: "sex-life",
        words: "sex life or sexual orientation",
        special: true,
        listed: "gay lesb* homosexu* homoseksual* bisexu* biseksual* transgender* lgbt* lgbtq* queer coming-out grindr \
                 schwul* гей лесбиян* 同性恋 porn* порно* 色情 escort* sexting fetish* fetisch*",
    },
    Category {
        name: "religion",
        words: "religion or belief",
        special: true,
        listed: "church* kirche* eglise* iglesia* kosciol* bazny* церков* 教堂 mosque* moschee* mosquee* mezquita* \
                 meczet* мечет* 清真寺 synagog* синагог* quran koran* biblia bible* bibel* bibli* torah ramadan* \
                 ramazan* prayer* gebet* priere* oracion* modlitw* молитв* 祈祷 atheis* ateiz* islam* muslim* \
                 katholi* catholic* katolick* buddhis* jehov* falun 法轮功 scientolog*",
    },
    Category {
        name: "politics",
        words: "political opinion",
        special: true,
        listed: "election* wahlen wahlkampf elections elecciones wybory rinkimai выборы 选举 protest* demonstrat* \
                 kundgebung* manifestacj* протест* 抗议 communis* kommunis* komunis* fascis* faschis* faszyzm* \
                 petition* petycj* republicans democrats parteimitglied* opposition* opozycj* оппозици* 民主 \
                 tiananmen 天安门 dissident* дисидент* диссидент*",
    },
    Category {
        name: "trade-union",
        words: "trade union membership",
        special: true,
        listed: "trade-union labour-union labor-union gewerkschaft* betriebsrat* syndicat sindicato zwiazek-zawodowy \
                 profsajung* профсоюз* 工会 strike-vote streikrecht",
    },
    Category {
        name: "origin",
        words: "racial or ethnic origin",
        special: true,
        listed: "asylum* asylantrag* asile asilo azyl* prieglobst* убежищ* refugee* fluchtling* refugie* refugiad* \
                 uchodz* pabegel* беженц* 难民 uyghur* uigur* 维吾尔 romani sinti",
    },
    Category {
        name: "money",
        words: "debt and money trouble",
        special: false,
        listed: "debt* schulden* dettes deudas dlugi dlug zadluz* skolos долги долг 债务 bankruptc* insolvenz* faillite* \
                 bancarrota* upadlosc* bankrot* банкротств* 破产 payday-loan privatinsolvenz pfandung* komornik* \
                 foreclos* evict* zwangsraumung* eksmisj* gambling* gluckspiel* glucksspiel* hazard* casino* 赌博 \
                 unemployment* arbeitslos* bezrobot* bedarb* 失业",
    },
    Category {
        name: "job",
        words: "looking for another job",
        special: false,
        listed: "job-search jobsearch jobsuche stellenangebot* stellensuche offres-emploi recherche-emploi \
                 empleo oferty-pracy szukam-pracy darbo-skelbim* ваканси* 招聘 resignation* kundigung* demission* \
                 wypowiedzeni* cover-letter bewerbungsschreiben* lebenslauf",
    },
    Category {
        name: "law",
        words: "trouble with the law or in the family",
        special: false,
        listed: "divorc* scheidung* rozwod* skyryb* развод* 离婚 custody sorgerecht* alimon* unterhaltsrecht* \
                 lawyer* anwalt* rechtsanwalt* avocat abogado* adwokat* advokat* адвокат* 律师 \
                 arrest* verhaft* whistleblow* sygnalist* domestic-violence przemoc* smurt* насили* 家暴",
    },
];

/// Shortest beginning that may stand for any ending: shorter ones would match by chance.
#[cfg(test)]
const SHORTEST_STEM: usize = 4;

/// A text ready to be held against the categories.
pub(super) struct Words {
    folded: String,
    words: Vec<String>,
}

impl Words {
    /// Lower case, without the diacritics of European languages, cut at everything that is no letter or digit.
    pub(super) fn of(text: &str) -> Self {
        let folded: String = text.chars().flat_map(char::to_lowercase).map(plain).collect();
        let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        Self { words: words.map(str::to_owned).collect(), folded }
    }

    /// The listed words that stand in it, as they are listed.
    pub(super) fn from(&self, category: &'static Category) -> BTreeSet<&'static str> {
        category.listed.split_whitespace().filter(|listed| self.hold(listed)).collect()
    }

    fn hold(&self, listed: &str) -> bool {
        // Chinese is written without gaps between words.
        if listed.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
            return self.folded.contains(listed);
        }
        let parts: Vec<&str> = listed.split('-').collect();
        self.words.windows(parts.len()).any(|words| words.iter().zip(&parts).all(|(word, part)| is(word, part)))
    }
}

fn is(word: &str, listed: &str) -> bool {
    match listed.strip_suffix('*') {
        Some(stem) => word.starts_with(stem),
        None => word == listed,
    }
}

/// The letter without its diacritic, for the letters of the listed languages.
fn plain(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ė' => 'e',
        'ì' | 'í' | 'î' | 'ï' | 'į' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ś' | 'š' => 's',
        'ù' | 'ú' | 'û' | 'ü' | 'ų' | 'ū' => 'u',
        'ź' | 'ż' | 'ž' => 'z',
        'ё' => 'е',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn categories(text: &str) -> Vec<&'static str> {
        let words = Words::of(text);
        CATEGORIES.iter().filter(|category| !words.from(category).is_empty()).map(|category| category.name).collect()
    }

    #[test]
    fn whole_words_in_several_languages() {
        let cases: [(&str, &[&str]); 12] = [
            ("https://clinic.example/conditions/early-menopause-4f7a", &["health"]),
            ("ból w klatce", &["health"]),
            ("Schwangerschaftsabbruch Kosten", &["health"]),
            ("怀孕初期症状", &["health"]),
            ("upadłość konsumencka", &["money"]),
            ("oferty pracy kraków", &["job"]),
            ("gay bars near me", &["sex-life"]),
            ("Gaynor Street", &[]),
            ("racket sports; krakow hotels; election-free", &["politics"]),
            ("weather tomorrow", &[]),
            ("рак лечение", &["health"]),
            ("скорость реакции", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(categories(text), expected, "{text}");
        }
    }

    #[test]
    fn every_listed_word_is_found_by_itself_and_once() {
        for category in CATEGORIES {
            let mut seen = BTreeSet::new();
            for listed in category.listed.split_whitespace() {
                assert!(seen.insert(listed), "{}: {listed} twice", category.name);
                let stem = listed.trim_end_matches('*');
                assert!(listed == stem || stem.chars().count() >= SHORTEST_STEM, "{listed}");
                assert!(Words::of(stem).from(category).contains(listed), "{listed} is not as texts are folded");
            }
        }
    }
}
