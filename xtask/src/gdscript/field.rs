//! One field of a class: its variables, its accessors, and its part of
//! writing, reading and printing.

use super::schema::{Field, Oneof, Shape, Value};
use super::script::Script;

/// The variables that hold `field`.
pub(crate) fn declare(script: &mut Script, field: &Field) {
    let (name, kind, default) = (field.variable(), field.kind(), field.default());
    script.add(&format!("var {name}: {kind} = {default}"));
    if field.shape == Shape::Optional && !is_message(field) {
        script.add(&format!("var _has_{}: bool = false", field.name));
    }
}

/// The methods by which scripts reach `field`.
pub(crate) fn accessors(script: &mut Script, field: &Field, oneofs: &[Oneof]) {
    let (name, var, kind) = (&field.name, field.variable(), field.kind());
    script.document(&field.comment);
    script.add(&format!("func get_{name}() -> {kind}:\n\treturn {var}\n"));
    script.blank();
    if let Some(condition) = presence(field, oneofs) {
        script.add(&format!("func has_{name}() -> bool:\n\treturn {condition}"));
        script.blank();
    }
    let setter = if is_message(field) { "new" } else { "set" };
    match field.shape {
        Shape::Repeated { .. } => list_accessors(script, field),
        shape => {
            let clear = clearing(field, oneofs);
            script.add(&format!("func clear_{name}() -> void:\n{clear}"));
            script.blank();
            let own = &field.value.form().kind;
            let signature = match setter {
                "new" => format!("func new_{name}() -> {own}:"),
                _ => format!("func set_{name}(value: {own}) -> void:"),
            };
            script.add(&signature);
            script.indented(|script| {
                if let Shape::Arm(oneof) = shape {
                    let oneof = &oneofs[oneof].name;
                    script.add(&format!(
                        "_none_of_{oneof}()\n_which_{oneof} = {}",
                        field.number
                    ));
                }
                if setter == "new" {
                    script.add(&format!("{var} = {own}.new()\nreturn {var}"));
                    return;
                }
                script.add(&format!("{var} = {}", field.value.fitted("value")));
                if shape == Shape::Optional {
                    script.add(&format!("_has_{name} = true"));
                }
            });
            script.blank();
        }
    }
}

fn list_accessors(script: &mut Script, field: &Field) {
    let (name, var) = (&field.name, field.variable());
    let kind = field.value.form().kind;
    script.add(&format!("func clear_{name}() -> void:\n\t{var} = []"));
    script.blank();
    if is_message(field) {
        script.add(&format!(
            "func add_{name}() -> {kind}:\n\tvar added := {kind}.new()\n\t{var}.append(added)\n\treturn added"
        ));
    } else {
        let fitted = field.value.fitted("value");
        script.add(&format!(
            "func add_{name}(value: {kind}) -> void:\n\t{var}.append({fitted})"
        ));
        script.blank();
        script.add(&format!(
            "func set_{name}(values: Array[{kind}]) -> void:\n\t{var} = []\n\tfor value in values:\n\t\tadd_{name}(value)"
        ));
    }
    script.blank();
}

/// The condition under which the field is there, where a script can tell.
fn presence(field: &Field, oneofs: &[Oneof]) -> Option<String> {
    match field.shape {
        Shape::Arm(oneof) => Some(format!("_which_{} == {}", oneofs[oneof].name, field.number)),
        Shape::Repeated { .. } => None,
        _ if is_message(field) => Some(field.value.is_set(&field.variable())),
        Shape::Optional => Some(format!("_has_{}", field.name)),
        Shape::Plain => None,
    }
}

fn clearing(field: &Field, oneofs: &[Oneof]) -> String {
    let reset = format!("\t{} = {}", field.variable(), field.default());
    match field.shape {
        Shape::Arm(oneof) => format!(
            "\tif has_{}():\n\t\t_none_of_{}()",
            field.name, oneofs[oneof].name
        ),
        Shape::Optional if !is_message(field) => {
            format!("{reset}\n\t_has_{} = false", field.name)
        }
        _ => reset,
    }
}

/// Puts the field into `writer` where it is set.
pub(crate) fn write(script: &mut Script, field: &Field, oneofs: &[Oneof]) {
    let (var, form, number) = (field.variable(), field.value.form(), field.number);
    let one = |name: &str| {
        format!(
            "writer.put_key({number}, PBWire.{})\nwriter.put_{}({name})",
            form.wire, form.codec
        )
    };
    match field.shape {
        Shape::Repeated { packed: true } => {
            script.add(&format!("if not {var}.is_empty():"));
            script.indented(|script| {
                script.add("var packed := PBWriter.new()");
                script.add(&format!(
                    "for value in {var}:\n\tpacked.put_{}(value)",
                    form.codec
                ));
                script.add(&format!(
                    "writer.put_key({number}, PBWire.LENGTH)\nwriter.put_bytes(packed.bytes)"
                ));
            });
        }
        Shape::Repeated { packed: false } => {
            script.add(&format!("for value in {var}:"));
            script.indented(|script| script.add(&one("value")));
        }
        _ => {
            let condition = presence(field, oneofs).unwrap_or_else(|| field.value.is_set(&var));
            script.add(&format!("if {condition}:"));
            script.indented(|script| script.add(&one(&var)));
        }
    }
}

/// Takes one occurrence of the field from `reader`.
pub(crate) fn read(script: &mut Script, field: &Field, oneofs: &[Oneof]) {
    let (name, var, form) = (&field.name, field.variable(), field.value.form());
    match (is_message(field), field.shape) {
        (true, Shape::Repeated { .. }) => {
            script.add(&format!("reader.read_message(add_{name}())"));
        }
        (true, shape) => {
            // A message that comes in pieces is put together, as everywhere
            // in Protobuf.
            let absent = match shape {
                Shape::Arm(oneof) => {
                    format!("_which_{} != {}", oneofs[oneof].name, field.number)
                }
                _ => format!("{var} == null"),
            };
            script.add(&format!(
                "if {absent}:\n\tnew_{name}()\nreader.read_message({var})"
            ));
        }
        (false, Shape::Repeated { .. }) if form.wire == "LENGTH" => {
            script.add(&format!("{var}.append(reader.read_{}())", form.codec));
        }
        (false, Shape::Repeated { .. }) => script.add(&format!(
            "for _i in reader.count_values(PBWire.{}):\n\t{var}.append(reader.take_{}())",
            form.wire, form.codec
        )),
        (false, Shape::Plain) => {
            script.add(&format!("{var} = reader.read_{}()", form.codec));
        }
        (false, _) => script.add(&format!("set_{name}(reader.read_{}())", form.codec)),
    }
}

/// Adds the field to the list `parts` for people to read.
pub(crate) fn print(script: &mut Script, field: &Field, oneofs: &[Oneof]) {
    let var = field.variable();
    let condition = match field.shape {
        Shape::Repeated { .. } => format!("not {var}.is_empty()"),
        _ => presence(field, oneofs).unwrap_or_else(|| field.value.is_set(&var)),
    };
    let shown = match field.value {
        Value::Scalar("string") => format!("JSON.stringify({var})"),
        _ => format!("str({var})"),
    };
    script.add(&format!(
        "if {condition}:\n\tparts.append(\"{}: \" + {shown})",
        field.name
    ));
}

fn is_message(field: &Field) -> bool {
    matches!(field.value, Value::Message(_))
}
