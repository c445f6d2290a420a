//! Names that GDScript cannot take from a schema: each is an error when the
//! script is generated, not a puzzle when it is loaded.

use std::collections::HashSet;

use anyhow::{Result, ensure};

use super::schema::{Field, Message, Schema, Shape, Value};

/// Names the generated script uses for itself.
const OWN: [&str; 4] = ["PB_ERR", "PBMessage", "PBReader", "PBWriter"];

/// Types that every script sees, and that a class or an enum cannot replace.
const BUILT_IN: [&str; 60] = [
    "Node",
    "Object",
    "RefCounted",
    "Resource",
    "Control",
    "Timer",
    "Window",
    "Image",
    "Texture",
    "Font",
    "Theme",
    "Time",
    "Input",
    "Engine",
    "OS",
    "IP",
    "Error",
    "Key",
    "Side",
    "String",
    "StringName",
    "NodePath",
    "Array",
    "Dictionary",
    "Color",
    "Callable",
    "Signal",
    "Variant",
    "Vector2",
    "Vector3",
    "Vector4",
    "Rect2",
    "Transform2D",
    "Transform3D",
    "Plane",
    "Quaternion",
    "Basis",
    "Projection",
    "RID",
    "Mutex",
    "Tree",
    "Label",
    "Button",
    "Container",
    "Script",
    "Shape2D",
    "Sprite2D",
    "Area2D",
    "Camera2D",
    "Light2D",
    "Mesh",
    "Material",
    "Shader",
    "Curve",
    "Gradient",
    "World2D",
    "World3D",
    "Thread",
    "Semaphore",
    "JSON",
];

/// Words of the language.
const KEYWORDS: [&str; 44] = [
    "if",
    "elif",
    "else",
    "for",
    "while",
    "match",
    "when",
    "break",
    "continue",
    "pass",
    "return",
    "class",
    "class_name",
    "extends",
    "is",
    "in",
    "as",
    "self",
    "super",
    "signal",
    "func",
    "static",
    "const",
    "enum",
    "var",
    "breakpoint",
    "preload",
    "await",
    "yield",
    "assert",
    "void",
    "namespace",
    "trait",
    "and",
    "or",
    "not",
    "true",
    "false",
    "null",
    "PI",
    "TAU",
    "INF",
    "NAN",
    "int",
];

/// Methods that every object has: a field of that name would hide one.
const OBJECT_METHODS: [&str; 18] = [
    "get_class",
    "get_incoming_connections",
    "get_indexed",
    "get_instance_id",
    "get_meta",
    "get_meta_list",
    "get_method_list",
    "get_property_list",
    "get_reference_count",
    "get_script",
    "get_signal_list",
    "get_translation_domain",
    "has_meta",
    "has_method",
    "has_signal",
    "set_deferred",
    "set_script",
    "set_block_signals",
];

/// Refuses what would not load, or would load as something else.
///
/// # Errors
///
/// The first name that does not go, and why.
pub(crate) fn check(schema: &Schema) -> Result<()> {
    let mut taken = HashSet::new();
    for item in &schema.enums {
        declare(&item.name, &mut taken)?;
    }
    for message in &schema.messages {
        declare(&message.name, &mut taken)?;
    }
    for message in &schema.messages {
        check_message(message, &taken)?;
    }
    Ok(())
}

fn declare(name: &str, taken: &mut HashSet<String>) -> Result<()> {
    ensure!(
        !OWN.contains(&name) && !BUILT_IN.contains(&name) && !KEYWORDS.contains(&name),
        "the name {name}: GDScript or the generated script has it already"
    );
    ensure!(
        taken.insert(name.to_owned()),
        "the name {name}: declared inside another of the same name, GDScript cannot tell them apart"
    );
    Ok(())
}

fn check_message(message: &Message, outer: &HashSet<String>) -> Result<()> {
    let mut taken = outer.clone();
    for item in &message.enums {
        declare(&item.name, &mut taken)?;
    }
    for nested in &message.messages {
        declare(&nested.name, &mut taken)?;
    }
    for nested in &message.messages {
        check_message(nested, &taken)?;
    }
    let mut members = HashSet::new();
    let names = message.fields.iter().flat_map(members_of);
    let oneofs = message.oneofs.iter().flat_map(|one| {
        ["which", "_which", "_none_of"].map(|prefix| format!("{prefix}_{}", one.name))
    });
    for name in names.chain(oneofs) {
        ensure!(
            !OBJECT_METHODS.contains(&name.as_str()),
            "a field of {}: its {name}() would hide the one of every Godot object",
            message.class
        );
        ensure!(
            members.insert(name.clone()),
            "two fields or oneofs of {} that would both be {name}",
            message.class
        );
    }
    Ok(())
}

/// The methods and variables a field has in the script.
fn members_of(field: &Field) -> Vec<String> {
    let prefixes: &[&str] = match (&field.value, field.shape) {
        (Value::Message(_), Shape::Repeated { .. }) => &["get", "clear", "add"],
        (_, Shape::Repeated { .. }) => &["get", "set", "clear", "add"],
        (Value::Message(_), _) => &["get", "has", "clear", "new"],
        (_, Shape::Plain) => &["get", "set", "clear"],
        _ => &["get", "set", "has", "clear"],
    };
    prefixes
        .iter()
        .chain(if field.shape == Shape::Optional {
            &["_has"][..]
        } else {
            &[]
        })
        .chain(&[""])
        .map(|prefix| format!("{prefix}_{}", field.name))
        .collect()
}
