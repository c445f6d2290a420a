//! Random messages of any schema, and bytes that are broken messages. The same
//! random numbers give the same ones, so a failure can be repeated.

use fastrand::Rng;
use protox::prost_reflect::{DynamicMessage, Kind, MessageDescriptor, Value};

/// A message with random fields of random values. `depth` counts from 0, and
/// ends messages within messages.
pub(crate) fn message(rng: &mut Rng, descriptor: &MessageDescriptor, depth: u32) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    // Often sparse, sometimes full; what lies deeper is small.
    let density = [0.05, 0.15, 0.6][rng.usize(..3)] / f64::from(1 + depth);
    for field in descriptor.fields() {
        let nested = field.kind().as_message().is_some();
        if rng.f64() > density || (nested && rng.u32(..4) < depth) {
            continue;
        }
        let value = if field.is_list() {
            let count = rng.usize(..4);
            Value::List(
                (0..count)
                    .map(|_| value(rng, &field.kind(), depth))
                    .collect(),
            )
        } else {
            value(rng, &field.kind(), depth)
        };
        message.set_field(&field, value);
    }
    message
}

fn value(rng: &mut Rng, kind: &Kind, depth: u32) -> Value {
    let wide = bits(rng);
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the low half of random bits is as random"
    )]
    let narrow = wide as u32;
    match kind {
        Kind::Double => Value::F64(double(rng, wide)),
        #[allow(clippy::cast_possible_truncation, reason = "any float will do")]
        Kind::Float => Value::F32(double(rng, wide) as f32),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(narrow.cast_signed()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(wide.cast_signed()),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(narrow),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(wide),
        Kind::Bool => Value::Bool(rng.bool()),
        Kind::String => Value::String(text(rng)),
        Kind::Bytes => {
            let bytes: Vec<u8> = (0..rng.usize(..40)).map(|_| rng.u8(..)).collect();
            Value::Bytes(bytes.into())
        }
        // A value that the enum has no name for now and then.
        Kind::Enum(item) if rng.u8(..4) > 0 => {
            let values: Vec<_> = item.values().collect();
            Value::EnumNumber(values[rng.usize(..values.len())].number())
        }
        Kind::Enum(_) => Value::EnumNumber(narrow.cast_signed()),
        Kind::Message(nested) => Value::Message(message(rng, nested, depth + 1)),
    }
}

/// Numbers of every length, and those where an encoding changes.
fn bits(rng: &mut Rng) -> u64 {
    let edges = [
        0,
        1,
        0x7f,
        0x80,
        0x3fff,
        0x4000,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        1 << 62,
        i64::MAX.cast_unsigned(),
        1 << 63,
        u64::MAX,
    ];
    if rng.bool() {
        edges[rng.usize(..edges.len())]
    } else {
        rng.u64(..) >> rng.u32(..64)
    }
}

fn double(rng: &mut Rng, bits: u64) -> f64 {
    let edges = [
        0.0,
        1.0,
        -1.5,
        f64::MAX,
        f64::MIN_POSITIVE,
        f64::INFINITY,
        f64::NEG_INFINITY,
        1.0e-45,
        16_777_217.0,
    ];
    let number = f64::from_bits(bits);
    // prost calls a message with a NaN unequal to itself.
    if rng.bool() || number.is_nan() {
        edges[rng.usize(..edges.len())]
    } else {
        number
    }
}

fn text(rng: &mut Rng) -> String {
    let letters = [
        'a',
        'Z',
        ' ',
        '\n',
        '"',
        '\\',
        '[',
        '\u{1}',
        '\u{7f}',
        '\u{80}',
        'é',
        '\u{7ff}',
        '\u{800}',
        '\u{202e}',
        '\u{d7ff}',
        '\u{e000}',
        '\u{feff}',
        '\u{fffd}',
        '\u{ffff}',
        '\u{10000}',
        '😉',
        '\u{10ffff}',
    ];
    let length = if rng.u8(..20) == 0 { 300 } else { 12 };
    (0..rng.usize(..length))
        .map(|_| letters[rng.usize(..letters.len())])
        .collect()
}

/// Damaged bytes: cut, changed, lengthened or put together anew.
pub(crate) fn broken(rng: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let mut broken = bytes.to_vec();
    for _ in 0..rng.usize(1..3) {
        let at = rng.usize(..=broken.len());
        match rng.u8(..7) {
            0 => broken.truncate(at),
            1 => broken.insert(at, rng.u8(..)),
            2 if at < broken.len() => broken[at] = rng.u8(..),
            3 if at < broken.len() => broken[at] ^= 1 << rng.u8(..8),
            4 => broken.push(b'\n'),
            5 => broken.extend_from_slice(&bytes[at.min(bytes.len())..]),
            _ => {
                // An unknown field of some wire type, whole or cut.
                let unknown: [&[u8]; 5] = [
                    &[0xc0, 0x3e, 0x96, 0x01],
                    &[0xc9, 0x3e, 1, 2, 3, 4, 5, 6, 7, 8],
                    &[0xd2, 0x3e, 0x02, 0xff, 0x00],
                    &[0xdb, 0x3e, 0x0b, 0x08, 0x01, 0x0c, 0xdc, 0x3e],
                    &[0xe5, 0x3e, 1, 2, 3, 4],
                ];
                broken.extend_from_slice(unknown[rng.usize(..unknown.len())]);
            }
        }
    }
    broken
}
