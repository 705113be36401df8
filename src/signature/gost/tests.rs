//! The published vectors, and the quick arithmetic against the slow one.

use num_bigint::BigUint;
use proptest::prelude::*;

use super::field::Field;
use super::point::{Affine, Multiples, Point};
use super::reference::{Curve, bytes, number};
use super::scalar::{self, Scalar};
use super::*;
use crate::pki::signer::Signer;

/// RFC 7836, A.2, as it is printed there.
fn curve() -> Curve {
    Curve {
        p: number(&format!("{}FDC7", "F".repeat(124))),
        a: number(&format!("{}FDC4", "F".repeat(124))),
        b: number(
            "E8C2505DEDFC86DDC1BD0B2B6667F1DA34B82574761CB0E879BD081CFD0B6265\
             EE3CB090F30D27614CB4574010DA90DD862EF9D4EBEE4761503190785A71C760",
        ),
        q: number(
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\
             27E69532F48D89116FF22B8D4E0560609B4B38ABFAD2B85DCACDB1411F10B275",
        ),
        x: number("3"),
        y: number(
            "7503CFE87A836AE3A61B8816E25450E6CE5E1C93ACF1ABC1778064FDCBEFA921\
             DF1626BE4FD036E93D75E6A50E3A41E98028FE5FC235F5B889A589CB5215F2A4",
        ),
    }
}

/// RFC 7091, 7.2: the slow verification is the standard's.
#[test]
fn the_reference_is_rfc_7091() {
    let curve = Curve {
        p: number(
            "4531ACD1FE0023C7550D267B6B2FEE80922B14B2FFB90F04D4EB7C09B5D2D15D\
             F1D852741AF4704A0458047E80E4546D35B8336FAC224DD81664BBF528BE6373",
        ),
        a: number("7"),
        b: number(
            "1CFF0806A31116DA29D8CFA54E57EB748BC5F377E49400FDD788B649ECA1AC43\
             61834013B2AD7322480A89CA58E0CF74BC9E540C2ADD6897FAD0A3084F302ADC",
        ),
        q: number(
            "4531ACD1FE0023C7550D267B6B2FEE80922B14B2FFB90F04D4EB7C09B5D2D15D\
             A82F2D7ECB1DBAC719905C5EECC423F1D86E25EDBE23C595D644AAF187E6E6DF",
        ),
        x: number(
            "24D19CC64572EE30F396BF6EBBFD7A6C5213B3B3D7057CC825F91093A68CD762\
             FD60611262CD838DC6B60AA7EEE804E28BC849977FAC33B4B530F1B120248A9A",
        ),
        y: number(
            "2BB312A43BD2CE6E0D020613C857ACDDCFBF061E91E5F2C3F32447C259F39B2C\
             83AB156D77F1496BF7EB3351E1EE4E43DC1A18B91B24640B6DBB92CB1ADD371E",
        ),
    };
    let d = number(
        "0BA6048AADAE241BA40936D47756D7C93091A0E8514669700EE7508E508B1020\
         72E8123B2200A0563322DAD2827E2714A2636B7BFD18AADFC62967821FA18DD4",
    );
    let e = number(
        "3754F3CFACC9E0615C4F4A7C4D8DAB531B09B6F9C170C533A71D147035B0C591\
         7184EE536593F4414339976C647C5D5A407ADEDB1D560C4FC6777D2972075B8C",
    );
    let r = number(
        "2F86FA60A081091A23DD795E1E3C689EE512A3C82EE0DCC2643C78EEA8FCACD3\
         5492558486B20F1C9EC197C90699850260C93BCBCD9C5C3317E19344E173AE36",
    );
    let s = number(
        "1081B394696FFE8E6585E7A9362D26B6325F56778AADBC081C0BFBE933D52FF5\
         823CE288E8C4F362526080DF7F70CE406A6EEB1F56919CB92A9853BDE73E5B4A",
    );
    let key = curve.multiple(&d, &curve.base());
    let x = number(
        "115DC5BC96760C7B48598D8AB9E740D4C4A85A65BE33C1815B5C320C854621DD\
         5A515856D13314AF69BC5B924C8B4DDFF75C45415C1D9DD9DD33612CD530EFE1",
    );
    assert_eq!(key.as_ref().unwrap().0, x);
    assert!(curve.verifies(&key, &e, &r, &s));
    assert!(!curve.verifies(&key, &e, &r, &number("1")));
}

