//! `[revocation]`: how it is found out whether a signer's certificate is revoked.

use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use jiff::SignedDuration;

use super::read::Reader;
use crate::signature::ocsp::Nonce;
use crate::trust::online;
use crate::trust::revocation::{Mode, Responder};

/// The most lists.
const LISTS: usize = 16;

/// How revocation is found out.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// How much must be known.
    pub mode: Mode,
    /// Which responder is asked.
    pub responder: Responder,
    /// How responders are asked.
    pub ocsp: online::Settings,
    /// Addresses of lists, whole ones and changes.
    pub lists: Vec<String>,
    /// Where the last good lists are kept.
    pub lists_folder: Option<PathBuf>,
    /// How long fetching a list may take.
    pub lists_timeout: Duration,
    /// How often a list is fetched, at the least.
    pub lists_every: Duration,
}

impl Revocation {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let modes = [("required", Mode::Required), ("best_effort", Mode::BestEffort), ("none", Mode::None)];
        let nonces = [("required", Nonce::Required), ("optional", Nonce::Optional)];
        let (millis, seconds) = (Duration::from_millis, Duration::from_secs);
        let signed = |duration| SignedDuration::try_from(duration).unwrap_or(SignedDuration::ZERO);
        Revocation {
            mode: r.choice("revocation.mode", &modes, Mode::Required),
            responder: responder(r),
            ocsp: online::Settings {
                time: r.duration("revocation.ocsp_timeout", millis(10)..=seconds(30)),
                at_once: r.count("revocation.ocsp_at_once", 1..=10_000) as usize,
                kept: r.count("revocation.ocsp_kept", 0..=1_000_000).into(),
                reuse: signed(r.duration("revocation.ocsp_reuse", Duration::ZERO..=seconds(3600))),
                pause: signed(r.duration("revocation.ocsp_pause", Duration::ZERO..=seconds(600))),
                nonce: r.choice("revocation.ocsp_nonce", &nonces, Nonce::Required),
            },
            lists: lists(r),
            lists_folder: r.optional_path("revocation.lists_folder"),
            lists_timeout: r.duration("revocation.lists_timeout", seconds(1)..=seconds(600)),
            lists_every: r.duration("revocation.lists_every", seconds(10)..=seconds(7 * 86400)),
        }
    }
}

fn responder(r: &mut Reader<'_>) -> Responder {
    let key = "revocation.responder";
    match r.text(key, 0..=512) {
        word if word == "certificate" => Responder::OfCertificate,
        word if word == "none" => Responder::Nowhere,
        url if is_http(&url) => Responder::At(url),
        _ => {
            r.fault(key, "must be \"certificate\", \"none\", or an address that begins with http://");
            Responder::Nowhere
        }
    }
}

fn lists(r: &mut Reader<'_>) -> Vec<String> {
    let key = "revocation.lists";
    let text = r.text(key, 0..=8192);
    let urls: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    for (i, url) in urls.iter().enumerate() {
        if !is_http(url) {
            r.fault(key, format!("address {}: must begin with http:// and name a host", i + 1));
        }
        if urls[..i].contains(url) {
            r.fault(key, format!("address {}: is there twice", i + 1));
        }
    }
    if urls.len() > LISTS {
        r.fault(key, format!("must be at most {LISTS} addresses"));
    }
    urls
}

fn is_http(url: &str) -> bool {
    url.parse::<Uri>()
        .is_ok_and(|url| url.scheme_str() == Some("http") && url.host().is_some_and(|h| !h.is_empty()))
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Flags};

    use super::*;

    fn load(env: &[(&str, &str)]) -> Result<Revocation, String> {
        let env = env.iter().map(|(k, v)| (format!("IINSPECT_REVOCATION__{k}"), (*v).to_owned()));
        Config::load(None, env, &Flags::default()).map(|c| c.revocation).map_err(|faults| faults.to_string())
    }

    #[test]
    fn nothing_is_asked_for_without_a_word_and_revocation_must_be_known() {
        let revocation = load(&[]).unwrap();
        assert_eq!((revocation.mode, revocation.responder), (Mode::Required, Responder::OfCertificate));
        assert_eq!(revocation.ocsp.nonce, Nonce::Required);
        assert!(revocation.lists.is_empty() && revocation.lists_folder.is_none());
    }

    #[test]
    fn addresses_are_http_and_every_fault_is_told() {
        let good = load(&[("LISTS", "http://a/1.crl  http://a/2.crl"), ("RESPONDER", "http://b:8080/ocsp")])
            .unwrap();
        assert_eq!(good.lists, ["http://a/1.crl", "http://a/2.crl"]);
        assert_eq!(good.responder, Responder::At("http://b:8080/ocsp".into()));
        let faults = load(&[
            ("LISTS", "http://a/ https://secret/ http://a/ file:///x"),
            ("RESPONDER", "https://secret/"),
            ("MODE", "perhaps"),
        ])
        .unwrap_err();
        for part in
            ["address 2", "address 3: is there twice", "address 4", "revocation.responder", "revocation.mode"]
        {
            assert!(faults.contains(part), "{part}: {faults}");
        }
        assert!(!faults.contains("secret"));
        let many: Vec<String> = (0..17).map(|n| format!("http://a/{n}")).collect();
        assert!(load(&[("LISTS", &many.join(" "))]).unwrap_err().contains("at most 16"));
    }
}
