//! The schema as the generator needs it: what `packets.gd` can express, read
//! from the descriptors, and a clear error for what it cannot.
//!
//! Called by `gdscript`; writes no GDScript itself.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use protox::prost_reflect::{
    Cardinality, DescriptorPool, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind,
    MessageDescriptor, Syntax,
};

/// Everything one schema file declares.
#[derive(Debug)]
pub(crate) struct Schema {
    /// The file's own name, for the generated header.
    pub(crate) file: String,
    pub(crate) enums: Vec<Enum>,
    pub(crate) messages: Vec<Message>,
}

/// A message, which becomes a class.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) name: String,
    /// The class as the rest of the script names it: `Outer.Inner`.
    pub(crate) class: String,
    pub(crate) comment: Vec<String>,
    pub(crate) enums: Vec<Enum>,
    pub(crate) messages: Vec<Message>,
    /// In the order of their numbers, which is the order on the wire.
    pub(crate) fields: Vec<Field>,
    pub(crate) oneofs: Vec<Oneof>,
    /// First and last number of each reserved range.
    pub(crate) reserved: Vec<(u32, u32)>,
}

/// An enum and its values.
#[derive(Debug)]
pub(crate) struct Enum {
    pub(crate) name: String,
    pub(crate) comment: Vec<String>,
    pub(crate) values: Vec<(String, i32, Vec<String>)>,
}

/// A group of fields of which one at most is set.
#[derive(Debug)]
pub(crate) struct Oneof {
    pub(crate) name: String,
    pub(crate) comment: Vec<String>,
    /// The arms, as indices into the message's fields.
    pub(crate) arms: Vec<usize>,
}

/// One field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) number: u32,
    pub(crate) comment: Vec<String>,
    pub(crate) value: Value,
    pub(crate) shape: Shape,
}

/// How often a field is there, and how a script can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Once; the default value is not sent.
    Plain,
    /// Once or not at all, and the script can tell which.
    Optional,
    /// An arm of the oneof with this index.
    Arm(usize),
    /// Any number of times; `packed` is how numbers are sent.
    Repeated { packed: bool },
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A scalar, named as in the schema: `sint32`.
    Scalar(&'static str),
    /// An enum, by its name in the script. Values it does not know are kept.
    Enum(String),
    /// A message, by its class.
    Message(String),
}

impl Schema {
    /// Reads the schema file `path`.
    ///
    /// # Errors
    ///
    /// What is wrong with the schema, or what of it the generator does not
    /// support, naming the file and the declaration.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let folder = path.parent().context("the schema file has no folder")?;
        let files = protox::compile([path], [folder]).map_err(|error| {
            // The report of protox points at the line.
            anyhow::anyhow!("{}: {error:?}", path.display())
        })?;
        let pool = DescriptorPool::from_file_descriptor_set(files)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let file = pool
            .get_file_by_name(&name)
            .with_context(|| format!("no descriptor of {name}"))?;
        Self::from_file(&file).with_context(|| format!("{name}: not supported by the generator"))
    }

    fn from_file(file: &FileDescriptor) -> Result<Self> {
        ensure!(
            file.syntax() == Syntax::Proto3,
            "syntax proto2: only proto3 is"
        );
        if let Some(import) = file.dependencies().next() {
            bail!(
                "the import of {}: one schema is one file here",
                import.name()
            );
        }
        if let Some(extension) = file.extensions().next() {
            bail!("the extension {}", extension.full_name());
        }
        Ok(Self {
            file: file.name().to_owned(),
            enums: file.enums().map(|item| read_enum(&item)).collect(),
            messages: file
                .messages()
                .map(|item| read_message(&item))
                .collect::<Result<_>>()?,
        })
    }
}