/// RFC 7836, B.: the key pair of party A of the key agreement over 512 bits.
#[test]
fn a_public_key_of_rfc_7836_is_found() {
    let bytes = |hex: &str| -> Vec<u8> {
        hex.as_bytes()
            .chunks(2)
            .map(|h| u8::from_str_radix(str::from_utf8(h).unwrap(), 16).unwrap())
            .collect()
    };
    let d = bytes(
        "c990ecd972fce84ec4db022778f50fcac726f46708384b8d458304962d7147f8\
         c2db41cef22c90b102f2968404f9b9be6d47c79692d81826b32b8daca43cb667",
    );
    let public = bytes(
        "aab0eda4abff21208d18799fb9a8556654ba783070eba10cb9abb253ec56dcf5\
         d3ccba6192e464e6e5bcb6dea137792f2431f6c897eb1b3c0cc14327b1adc0a7\
         914613a3074e363aedb204d38d3563971bd8758e878c9db11403721b48002d38\
         461f92472d40ea92f9958c0ffa4c93756401b97f89fdbe0b5e46e4a4631cdb5a",
    );
    let d = Scalar::reduce_le_bytes(&d.try_into().unwrap());
    let point = Point::multiply_base(d).affine().unwrap();
    assert_eq!([point.x.to_le_bytes(), point.y.to_le_bytes()].concat(), public);
    assert_eq!(Key::new(&public).unwrap().to_bytes().to_vec(), public);
}

/// RFC 6986, 10.1: the digest of M1, written from its last byte.
#[test]
fn the_digest_is_rfc_6986() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(
        hex(&digest(b"012345678901234567890123456789012345678901234567890123456789012")),
        "1b54d01a4af5b9d5cc3d86d68d285462b19abc2475222f35c085122be4ba1ffa\
         00ad30f8767b3a82384c6574f024c311e2a481332b08ef7f41797891c1646f48",
    );
    let m2 = "d1e520e2e5f2f0e82c20d1f2f0e8e1eee6e820e2edf3f6e82c20e2e5fef2fa20f120eceef0ff20f1f2f0e5ebe0ece820\
              ede020f5f0e0e1f0fbff20efebfaeafb20c8e3eef0e5e2fb";
    let m2: Vec<u8> = m2
        .as_bytes()
        .chunks(2)
        .map(|h| u8::from_str_radix(str::from_utf8(h).unwrap(), 16).unwrap())
        .collect();
    assert_eq!(
        hex(&digest(&m2)),
        "1e88e62226bfca6f9994f1f2d51569e0daf8475a3b0fe61a5300eee46d961376\
         035fe83549ada2b8620fcd7c496ce5b33f0cb9dddc2b6460143b03dabac9fb28",
    );
}

#[test]
fn the_base_point_is_on_the_curve_and_of_order_q() {
    let base = Affine::generator();
    assert!(Affine::new(base.x, base.y).is_some());
    // q - 1 times it is its opposite, and once more is infinity.
    let last = Point::multiply_base(Scalar::ONE.neg());
    let opposite = last.affine().unwrap();
    assert!(opposite.x.equals(base.x) && opposite.y.equals(base.y.neg()));
    assert!(last.add(&base.into()).is_infinity());
    assert!(!last.add(&Point::INFINITY).is_infinity());
    assert!(Point::INFINITY.add(&Point::INFINITY).double().is_infinity());
    assert!(Point::multiply_base(Scalar::reduce_le_bytes(&[0; 64])).is_infinity());
}

