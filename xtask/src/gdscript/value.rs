//! What each kind of value is in GDScript: its type, its default, and which
//! calls of the generated reader and writer carry it.

use super::schema::{Field, Shape, Value};

/// How one kind of value is written in a script.
#[derive(Debug)]
pub(crate) struct Form {
    /// The static type.
    pub(crate) kind: String,
    /// The proto3 default, which is not sent.
    pub(crate) default: &'static str,
    /// The wire type, a name of the generated enum `PBWire`.
    pub(crate) wire: &'static str,
    /// The ending of the reader's and the writer's method.
    pub(crate) codec: &'static str,
}

impl Value {
    /// The form of this kind of value.
    pub(crate) fn form(&self) -> Form {
        let (kind, default, wire, codec) = match self {
            Self::Enum(_) => ("int", "0", "VARINT", "int32"),
            Self::Message(class) => (class.as_str(), "null", "LENGTH", "message"),
            Self::Scalar(name) => match *name {
                "double" => ("float", "0.0", "FIXED64", "double"),
                "float" => ("float", "0.0", "FIXED32", "float"),
                "fixed64" | "sfixed64" => ("int", "0", "FIXED64", "fixed64"),
                "fixed32" => ("int", "0", "FIXED32", "fixed32"),
                "sfixed32" => ("int", "0", "FIXED32", "sfixed32"),
                // Both are the 64 bits of a Godot int.
                "int64" | "uint64" => ("int", "0", "VARINT", "int64"),
                "bool" => ("bool", "false", "VARINT", "bool"),
                "string" => ("String", "\"\"", "LENGTH", "string"),
                "bytes" => ("PackedByteArray", "PackedByteArray()", "LENGTH", "bytes"),
                narrow => ("int", "0", "VARINT", narrow),
            },
        };
        Form {
            kind: kind.to_owned(),
            default,
            wire,
            codec,
        }
    }

    /// A condition on the variable `name`: it is not the default.
    pub(crate) fn is_set(&self, name: &str) -> String {
        match self {
            Self::Message(_) => format!("{name} != null"),
            Self::Scalar("bytes") => format!("not {name}.is_empty()"),
            Self::Scalar("bool") => name.to_owned(),
            _ => format!("{name} != {}", self.form().default),
        }
    }

    /// The expression that makes `name` a value the wire can carry: a copy of
    /// an array, the bits of a narrow integer.
    pub(crate) fn fitted(&self, name: &str) -> String {
        match self {
            Self::Scalar("bytes") => format!("{name}.duplicate()"),
            Self::Scalar("int32" | "sint32" | "sfixed32") | Self::Enum(_) => {
                format!("PBReader.to_int32({name})")
            }
            Self::Scalar("uint32" | "fixed32") => format!("{name} & 0xFFFFFFFF"),
            Self::Scalar("float") => format!("PBReader.to_float32({name})"),
            _ => name.to_owned(),
        }
    }
}

impl Field {
    /// The private variable that holds the field.
    pub(crate) fn variable(&self) -> String {
        format!("_{}", self.name)
    }

    /// The static type of that variable.
    pub(crate) fn kind(&self) -> String {
        let kind = self.value.form().kind;
        match self.shape {
            Shape::Repeated { .. } => format!("Array[{kind}]"),
            _ => kind,
        }
    }

    /// What the variable holds when nothing is set.
    pub(crate) fn default(&self) -> &'static str {
        match self.shape {
            Shape::Repeated { .. } => "[]",
            _ => self.value.form().default,
        }
    }
}