fn read_message(message: &MessageDescriptor) -> Result<Message> {
    let name = message.full_name();
    if message.extension_ranges().next().is_some() || message.child_extensions().next().is_some() {
        bail!("extensions of {name}");
    }
    let mut descriptors: Vec<_> = message.fields().collect();
    if let Some(map) = descriptors.iter().find(|field| field.is_map()) {
        bail!(
            "the map {}: use a repeated message of key and value",
            map.full_name()
        );
    }
    descriptors.sort_by_key(FieldDescriptor::number);

    let real_oneofs = || message.oneofs().filter(|oneof| !oneof.is_synthetic());
    let fields = descriptors
        .iter()
        .map(|field| {
            let arm_of = field
                .containing_oneof()
                .and_then(|own| real_oneofs().position(|oneof| oneof.name() == own.name()));
            read_field(field, arm_of)
        })
        .collect::<Result<Vec<_>>>()?;
    let oneofs = real_oneofs()
        .enumerate()
        .map(|(index, oneof)| Oneof {
            name: oneof.name().to_owned(),
            comment: comment(&message.parent_file(), oneof.path()),
            arms: (0..fields.len())
                .filter(|&at| fields[at].shape == Shape::Arm(index))
                .collect(),
        })
        .collect();
    Ok(Message {
        name: message.name().to_owned(),
        class: class(message),
        comment: comment(&message.parent_file(), message.path()),
        enums: message.child_enums().map(|item| read_enum(&item)).collect(),
        messages: message
            .child_messages()
            .map(|item| read_message(&item))
            .collect::<Result<_>>()?,
        fields,
        oneofs,
        reserved: message
            .reserved_ranges()
            .map(|range| (range.start, range.end - 1))
            .collect(),
    })
}

fn read_field(field: &FieldDescriptor, arm_of: Option<usize>) -> Result<Field> {
    ensure!(!field.is_group(), "the group {}", field.full_name());
    let shape = match (field.cardinality(), arm_of) {
        (Cardinality::Repeated, _) => Shape::Repeated {
            packed: field.is_packed(),
        },
        (_, Some(oneof)) => Shape::Arm(oneof),
        _ if field.supports_presence() => Shape::Optional,
        _ => Shape::Plain,
    };
    let value = match field.kind() {
        Kind::Message(message) => Value::Message(class(&message)),
        Kind::Enum(item) => Value::Enum(match item.parent_message() {
            Some(parent) => format!("{}.{}", class(&parent), item.name()),
            None => item.name().to_owned(),
        }),
        scalar => Value::Scalar(scalar_name(&scalar)),
    };
    Ok(Field {
        name: field.name().to_owned(),
        number: field.number(),
        comment: comment(&field.parent_file(), field.path()),
        value,
        shape,
    })
}

fn scalar_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Double => "double",
        Kind::Float => "float",
        Kind::Int32 => "int32",
        Kind::Int64 => "int64",
        Kind::Uint32 => "uint32",
        Kind::Uint64 => "uint64",
        Kind::Sint32 => "sint32",
        Kind::Sint64 => "sint64",
        Kind::Fixed32 => "fixed32",
        Kind::Fixed64 => "fixed64",
        Kind::Sfixed32 => "sfixed32",
        Kind::Sfixed64 => "sfixed64",
        Kind::Bool => "bool",
        Kind::String => "string",
        Kind::Bytes => "bytes",
        Kind::Message(_) | Kind::Enum(_) => unreachable!("no scalars: the caller took them"),
    }
}

fn read_enum(item: &EnumDescriptor) -> Enum {
    let file = item.parent_file();
    Enum {
        name: item.name().to_owned(),
        comment: comment(&file, item.path()),
        values: item
            .values()
            .map(|value| {
                let comment = comment(&file, value.path());
                (value.name().to_owned(), value.number(), comment)
            })
            .collect(),
    }
}

fn class(message: &MessageDescriptor) -> String {
    match message.parent_message() {
        Some(parent) => format!("{}.{}", class(&parent), message.name()),
        None => message.name().to_owned(),
    }
}

/// The comment above a declaration, a line each.
fn comment(file: &FileDescriptor, path: &[i32]) -> Vec<String> {
    let source = file.file_descriptor_proto().source_code_info.as_ref();
    source
        .and_then(|source| source.location.iter().find(|place| place.path == path))
        .and_then(|place| place.leading_comments.as_deref())
        .map(|text| text.lines().map(|line| line.trim().to_owned()).collect())
        .unwrap_or_default()
}
