//! Random packets: made by prost here, read and written again by GDScript in
//! the engine, and read back by prost here.
//!
//! A corpus is a text file of one JSON value a line: first the descriptors,
//! by which the script walks messages it knows nothing of; then one record a
//! packet with its bytes and the values prost reads in them, null where it refuses them. Numbers are text, because
//! a JSON number is a double in Godot; floats are their bits.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail, ensure};
use fastrand::Rng;
use guildhall_protocol::Packet;
use prost::Message;
use protox::prost_reflect::{
    DescriptorPool, DynamicMessage, Kind, MessageDescriptor, ReflectMessage as _, Value,
};
use serde_json::{Map, Value as Json, json};

/// prost's own messages of the test schema.
#[allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::pedantic,
    reason = "generated from testdata/everything.proto"
)]
mod everything {
    include!(concat!(env!("OUT_DIR"), "/everything.rs"));
}

/// Which messages a corpus is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The wire's `Packet`, decoded as `guildhall_protocol::decode` does.
    Packet,
    /// The test schema's `Everything`, decoded as prost does.
    Everything,
}

impl Subject {
    fn descriptor(self, pool: &DescriptorPool) -> Result<MessageDescriptor> {
        let name = match self {
            Self::Packet => "packets.Packet",
            Self::Everything => "everything.Everything",
        };
        pool.get_message_by_name(name)
            .with_context(|| format!("no {name} in the schema"))
    }

    /// `bytes` read by prost's generated code and written by it again, or
    /// `None` where they are refused.
    fn reencode(self, bytes: &[u8]) -> Option<Vec<u8>> {
        Some(match self {
            Self::Packet => guildhall_protocol::decode(bytes).ok()?.encode_to_vec(),
            Self::Everything => everything::Everything::decode(bytes).ok()?.encode_to_vec(),
        })
    }

    /// Whether prost's generated code reads the same values from both.
    fn same(self, left: &[u8], right: &[u8]) -> Result<bool> {
        Ok(match self {
            Self::Packet => Packet::decode(left)? == Packet::decode(right)?,
            Self::Everything => {
                everything::Everything::decode(left)? == everything::Everything::decode(right)?
            }
        })
    }
}

/// The corpus and what the engine has to give back.
#[derive(Debug)]
pub(crate) struct Corpus {
    subject: Subject,
    /// The file for the engine.
    pub(crate) text: String,
    /// prost's bytes of each record that is a message.
    bytes: Vec<Vec<u8>>,
}

impl Corpus {
    /// `count` random messages, and as many strings of bytes that are broken
    /// versions of them. The same `seed` gives the same corpus.
    ///
    /// # Errors
    ///
    /// A schema without the subject's message.
    pub(crate) fn random(
        subject: Subject,
        pool: &DescriptorPool,
        count: usize,
        seed: u64,
    ) -> Result<Self> {
        let descriptor = subject.descriptor(pool)?;
        let mut rng = Rng::with_seed(seed);
        let mut corpus = Self {
            subject,
            text: format!("{}\n", describe(pool)),
            bytes: Vec::with_capacity(count),
        };
        while corpus.bytes.len() < count {
            let message = random_message(&mut rng, &descriptor, 0);
            let Some(bytes) = subject.reencode(&message.encode_to_vec()) else {
                // An empty Packet is no packet.
                continue;
            };
            // The values are what prost's generated code makes of them.
            let read = |bytes: &[u8]| DynamicMessage::decode(descriptor.clone(), bytes);
            corpus.record(&bytes, Some(&values(&read(&bytes)?)), true)?;
            let broken = broken(&mut rng, &bytes);
            match subject.reencode(&broken) {
                None => corpus.record(&broken, None, false)?,
                Some(bytes) => {
                    let message = read(&bytes)?;
                    if !has_unspeakable_text(&message) {
                        corpus.record(&broken, Some(&values(&message)), false)?;
                    }
                }
            }
            corpus.bytes.push(bytes);
        }
        Ok(corpus)
    }

    fn record(&mut self, bytes: &[u8], values: Option<&Json>, whole: bool) -> Result<()> {
        let record = json!({ "hex": hex::encode(bytes), "values": values, "whole": whole });
        writeln!(self.text, "{record}").context("writing to a string")
    }

