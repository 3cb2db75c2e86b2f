//! What must hold whatever fails and whenever power is lost: random programs of writing, reading, retention, faults and
//! crashes on the [model](super::model) of a file system, and the faults that others are known for, by name.

mod cases;
mod world;

use std::cell::RefCell;
use std::io::ErrorKind;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestRunner;

use self::world::{Act, Sums, World};
use super::model::Op;
use super::{Ack, Options};
use crate::base::testing::cases;

fn op() -> impl Strategy<Value = Op> {
    let ops = [
        Op::Create,
        Op::Open,
        Op::Read,
        Op::List,
        Op::Write,
        Op::Sync,
        Op::SyncFolder,
        Op::SetLen,
        Op::Rename,
        Op::Remove,
    ];
    (0..ops.len()).prop_map(move |at| ops[at])
}

fn fault() -> impl Strategy<Value = Act> {
    let kind = prop_oneof![Just(ErrorKind::Other), Just(ErrorKind::StorageFull)];
    (op(), 0u32..6, kind).prop_map(|(op, skip, kind)| Act::Fail(op, skip, kind))
}

/// What a crash keeps: nothing, all, or something.
fn seed() -> impl Strategy<Value = u64> {
    prop_oneof![2 => Just(0), 1 => Just(1), 6 => any::<u64>()]
}

fn act() -> impl Strategy<Value = Act> {
    let power = || prop_oneof![1 => Just(None), 2 => seed().prop_map(Some)];
    prop_oneof![
        12 => (1u64..5).prop_map(Act::Commit),
        2 => Just(Act::Seal),
        2 => (0i64..40).prop_map(Act::Tick),
        1 => (1u64..4).prop_map(Act::Reject),
        4 => (0usize..2, 1usize..20).prop_map(|(sink, items)| Act::Read(sink, items)),
        3 => (0usize..2).prop_map(Act::Acknowledge),
        3 => fault(),
        1 => (0usize..3000).prop_map(Act::Full),
        2 => Just(Act::Mend),
        3 => (0u32..40, power()).prop_map(|(changes, power)| Act::End(changes, power)),
        2 => power().prop_map(Act::Stop),
        1 => (power(), 0u32..12, power()).prop_map(|(power, changes, again)| Act::StopTwice(power, changes, again)),
    ]
}

fn options() -> impl Strategy<Value = Options> {
    let ack = prop_oneof![4 => Just(Ack::Fsync), 1 => Just(Ack::Write)];
    let retain_size = prop_oneof![Just(u64::MAX), Just(0), 1_000u64..9_000];
    let seconds = |from| proptest::option::of((from..60u64).prop_map(std::time::Duration::from_secs));
    (ack, 300u64..3_000, retain_size, seconds(1), seconds(1), 0usize..3).prop_map(
        |(ack, segment_size, retain_size, segment_age, retain_time, sinks)| Options {
            ack,
            segment_size,
            segment_age,
            retain_size,
            retain_time,
            sinks: world::SINKS[..sinks].iter().map(|name| (*name).to_owned()).collect(),
        },
    )
}

#[test]
fn nothing_acknowledged_is_lost_altered_or_skipped() {
    let sums = RefCell::new(Sums::default());
    let programs = (options(), vec(act(), 1..60));
    let result = TestRunner::new(cases(64)).run(&programs, |(options, acts)| {
        let mut world = World::new(options);
        for act in acts {
            world.act(act);
        }
        world.act(Act::Stop(Some(0)));
        sums.borrow_mut().add(world.sums);
        Ok(())
    });
    if let Err(err) = result {
        panic!("{err}");
    }
    #[allow(clippy::print_stderr)] // what tests/long/crash.sh is for
    if is_long() {
        eprintln!("{:?}", sums.borrow());
    }
}

/// Whether this is a long run, which leaves nothing out.
fn is_long() -> bool {
    std::env::var_os("PROPTEST_CASES").is_some()
}
