//! What one Rust file names of its own crate, and the modules that it declares.

use anyhow::{Result, anyhow};
use proc_macro2::{TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    Attribute, ImplItem, Item, ItemMod, ItemUse, Macro, Meta, Path, Token, UseTree, Visibility,
};

/// A path in the code, such as `crate::hub::Hub`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The module around it.
    pub(crate) module: Vec<String>,
    /// The path as it is written.
    pub(crate) path: Vec<String>,
    /// Its line, counted from 1.
    pub(crate) line: usize,
}

/// A declaration such as `mod room;`, whose code is in a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Module {
    /// Its path from the file's own module.
    pub(crate) path: Vec<String>,
    /// Whether only tests have it.
    pub(crate) for_tests: bool,
}

/// What [`read`] finds in a file.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) references: Vec<Reference>,
    pub(crate) modules: Vec<Module>,
    /// The inline modules around what is read now.
    module: Vec<String>,
}

/// Reads a file's text.
///
/// # Errors
///
/// A text that is no Rust.
pub(crate) fn read(text: &str) -> Result<Found> {
    let file = syn::parse_file(text)
        .map_err(|error| anyhow!("line {}: {error}", error.span().start().line))?;
    let mut found = Found::default();
    found.visit_file(&file);
    Ok(found)
}

impl Found {
    fn add(&mut self, path: Vec<String>, line: usize) {
        let module = self.module.clone();
        self.references.push(Reference { module, path, line });
    }

    /// Adds every path of a `use` declaration.
    fn add_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_tree(&with(&path.ident), &path.tree),
            UseTree::Name(name) => self.add(with(&name.ident), name.ident.span().start().line),
            UseTree::Rename(name) => self.add(with(&name.ident), name.ident.span().start().line),
            UseTree::Glob(glob) => self.add(before.to_vec(), glob.star_token.span.start().line),
            UseTree::Group(group) => {
                for item in &group.items {
                    self.add_tree(before, item);
                }
            }
        }
    }

    /// Adds what looks like a path from the crate's root in the tokens of a macro.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            let mut path = Vec::new();
            let line = tokens[at].span().start().line;
            while let Some(TokenTree::Ident(ident)) = tokens.get(at) {
                path.push(ident.to_string());
                at += 1;
                if !(is_colon(tokens.get(at)) && is_colon(tokens.get(at + 1))) {
                    break;
                }
                at += 2;
            }
            if path.len() > 1 {
                self.add(path, line);
            } else if path.is_empty() {
                if let TokenTree::Group(group) = &tokens[at.min(tokens.len() - 1)] {
                    self.add_tokens(group.stream());
                }
                at += 1;
            }
        }
    }
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item(&mut self, item: &'ast Item) {
        if let Item::Mod(module) = item {
            self.visit_item_mod(module);
        } else if !are_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Const(item) => &item.attrs[..],
            ImplItem::Fn(item) => &item.attrs[..],
            ImplItem::Type(item) => &item.attrs[..],
            ImplItem::Macro(item) => &item.attrs[..],
            _ => &[],
        };
        if !are_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let for_tests = are_for_tests(&item.attrs);
        self.module.push(item.ident.to_string());
        match &item.content {
            None => {
                let path = self.module.clone();
                self.modules.push(Module { path, for_tests });
            }
            Some(_) if for_tests => {}
            Some((_, items)) => items.iter().for_each(|item| self.visit_item(item)),
        }
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            self.add_tree(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let names: Vec<_> = (path.segments.iter())
            .map(|segment| segment.ident.to_string())
            .collect();
        // A single name is a variable, or was imported.
        if names.len() > 1 && path.leading_colon.is_none() {
            let line = path.segments[0].ident.span().start().line;
            self.add(names, line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        visit::visit_macro(self, item);
        self.add_tokens(item.tokens.clone());
    }

    // `pub(in crate::hub)` says who may see a thing, and imports nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

fn is_colon(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether one of the attributes leaves this to builds of tests: `cfg(test)`, or
/// `cfg(all(…))` with `test` among its conditions.
fn are_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<Meta>()
                .is_ok_and(|meta| needs_test(&meta))
    })
}

fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .is_ok_and(|conditions| conditions.iter().any(needs_test)),
        _ => false,
    }
}
