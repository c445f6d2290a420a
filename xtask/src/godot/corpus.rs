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

use super::random;

/// prost's own messages of the test schema.
#[allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::pedantic,
    clippy::module_inception,
    reason = "generated from testdata/everything.proto by `cargo xtask messages`"
)]
#[rustfmt::skip]
mod everything;

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
            let message = random::message(&mut rng, &descriptor, 0);
            let Some(bytes) = subject.reencode(&message.encode_to_vec()) else {
                // An empty Packet is no packet.
                continue;
            };
            // The values are what prost's generated code makes of them.
            let read = |bytes: &[u8]| DynamicMessage::decode(descriptor.clone(), bytes);
            corpus.record(&bytes, Some(&values(&read(&bytes)?)), true)?;
            let broken = random::broken(&mut rng, &bytes);
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
        Value::F32(number) => json!(hex::encode(number.to_le_bytes())),
        Value::F64(number) => json!(hex::encode(number.to_le_bytes())),
        Value::String(text) => json!(text),
        Value::Bytes(bytes) => json!(hex::encode(bytes)),
        Value::Message(message) => values(message),
        Value::List(list) => list.iter().map(self::value).collect(),
        Value::Map(_) => unreachable!("the generator refuses maps"),
    }
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
