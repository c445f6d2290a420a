//! One message as a class of the generated script.

use super::field;
use super::schema::{Enum, Message, Shape};
use super::script::Script;

/// Adds the class of `message`. A `frame` is a message that travels alone in
/// a WebSocket message: it is held to the rules of `guildhall_protocol::decode`.
pub(crate) fn add(script: &mut Script, message: &Message, frame: bool) {
    script.document(&message.comment);
    script.add(&format!("class {}:", message.name));
    script.indented(|script| {
        script.add("extends PBMessage");
        script.blank();
        for item in &message.enums {
            add_enum(script, item);
            script.blank();
        }
        variables(script, message);
        for nested in &message.messages {
            add(script, nested, false);
            script.blank();
        }
        for item in &message.fields {
            field::accessors(script, item, &message.oneofs);
        }
        oneofs(script, message);
        from_bytes(script, message, frame);
        script.blank();
        write_to(script, message);
        script.blank();
        read_from(script, message, frame);
        script.blank();
        print(script, message);
        for oneof in &message.oneofs {
            script.blank();
            script.add(&format!("func _none_of_{}() -> void:", oneof.name));
            script.indented(|script| {
                script.add(&format!("_which_{} = 0", oneof.name));
                for &arm in &oneof.arms {
                    let arm = &message.fields[arm];
                    script.add(&format!("{} = {}", arm.variable(), arm.default()));
                }
            });
        }
    });
}

/// Adds an enum.
pub(crate) fn add_enum(script: &mut Script, item: &Enum) {
    script.document(&item.comment);
    script.add(&format!("enum {} {{", item.name));
    script.indented(|script| {
        for (name, number, comment) in &item.values {
            script.document(comment);
            script.add(&format!("{name} = {number},"));
        }
    });
    script.add("}");
}

fn variables(script: &mut Script, message: &Message) {
    for item in &message.fields {
        field::declare(script, item);
    }
    for oneof in &message.oneofs {
        script.add(&format!("var _which_{}: int = 0", oneof.name));
    }
    if !message.fields.is_empty() {
        script.blank();
    }
}

fn oneofs(script: &mut Script, message: &Message) {
    for oneof in &message.oneofs {
        script.document(&oneof.comment);
        script.add("## The number of the field that is set, or 0.");
        script.add(&format!(
            "func which_{name}() -> int:\n\treturn _which_{name}",
            name = oneof.name
        ));
        script.blank();
    }
}

fn from_bytes(script: &mut Script, message: &Message, frame: bool) {
    if frame {
        script.add(concat!(
            "## Reads one whole message, as [PBMessage] says. One newline after it is let\n",
            "## pass, because some servers append one; nothing at all is an error, and so is\n",
            "## a second message behind the first.\n",
            "func from_bytes(bytes: PackedByteArray) -> int:\n",
            "\tvar error := _from_exact_bytes(bytes)\n",
            "\tvar last := bytes.size() - 1\n",
            "\tif error != PB_ERR.NO_ERRORS and last >= 0 and bytes[last] == 0x0A:\n",
            "\t\terror = _from_exact_bytes(bytes.slice(0, last))\n",
            "\treturn error",
        ));
        script.blank();
    }
    script.add(&format!(
        "func {}(bytes: PackedByteArray) -> int:",
        if frame {
            "_from_exact_bytes"
        } else {
            "from_bytes"
        }
    ));
    script.indented(|script| {
        if frame {
            script.add("if bytes.is_empty():\n\treturn PB_ERR.EMPTY");
        }
        script.add(&format!(
            "var fresh := {}.new()\nvar error := PBReader.read_all(bytes, fresh)",
            message.class
        ));
        script.add("if error == PB_ERR.NO_ERRORS:");
        script.indented(|script| {
            for item in &message.fields {
                let var = item.variable();
                script.add(&format!("{var} = fresh.{var}"));
                if item.shape == Shape::Optional && item.default() != "null" {
                    script.add(&format!("_has{var} = fresh._has{var}"));
                }
            }
            for oneof in &message.oneofs {
                let name = &oneof.name;
                script.add(&format!("_which_{name} = fresh._which_{name}"));
            }
            if message.fields.is_empty() {
                script.add("pass");
            }
        });
        script.add("return error");
    });
}

fn write_to(script: &mut Script, message: &Message) {
    if message.fields.is_empty() {
        script.add("func write_to(_writer: PBWriter) -> void:\n\tpass");
        return;
    }
    script.add("func write_to(writer: PBWriter) -> void:");
    script.indented(|script| {
        for item in &message.fields {
            field::write(script, item, &message.oneofs);
        }
    });
}

fn read_from(script: &mut Script, message: &Message, frame: bool) {
    script.add("func read_from(reader: PBReader) -> void:");
    script.indented(|script| {
        script.add("while reader.next_field():");
        script.indented(|script| {
            if message.fields.is_empty() {
                script.add("reader.skip_value()");
                return;
            }
            script.add("match reader.field:");
            script.indented(|script| {
                for item in &message.fields {
                    script.add(&format!("{}:", item.number));
                    script.indented(|script| {
                        if let Some(slot) = frame.then(|| slot(item.number, item.shape)).flatten() {
                            script.add(&format!("reader.only_once({slot})"));
                        }
                        field::read(script, item, &message.oneofs);
                    });
                }
                script.add("_:");
                script.indented(|script| unknown_field(script, message, frame));
            });
        });
    });
}

/// What of a frame may be there once: each field by its number, and a oneof
/// by its first arm's slot, 0.
fn slot(number: u32, shape: Shape) -> Option<u32> {
    match shape {
        Shape::Arm(_) => Some(0),
        Shape::Repeated { .. } => None,
        Shape::Plain | Shape::Optional => Some(number),
    }
}

fn unknown_field(script: &mut Script, message: &Message, frame: bool) {
    if frame {
        // Other servers' arms of the same oneof: two arms are two messages.
        for (first, last) in &message.reserved {
            script.add(&format!(
                "if reader.field >= {first} and reader.field <= {last}:\n\treader.only_once(0)"
            ));
        }
    }
    script.add("reader.skip_value()");
}

fn print(script: &mut Script, message: &Message) {
    script.add("func _to_string() -> String:");
    script.indented(|script| {
        script.add("var parts := PackedStringArray()");
        for item in &message.fields {
            field::print(script, item, &message.oneofs);
        }
        script.add(&format!(
            "return \"{} {{%s}}\" % \", \".join(parts)",
            message.name
        ));
    });
}
