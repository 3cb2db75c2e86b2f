//! Properties that hold for every message, with prost as the oracle.

use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;

use super::arbitrary::{mutations, v1_request, v2_request};
use super::proto::{v1, v2};
use super::testing::{Double, Request, Series, UNLIMITED};
use super::{Detected, Dialect, Encoder, Encoding, Protocol, Scratch, compress, decode, decompress, detect};
use crate::base::testing::config;
use crate::fuzzing::wire::{check_against_prost, check_recall, without_faults};

/// Reading is the same when memory was used before, for whatever message.
#[track_caller]
fn check_reuse(protocol: Protocol, message: &[u8], scratch: &mut Scratch) {
    let fresh = Request::read(protocol, message);
    let reused = Request::read_with(protocol, message, &UNLIMITED, scratch);
    assert_eq!(fresh, reused);
}

#[track_caller]
fn check_round_trip(protocol: Protocol, message: &[u8]) {
    let (request, _) = Request::read(protocol, message).expect("valid");
    let request = without_faults(request);
    let written = request.write(protocol);
    let (again, _) = Request::read(protocol, &written).expect("what we write we read");
    assert_eq!(again, request);

    // In prost's own bytes. Prost does not write -0.0.
    let written = without_negative_zeros(request).write(protocol);
    let theirs = match protocol {
        Protocol::V1 => v1::WriteRequest::decode(&*written).expect("valid").encode_to_vec(),
        Protocol::V2 => v2::Request::decode(&*written).expect("valid").encode_to_vec(),
    };
    assert_eq!(written, theirs);
}

fn without_negative_zeros(mut request: Request) -> Request {
    let mend = |value: &mut Double| {
        if value.0 == (-0.0_f64).to_bits() {
            value.0 = 0;
        }
    };
    for Series { samples, histograms, exemplars, .. } in &mut request.series {
        samples.iter_mut().for_each(|sample| mend(&mut sample.value));
        exemplars.iter_mut().for_each(|exemplar| mend(&mut exemplar.value));
        for histogram in histograms {
            mend(&mut histogram.sum);
            mend(&mut histogram.zero_threshold);
        }
    }
    request
}

