//! Countries as machine-readable documents write them: ISO 3166-1 alpha-3 and the codes of
//! ICAO Doc 9303 part 3 for people without a citizenship.

use std::fmt;
use std::str::FromStr;

/// Officially assigned codes of ISO 3166-1 alpha-3 (249), in order.
const ISO: &str = "ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA \
BGD BGR BHR BHS BIH BLM BLR BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG \
COK COL COM CPV CRI CUB CUW CXR CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH FIN FJI \
FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY HKG HMD HND HRV \
HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN \
LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG MNP MOZ \
MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN PCN PER PHL PLW \
PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM \
SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA \
UGA UKR UMI URY USA UZB VAT VCT VEN VGB VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE";

/// ICAO 9303: stateless person, refugee by the 1951 convention, other refugee, citizenship not known.
const ICAO: &str = "XXA XXB XXC XXX";

/// A country, or one of ICAO's codes for people without a citizenship.
///
/// ```
/// use iinspect::person::Country;
/// let kaz: Country = "KAZ".parse()?;
/// assert_eq!(kaz.as_str(), "KAZ");
/// assert!("XXA".parse::<Country>().is_ok());
/// assert!("kaz".parse::<Country>().is_err());
/// # Ok::<(), iinspect::person::country::Unknown>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country([u8; 3]);

/// The text is no code of a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a country code of ISO 3166-1 alpha-3 or ICAO 9303 (XXA, XXB, XXC, XXX), in capitals")]
pub struct Unknown;

impl Country {
    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The bytes come from a `&str` of ASCII letters.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Country {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        let code: [u8; 3] = text.as_bytes().try_into().map_err(|_| Unknown)?;
        if listed(&code) || ICAO.split_ascii_whitespace().any(|c| c == text) {
            Ok(Country(code))
        } else {
            Err(Unknown)
        }
    }
}

/// Halves the list until the code is found: every record read has a country or two.
fn listed(code: &[u8; 3]) -> bool {
    let at = |i: usize| ISO.as_bytes().get(i * 4..i * 4 + 3).unwrap_or_default();
    let (mut low, mut high) = (0, ISO.len().div_ceil(4));
    while low < high {
        let middle = low.midpoint(high);
        match at(middle).cmp(code) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return true,
        }
    }
    false
}

/// A citizenship is personal data: it does not show.
impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Country(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_249_sorted_codes() {
        let all: Vec<_> = ISO.split_ascii_whitespace().collect();
        assert_eq!(all.len(), 249);
        assert!(all.is_sorted() && all.iter().all(|c| c.len() == 3));
        assert!(all.iter().all(|c| c.parse::<Country>().is_ok_and(|found| found.as_str() == *c)));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in ["", "KZ", "KAZA", "ZZZ", "Kaz", "КАЗ", "XXD", "A W"] {
            assert_eq!(text.parse::<Country>(), Err(Unknown), "{text}");
        }
    }
}