/// Sums of points that are equal, opposite or at infinity come up when scalars are chosen so.
#[test]
fn sums_that_formulas_forget_are_right() {
    let two = Scalar::ONE.add(Scalar::ONE);
    let base = Affine::generator();
    let multiples = Multiples::new(&base);
    for (mine, own) in [(Scalar::ONE, Scalar::ONE), (two, two), (two, two.neg()), (Scalar::ONE, two.neg())] {
        let direct = multiples.multiply_add(mine, own);
        let sum = Point::multiply_base(mine.add(own));
        assert_eq!(direct.is_infinity(), sum.is_infinity());
        if let (Some(direct), Some(sum)) = (direct.affine(), sum.affine()) {
            assert!(direct.x.equals(sum.x) && direct.y.equals(sum.y));
        }
    }
}

#[test]
fn numbers_at_the_edges_are_read_and_reduced() {
    let p = bytes(&curve().p);
    assert!(Field::from_le_bytes(&p).is_none());
    let q = bytes(&curve().q);
    assert!(Scalar::from_le_bytes(&q).is_none());
    assert!(Scalar::reduce_le_bytes(&q).is_zero());
    assert_eq!(scalar::plus_q(&q), None);
    assert_eq!(hash_to_scalar(&q), Scalar::ONE);
    let most = Scalar::ONE.neg();
    assert_eq!(Scalar::from_le_bytes(&most.to_le_bytes()), Some(most));
    assert_eq!(most.mul(most), Scalar::ONE);
    assert_eq!(Scalar::reduce_le_bytes(&[0; 64]).inverse(), None);
    assert!(Field::ZERO.inverse().is_zero());
    // All ones is 568 modulo p, in whatever form it is held.
    let all = Field([!0; 8]);
    assert_eq!(all.to_le_bytes(), Field([568, 0, 0, 0, 0, 0, 0, 0]).to_le_bytes());
    assert_eq!(all.square().to_le_bytes(), Field([568 * 568, 0, 0, 0, 0, 0, 0, 0]).to_le_bytes());
    assert_eq!(all.add(all).to_le_bytes(), Field([1136, 0, 0, 0, 0, 0, 0, 0]).to_le_bytes());
    assert!(Field::ZERO.sub(all).add(all).is_zero());
}

fn any_words() -> impl Strategy<Value = [u64; 8]> {
    // Carries want words that are all zeros or all ones.
    proptest::array::uniform8(prop_oneof![any::<u64>(), Just(0), Just(u64::MAX), Just(1)])
}

proptest! {
    #[test]
    fn field_arithmetic_agrees_with_the_reference(a in any_words(), b in any_words()) {
        let p = curve().p;
        let (x, y) = (Field(a), Field(b));
        let (a, b) = (of(&a), of(&b));
        prop_assert_eq!(x.to_le_bytes(), bytes(&(&a % &p)));
        prop_assert_eq!(x.mul(y).to_le_bytes(), bytes(&(&a * &b % &p)));
        prop_assert_eq!(x.square().to_le_bytes(), bytes(&(&a * &a % &p)));
        prop_assert_eq!(x.add(y).to_le_bytes(), bytes(&((&a + &b) % &p)));
        prop_assert_eq!(x.sub(y).to_le_bytes(), bytes(&((&a + &p + &p - &b) % &p)));
        if !x.is_zero() {
            prop_assert_eq!(x.inverse().to_le_bytes(), bytes(&a.modinv(&p).unwrap()));
        }
    }

    #[test]
    fn scalar_arithmetic_agrees_with_the_reference(a in any_words(), b in any_words()) {
        let q = curve().q;
        let (a, b) = (of(&a), of(&b));
        let (x, y) = (Scalar::reduce_le_bytes(&bytes(&a)), Scalar::reduce_le_bytes(&bytes(&b)));
        prop_assert_eq!(x.to_le_bytes(), bytes(&(&a % &q)));
        prop_assert_eq!(x.mul(y).to_le_bytes(), bytes(&(&a * &b % &q)));
        prop_assert_eq!(x.add(y).to_le_bytes(), bytes(&((&a + &b) % &q)));
        prop_assert!(x.add(x.neg()).is_zero());
        prop_assert_eq!(x.inverse().map(|x| x.to_le_bytes()), a.modinv(&q).map(|a| bytes(&a)));
    }
}