/// What the dialect of a 2.0 request must be, by its content.
fn expected_dialect(request: &v2::Request) -> Dialect {
    let created = request.timeseries.iter().any(|series| series.created_timestamp != 0);
    let started = request.timeseries.iter().any(|series| {
        series.samples.iter().any(|sample| sample.start_timestamp != 0)
            || series.histograms.iter().any(|histogram| histogram.start_timestamp != 0)
    });
    match (created, started) {
        (false, false) => Dialect::V2,
        (true, false) => Dialect::V2Created,
        (false, true) => Dialect::V2Start,
        (true, true) => Dialect::V2Mixed,
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn reads_v1_as_prost_does(request in v1_request()) {
        let message = request.encode_to_vec();
        check_against_prost(Protocol::V1, &message);
        let (_, dialect) = Request::read(Protocol::V1, &message).expect("valid");
        prop_assert_eq!(dialect, Dialect::V1);
    }

    #[test]
    fn reads_v2_as_prost_does(request in v2_request()) {
        let message = request.encode_to_vec();
        check_against_prost(Protocol::V2, &message);
        let (_, dialect) = Request::read(Protocol::V2, &message).expect("valid");
        prop_assert_eq!(dialect, expected_dialect(&request));
    }

    #[test]
    fn v2_symbols_may_stand_after_the_series(request in v2_request(), later in v2_request()) {
        let symbols = v2::Request { symbols: request.symbols, timeseries: Vec::new() };
        let series = v2::Request { symbols: Vec::new(), timeseries: request.timeseries };
        let message = [series.encode_to_vec(), symbols.encode_to_vec(), later.encode_to_vec()].concat();
        check_against_prost(Protocol::V2, &message);
    }

    #[test]
    fn v1_metadata_may_stand_between_the_series(a in v1_request(), b in v1_request()) {
        check_against_prost(Protocol::V1, &[a.encode_to_vec(), b.encode_to_vec()].concat());
    }

    #[test]
    fn writes_v1_as_read(request in v1_request()) {
        check_round_trip(Protocol::V1, &request.encode_to_vec());
    }

    #[test]
    fn writes_v2_as_read(request in v2_request()) {
        check_round_trip(Protocol::V2, &request.encode_to_vec());
    }

    #[test]
    fn an_encoder_writes_the_same_whatever_it_wrote_before(a in v2_request(), b in v2_request()) {
        let requests = [a, b].map(|request| without_faults(Request::from(&request)));
        let mut encoder = Encoder::new(Protocol::V2);
        let mut message = Vec::new();
        for request in requests.iter().chain(&requests) {
            request.write_with(&mut encoder, &mut message);
            prop_assert_eq!(&message, &request.write(Protocol::V2));
        }
    }

    #[test]
    fn mutated_v1_is_read_or_refused_as_prost_does(request in v1_request(), mutations in mutations()) {
        let mut message = request.encode_to_vec();
        mutations.iter().for_each(|mutation| mutation.apply(&mut message));
        check_against_prost(Protocol::V1, &message);
    }

    #[test]
    fn mutated_v2_is_read_or_refused_as_prost_does(request in v2_request(), mutations in mutations()) {
        let mut message = request.encode_to_vec();
        mutations.iter().for_each(|mutation| mutation.apply(&mut message));
        check_against_prost(Protocol::V2, &message);
    }

    #[test]
    fn any_bytes_are_read_or_refused_as_prost_does(bytes in vec(any::<u8>(), 0..200)) {
        check_against_prost(Protocol::V1, &bytes);
        check_against_prost(Protocol::V2, &bytes);
        let _: Detected = detect(&bytes);
    }

    #[test]
    fn reused_memory_reads_the_same(one in v1_request(), two in v2_request(), mutations in mutations()) {
        let (one, two) = (one.encode_to_vec(), two.encode_to_vec());
        let mut broken = two.clone();
        mutations.iter().for_each(|mutation| mutation.apply(&mut broken));
        let mut scratch = Scratch::default();
        for (protocol, message) in
            [(Protocol::V2, &two), (Protocol::V1, &one), (Protocol::V2, &broken), (Protocol::V2, &two)]
        {
            check_reuse(protocol, message, &mut scratch);
        }
    }

    #[test]
    fn what_is_known_changes_nothing(one in v1_request(), two in v2_request(), mutations in mutations()) {
        let (one, two) = (one.encode_to_vec(), two.encode_to_vec());
        let [mut broken_one, mut broken_two] = [one.clone(), two.clone()];
        mutations.iter().for_each(|mutation| mutation.apply(&mut broken_one));
        mutations.iter().for_each(|mutation| mutation.apply(&mut broken_two));
        check_recall(&[
            (Protocol::V1, &one),
            (Protocol::V2, &two),
            (Protocol::V1, &broken_one),
            (Protocol::V2, &broken_two),
            (Protocol::V1, &one),
            (Protocol::V2, &two),
        ]);
    }

    #[test]
    fn stopping_early_leaves_the_scratch_usable(request in v2_request()) {
        let message = request.encode_to_vec();
        let mut scratch = Scratch::default();
        if let Ok(mut entries) = decode(Protocol::V2, &message, &UNLIMITED, &mut scratch) {
            let _ = entries.next();
        }
        check_reuse(Protocol::V2, &message, &mut scratch);
    }

    #[test]
    fn bodies_decompress_to_what_was_compressed(message in vec(any::<u8>(), 0..5000), repeat in 1..50_usize) {
        let message = message.repeat(repeat);
        let (mut body, mut back) = (Vec::new(), Vec::new());
        for encoding in [Encoding::Snappy, Encoding::Zstd, Encoding::Identity] {
            compress(encoding, &message, &mut body);
            decompress(encoding, &body, message.len(), &mut back).expect("sound");
            prop_assert_eq!(&back, &message);
            if !message.is_empty() {
                let small = decompress(encoding, &body, message.len() - 1, &mut back);
                prop_assert!(small.is_err_and(|err| err.is_limit()));
                prop_assert!(back.is_empty());
            }
        }
    }

    #[test]
    fn any_bytes_decompress_or_not_within_the_limit(body in vec(any::<u8>(), 0..300), max in 0..2000_usize) {
        for encoding in [Encoding::Snappy, Encoding::Zstd, Encoding::Identity] {
            let mut message = Vec::new();
            let _ = decompress(encoding, &body, max, &mut message);
            prop_assert!(message.capacity() <= max);
        }
    }

    #[test]
    fn mutated_bodies_decompress_or_not_within_the_limit(request in v1_request(), mutations in mutations()) {
        let plain = request.encode_to_vec();
        let max = plain.len() * 2;
        for encoding in [Encoding::Snappy, Encoding::Zstd] {
            let (mut body, mut message) = (Vec::new(), Vec::new());
            compress(encoding, &plain, &mut body);
            mutations.iter().for_each(|mutation| mutation.apply(&mut body));
            let _ = decompress(encoding, &body, max, &mut message);
            prop_assert!(message.capacity() <= max);
        }
    }
}