    /// Compares what GDScript made of the values with what prost had made:
    /// `written` is one line of hexadecimal digits a message, in order.
    ///
    /// # Errors
    ///
    /// The first message that differs.
    pub(crate) fn check_written(&self, written: &[String]) -> Result<()> {
        ensure!(
            written.len() == self.bytes.len(),
            "{} messages went into the engine and {} came out",
            self.bytes.len(),
            written.len()
        );
        for (at, (made, ours)) in written.iter().zip(&self.bytes).enumerate() {
            let made = hex::decode(made)?;
            if made != *ours || !self.subject.same(&made, ours)? {
                bail!(
                    "message {at}: GDScript wrote {}, prost {}",
                    hex::encode(&made),
                    hex::encode(ours)
                );
            }
        }
        Ok(())
    }
}

/// What the script needs to know of each message: its fields' names and kinds.
fn describe(pool: &DescriptorPool) -> Json {
    let messages = pool.all_messages().map(|message| {
        let fields = message.fields().map(|field| {
            json!({
                "name": field.name(),
                "kind": match field.kind() {
                    Kind::Message(_) => "message".to_owned(),
                    Kind::Enum(_) => "int".to_owned(),
                    Kind::Float => "float".to_owned(),
                    Kind::Double => "double".to_owned(),
                    Kind::Bool => "bool".to_owned(),
                    Kind::String => "string".to_owned(),
                    Kind::Bytes => "bytes".to_owned(),
                    _ => "int".to_owned(),
                },
                "message": field.kind().as_message().map(|message| message.full_name().to_owned()),
                "list": field.is_list(),
                "presence": field.supports_presence(),
            })
        });
        (message.full_name().to_owned(), fields.collect())
    });
    Json::Object(messages.collect())
}

/// The values that are set, in the corpus's notation.
fn values(message: &DynamicMessage) -> Json {
    let mut fields = Map::new();
    for field in message.descriptor().fields() {
        if message.has_field(&field) {
            fields.insert(field.name().to_owned(), value(&message.get_field(&field)));
        }
    }
    Json::Object(fields)
}

fn value(value: &Value) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::I32(number) | Value::EnumNumber(number) => json!(number.to_string()),
        Value::I64(number) => json!(number.to_string()),
        Value::U32(number) => json!(number.to_string()),
        // A Godot int has a sign.
        Value::U64(number) => json!(number.cast_signed().to_string()),
        // A Godot float is a double: on the way there a NaN can lose its bits.
        Value::F32(number) if number.is_nan() => json!("nan"),
        Value::F64(number) if number.is_nan() => json!("nan"),
        Value::F32(number) => json!(hex::encode(&number.to_le_bytes())),
        Value::F64(number) => json!(hex::encode(&number.to_le_bytes())),
        Value::String(text) => json!(text),
        Value::Bytes(bytes) => json!(hex::encode(bytes)),
        Value::Message(message) => values(message),
        Value::List(list) => list.iter().map(self::value).collect(),
        Value::Map(_) => unreachable!("the generator refuses maps"),
    }
}

fn random_message(rng: &mut Rng, descriptor: &MessageDescriptor, depth: u32) -> DynamicMessage {
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
                    .map(|_| random_value(rng, &field.kind(), depth))
                    .collect(),
            )
        } else {
            random_value(rng, &field.kind(), depth)
        };
        message.set_field(&field, value);
    }
    message
}

fn random_value(rng: &mut Rng, kind: &Kind, depth: u32) -> Value {
    let wide = random_bits(rng);
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the low half of random bits is as random"
    )]
    let narrow = wide as u32;
    match kind {
        Kind::Double => Value::F64(random_double(rng, wide)),
        #[allow(clippy::cast_possible_truncation, reason = "any float will do")]
        Kind::Float => Value::F32(random_double(rng, wide) as f32),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(narrow.cast_signed()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(wide.cast_signed()),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(narrow),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(wide),
        Kind::Bool => Value::Bool(rng.bool()),
        Kind::String => Value::String(random_text(rng)),
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
        Kind::Message(message) => Value::Message(random_message(rng, message, depth + 1)),
    }
}

/// Numbers of every length, and those where an encoding changes.
fn random_bits(rng: &mut Rng) -> u64 {
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

fn random_double(rng: &mut Rng, bits: u64) -> f64 {
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

fn random_text(rng: &mut Rng) -> String {
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
fn broken(rng: &mut Rng, bytes: &[u8]) -> Vec<u8> {
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

/// A text with U+0000 in it, which no Godot string can hold.
fn has_unspeakable_text(message: &DynamicMessage) -> bool {
    fn within(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains('\0'),
            Value::Message(message) => has_unspeakable_text(message),
            Value::List(list) => list.iter().any(within),
            _ => false,
        }
    }
    message.fields().any(|(_, value)| within(value))
}