fn of(words: &[u64; 8]) -> BigUint {
    BigUint::from_bytes_le(&super::field::bytes(words))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    /// What ours accepts and refuses, the reference does.
    #[test]
    fn verification_agrees_with_the_reference(message in any::<[u8; 16]>(), bit in 0_usize..1024) {
        let curve = curve();
        let signer = Signer::gost("agreement");
        let Signer::Gost(d) = signer else { unreachable!() };
        let point = Point::multiply_base(d).affine().unwrap();
        let reference = curve.multiple(&of(&d.0), &curve.base());
        let (x, y) = reference.clone().unwrap();
        prop_assert!(curve.holds(&(x.clone(), y.clone())));
        prop_assert_eq!(point.x.to_le_bytes(), bytes(&x));
        prop_assert_eq!(point.y.to_le_bytes(), bytes(&y));
        let key = Key::new(&joined(&bytes(&x), &bytes(&y))).unwrap();
        let mut signature = signer.sign(&message);
        let e = BigUint::from_bytes_le(&digest(&message));
        let judged = |signature: &[u8]| {
            let (r, s) = halves(signature.try_into().unwrap());
            curve.verifies(&reference, &e, &BigUint::from_bytes_le(r), &BigUint::from_bytes_le(s))
        };
        prop_assert!(judged(&signature) && key.verify(&message, &signature));
        signature[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!judged(&signature) && !key.verify(&message, &signature));
    }
}

#[test]
fn no_bit_of_a_signature_of_a_key_or_of_the_message_can_change() {
    let signer = Signer::gost("bits");
    let Signer::Gost(d) = signer else { unreachable!() };
    let point = Point::multiply_base(d).affine().unwrap();
    let key = joined(&point.x.to_le_bytes(), &point.y.to_le_bytes());
    let (message, signature) = (b"to be signed".to_vec(), signer.sign(b"to be signed"));
    let verifies = |key: &[u8], message: &[u8], signature: &[u8]| {
        Key::new(key).is_some_and(|key| key.verify(message, signature))
    };
    assert!(verifies(&key, &message, &signature));
    let flipped = |bytes: &[u8], bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    // Not all of them: this is a plain build.
    for bit in (0..1024).step_by(37) {
        assert!(!verifies(&flipped(&key, bit), &message, &signature), "key, bit {bit}");
        assert!(!verifies(&key, &message, &flipped(&signature, bit)), "signature, bit {bit}");
    }
    for bit in 0..8 * message.len() {
        assert!(!verifies(&key, &flipped(&message, bit), &signature), "message, bit {bit}");
    }
}

#[test]
fn signatures_out_of_range_are_refused() {
    let signer = Signer::gost("range");
    let Signer::Gost(d) = signer else { unreachable!() };
    let point = Point::multiply_base(d).affine().unwrap();
    let key = Key::new(&joined(&point.x.to_le_bytes(), &point.y.to_le_bytes())).unwrap();
    let signature = signer.sign(b"m");
    let (r, s) = halves(signature.as_slice().try_into().unwrap());
    let q = bytes(&curve().q);
    for (r, s) in [(&[0; 64], s), (r, &[0; 64]), (&q, s), (r, &q), (&[0xff; 64], s), (r, &[0xff; 64])] {
        assert!(!key.verify(b"m", &joined(r, s)));
    }
    for (low, high) in [(s, r), (r, r)] {
        assert!(!key.verify(b"m", &joined(low, high)));
    }
    assert!(!key.verify(b"m", &signature[1..]) && !key.verify(b"m", &[]));
    assert!(!key.verify(b"m", &[signature.as_slice(), &[0]].concat()));
    assert!(Key::new(&[0; 128]).is_none() && Key::new(&[0xff; 128]).is_none() && Key::new(&[]).is_none());
}
