//! The names that a Rust file declares.

use anyhow::{Result, anyhow};
use syn::visit::{self, Visit};
use syn::{
    Field, Ident, ImplItemFn, ItemConst, ItemEnum, ItemFn, ItemMod, ItemStatic, ItemStruct,
    ItemTrait, ItemType, ItemUnion, PatIdent, TraitItemFn, Variant,
};

use super::{Kind, Name};

/// All of them, in their order.
///
/// # Errors
///
/// A text that is no Rust.
pub(crate) fn names(text: &str) -> Result<Vec<Name>> {
    let file = syn::parse_file(text)
        .map_err(|error| anyhow!("line {}: {error}", error.span().start().line))?;
    let mut names = Names::default();
    names.visit_file(&file);
    Ok(names.0)
}

#[derive(Default)]
struct Names(Vec<Name>);

impl Names {
    fn add(&mut self, kind: Kind, ident: &Ident) {
        self.0.push(Name {
            kind,
            text: ident.to_string(),
            line: ident.span().start().line,
        });
    }
}

/// A visit that adds the name of a node and goes on into it.
macro_rules! adds {
    ($($visit:ident($node:ty) adds $kind:ident: $($name:ident).+;)+) => {
        $(fn $visit(&mut self, node: &'ast $node) {
            self.add(Kind::$kind, &node.$($name).+);
            visit::$visit(self, node);
        })+
    };
}

impl<'ast> Visit<'ast> for Names {
    adds! {
        visit_item_struct(ItemStruct) adds Type: ident;
        visit_item_enum(ItemEnum) adds Type: ident;
        visit_item_union(ItemUnion) adds Type: ident;
        visit_item_trait(ItemTrait) adds Type: ident;
        visit_item_type(ItemType) adds Type: ident;
        visit_variant(Variant) adds Variant: ident;
        visit_item_mod(ItemMod) adds Module: ident;
        visit_item_fn(ItemFn) adds Function: sig.ident;
        visit_impl_item_fn(ImplItemFn) adds Function: sig.ident;
        visit_trait_item_fn(TraitItemFn) adds Function: sig.ident;
        visit_item_const(ItemConst) adds Value: ident;
        visit_item_static(ItemStatic) adds Value: ident;
        visit_pat_ident(PatIdent) adds Value: ident;
    }

    fn visit_field(&mut self, field: &'ast Field) {
        if let Some(ident) = &field.ident {
            self.add(Kind::Value, ident);
        }
        visit::visit_field(self, field);
    }
}
